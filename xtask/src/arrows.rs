//! The dependency arrows between clawrk's crates, as ARCHITECTURE.md draws them.

use crate::files::File;
use crate::workspace::Workspace;
use crate::{Outcome, files, process};

/// Each crate and the crates of this workspace it may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("clawrk-core", &[]),
    ("clawrk-store-embedded", &["clawrk-core"]),
    ("clawrk-store-sled", &["clawrk-store-embedded"]),
    ("clawrk-llm", &["clawrk-core"]),
    ("clawrk-stripe", &["clawrk-core"]),
    ("clawrk-testkit", &["clawrk-core"]),
    (
        "clawrk",
        &[
            "clawrk-core",
            "clawrk-llm",
            "clawrk-store-sled",
            "clawrk-stripe",
        ],
    ),
    ("clawrk-http", &["clawrk-core"]),
    ("clawrk-server", &["clawrk", "clawrk-http"]),
    ("clawrk-py", &["clawrk"]),
    ("clawrk-bindings", &["clawrk"]),
];

/// Folders whose packages may depend on anything, and on which nothing may depend.
const APART: &[&str] = &["benches", "examples", "fuzz", "xtask", "bindings/bindgen"];

/// What must never be built for a package with these features: (package, features, crates).
const UNWANTED: &[(&str, &str, &[&str])] = &[
    (
        "clawrk-core",
        "",
        &["tokio", "pyo3", "uniffi", "reqwest", "axum"],
    ),
    ("clawrk", "sled", &["sqlx", "axum", "reqwest"]),
];

/// Words of the foreign-function tools, which belong to `clawrk-py` and `bindings` alone.
const FOREIGN: &[&str] = &["uniffi", "pyo3"];

/// Checks every arrow and prints one line when all is well.
pub(crate) fn check() -> Outcome {
    let workspace = Workspace::load()?;
    let mut wrong = wrong_arrows(&workspace);
    for (package, features, unwanted) in UNWANTED {
        if workspace.has(package) {
            wrong.extend(unwanted_crates(package, features, unwanted)?);
        }
    }
    wrong.extend(files::all()?.iter().flat_map(foreign_words));
    if wrong.is_empty() {
        println!(
            "arrows: {} packages, every arrow as drawn",
            workspace.packages.len()
        );
        return Ok(());
    }
    Err(format!("arrows:\n  {}", wrong.join("\n  ")))
}

fn wrong_arrows(workspace: &Workspace) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in &workspace.packages {
        if APART.iter().any(|folder| package.lies_in(folder)) {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == package.name) else {
            wrong.push(format!(
                "{} is in no arrow: add it to ARROWS in xtask/src/arrows.rs and to ARCHITECTURE.md",
                package.name
            ));
            continue;
        };
        let kept = package
            .dependencies
            .iter()
            .filter(|it| it.kind.as_deref() != Some("dev"));
        for dependency in kept.filter(|it| workspace.has(&it.name)) {
            if !allowed.contains(&dependency.name.as_str()) {
                wrong.push(format!(
                    "{} must not depend on {}: it may depend on [{}]; \
                    move the code, or make it a dev-dependency",
                    package.name,
                    dependency.name,
                    allowed.join(", ")
                ));
            }
        }
    }
    wrong
}

fn unwanted_crates(package: &str, features: &str, unwanted: &[&str]) -> Outcome<Vec<String>> {
    let tree = process::output(
        "cargo",
        &[
            "tree",
            "--locked",
            "--package",
            package,
            "--no-default-features",
            "--features",
            features,
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ],
    )?;
    Ok(found_in_tree(&tree, unwanted)
        .map(|name| {
            format!(
                "{package} (features `{features}`) must not bring in {name}: \
            find the way with `cargo tree -p {package} -i {name}` and cut it"
            )
        })
        .collect())
}

fn found_in_tree<'a>(tree: &str, unwanted: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    let names: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    unwanted
        .iter()
        .copied()
        .filter(move |name| names.contains(name))
}

