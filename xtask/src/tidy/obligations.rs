//! Each obligation of the `Store` trait is proved by the test of the same name in the suite, the
//! suite proves nothing that the trait does not ask for, and `store_suite!` runs all of it.

use super::Finding;
use crate::files::File;

const TRAIT: &str = "clawrk-core/src/store/mod.rs";
const SUITE: &str = "clawrk-testkit/src/suite/";

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let asked = named(files, |file| file.path == TRAIT, obligations);
    let proved = named(files, |file| file.path.starts_with(SUITE), proofs);
    let run = named(files, |file| file.path.starts_with(SUITE), run_by_macro);
    let mut findings = missing(
        &asked,
        &proved,
        "no test of this name in clawrk-testkit/src/suite",
    );
    let unasked = "no obligation of this name in the docs of `Store`";
    findings.extend(missing(&proved, &asked, unasked));
    findings.extend(missing(
        &proved,
        &run,
        "`store_suite!` does not run this test",
    ));
    findings
}

/// A name and where it stands.
type Named<'a> = (&'a File, usize, &'a str);

fn named<'a>(
    files: &'a [File],
    wanted: impl Fn(&File) -> bool,
    names_of: fn(&str) -> Vec<&str>,
) -> Vec<Named<'a>> {
    let mut all = Vec::new();
    for file in files.iter().filter(|file| wanted(file)) {
        for (index, line) in file.text.lines().enumerate() {
            all.extend(
                names_of(line)
                    .into_iter()
                    .map(|name| (file, index + 1, name)),
            );
        }
    }
    all
}

/// The bold names that lead a bullet of a doc comment: `/// - **one** and **two**: …`.
fn obligations(line: &str) -> Vec<&str> {
    let Some(bullet) = line.trim_start().strip_prefix("/// - **") else {
        return Vec::new();
    };
    let head = bullet.split(':').next().unwrap_or(bullet);
    // Split at the asterisks, names and what stands between them take turns.
    head.split("**")
        .step_by(2)
        .filter(|name| !name.is_empty())
        .collect()
}

/// The test that a line of the suite defines; a helper takes a store, a test the home of one.
fn proofs(line: &str) -> Vec<&str> {
    line.strip_prefix("pub async fn ")
        .and_then(|rest| rest.split_once("(home: "))
        .map(|(name, _)| name)
        .into_iter()
        .collect()
}

/// The name that stands alone on a line of the macro's list.
fn run_by_macro(line: &str) -> Vec<&str> {
    let name = line.trim();
    let is_name = name.contains('_') && name.chars().all(|it| it.is_ascii_lowercase() || it == '_');
    is_name.then_some(name).into_iter().collect()
}

fn missing(these: &[Named<'_>], those: &[Named<'_>], message: &str) -> Vec<Finding> {
    these
        .iter()
        .filter(|(_, _, name)| !those.iter().any(|(_, _, other)| other == name))
        .map(|(file, line, name)| Finding::at(file, *line, format!("`{name}`: {message}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::example;

    const DOCS: &str = "\
/// - **read_is_exact**: each key.
/// - **guard_at** and **guard_absent**: as a conflict, see **below**.
/// - **delete_removes**.
/// - a bullet without a name
";

    const OBLIGED: [&str; 4] = [
        "read_is_exact",
        "guard_at",
        "guard_absent",
        "delete_removes",
    ];

    /// What is found where the suite has these tests and the macro runs those.
    fn findings(tests: &[&str], listed: &[&str]) -> Vec<String> {
        let test = |name: &&str| format!("pub async fn {name}(home: &dyn Home) {{\n");
        let suite: String = tests.iter().map(test).collect();
        let helper = "pub async fn helper(store: &dyn Store) {\n";
        let list: String = listed
            .iter()
            .map(|name| format!("            {name}\n"))
            .collect();
        let files = [
            example(TRAIT, DOCS),
            example("clawrk-testkit/src/suite/mod.rs", &list),
            example(
                "clawrk-testkit/src/suite/reads.rs",
                &format!("{suite}{helper}"),
            ),
        ];
        check(&files).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn equal_sets_pass() {
        assert_eq!(findings(&OBLIGED, &OBLIGED), Vec::<String>::new());
    }

    #[test]
    fn an_obligation_without_a_test_is_found() {
        let found = findings(&["read_is_exact", "delete_removes"], &OBLIGED);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found[0].starts_with("clawrk-core/src/store/mod.rs:2: `guard_at`"),
            "{found:?}"
        );
        assert!(found[1].contains("`guard_absent`"), "{found:?}");
    }

    #[test]
    fn a_test_without_an_obligation_is_found() {
        let with_extra = [&OBLIGED[..], &["extra_one"]].concat();
        let found = findings(&with_extra, &with_extra);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("clawrk-testkit/src/suite/reads.rs:5: `extra_one`"),
            "{found:?}"
        );
    }

    #[test]
    fn a_test_that_the_macro_does_not_run_is_found() {
        let found = findings(&OBLIGED, &OBLIGED[1..]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].contains("`read_is_exact`: `store_suite!` does not run"),
            "{found:?}"
        );
    }
}