/// Lines of a file in core, a store or http that name a foreign-function tool.
fn foreign_words(file: &File) -> Vec<String> {
    let folder = file.path.split('/').next().unwrap_or_default();
    let pure =
        matches!(folder, "clawrk-core" | "clawrk-http") || folder.starts_with("clawrk-store-");
    if !pure {
        return Vec::new();
    }
    let lines = file.text.lines().enumerate();
    lines
        .filter(|(_, line)| FOREIGN.iter().any(|word| line.contains(word)))
        .map(|(index, _)| {
            format!(
                "{}:{}: foreign-function code belongs in clawrk-py or bindings",
                file.path,
                index + 1
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::{Dependency, Package, root};

    fn package(name: &str, folder: &str, dependencies: &[(&str, Option<&str>)]) -> Package {
        let dependency = |(name, kind): &(&str, Option<&str>)| Dependency {
            name: (*name).to_owned(),
            kind: kind.map(str::to_owned),
        };
        Package {
            name: name.to_owned(),
            manifest_path: root().join(folder).join("Cargo.toml"),
            dependencies: dependencies.iter().map(dependency).collect(),
        }
    }

    fn wrong(packages: Vec<Package>) -> Vec<String> {
        wrong_arrows(&Workspace { packages })
    }

    #[test]
    fn drawn_arrows_pass() {
        let found = wrong(vec![
            package("clawrk-core", "clawrk-core", &[("serde", None)]),
            package(
                "clawrk-http",
                "clawrk-http",
                &[("clawrk-core", None), ("axum", None)],
            ),
        ]);
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn an_arrow_that_is_not_drawn_is_named_with_its_mend() {
        let found = wrong(vec![
            package("clawrk-store-sled", "clawrk-store-sled", &[]),
            package("clawrk-http", "clawrk-http", &[("clawrk-store-sled", None)]),
        ]);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].contains("clawrk-http must not depend on clawrk-store-sled"),
            "{found:?}"
        );
        assert!(found[0].contains("dev-dependency"), "{found:?}");
    }

    #[test]
    fn build_dependencies_count_and_dev_dependencies_do_not() {
        let core = |kind| {
            vec![
                package(
                    "clawrk-core",
                    "clawrk-core",
                    &[("clawrk-testkit", Some(kind))],
                ),
                package("clawrk-testkit", "clawrk-testkit", &[("clawrk-core", None)]),
            ]
        };
        assert_eq!(wrong(core("build")).len(), 1);
        assert_eq!(wrong(core("dev")).len(), 0);
    }

    #[test]
    fn a_crate_without_arrows_must_be_drawn_unless_it_stands_apart() {
        let found = wrong(vec![package("clawrk-new", "clawrk-new", &[])]);
        assert!(found[0].contains("clawrk-new is in no arrow"), "{found:?}");
        let apart = wrong(vec![
            package("clawrk-core", "clawrk-core", &[]),
            package(
                "quickstart",
                "examples/quickstart",
                &[("clawrk-core", None)],
            ),
        ]);
        assert_eq!(apart, Vec::<String>::new());
    }

    #[test]
    fn an_unwanted_crate_is_found_by_its_whole_name() {
        let tree = "clawrk-core v0.1.0 (/somewhere)\ntokio-util v0.7.0\nserde v1.0.0";
        assert_eq!(found_in_tree(tree, &["tokio"]).count(), 0);
        let found: Vec<&str> = found_in_tree(tree, &["tokio-util", "axum"]).collect();
        assert_eq!(found, ["tokio-util"]);
    }

    #[test]
    fn a_foreign_word_is_found_in_a_store_but_not_in_the_wheel() {
        let file = |path: &str| File {
            path: path.to_owned(),
            text: "fine\n#[pyo3::pyclass]\n".to_owned(),
        };
        let found = foreign_words(&file("clawrk-store-sled/src/lib.rs"));
        assert!(
            found[0].starts_with("clawrk-store-sled/src/lib.rs:2:"),
            "{found:?}"
        );
        assert_eq!(foreign_words(&file("clawrk-py/src/lib.rs")).len(), 0);
    }
}
