//! `docs/surface.md` lists the verbs of an engine and says which language has which. Each cell is
//! checked against the source of its language, and every verb of the Rust engine must have a row.

use crate::Outcome;
use crate::files::{self, File};

const PAGE: &str = "docs/surface.md";
const YES: &str = "yes";

/// Where a language defines the verbs that it has.
struct Language {
    /// The head of its column.
    name: &'static str,
    /// The paths of its files start so.
    paths: &'static [&'static str],
    /// A line that defines a verb starts so, but for its indentation.
    definitions: &'static [&'static str],
}

/// The first one is the engine itself: what it has, the page must list.
const LANGUAGES: &[Language] = &[
    Language {
        name: "Rust",
        paths: &[
            "clawrk-core/src/engine/",
            "clawrk-core/src/audit/",
            "clawrk/src/open.rs",
        ],
        definitions: &["pub async fn "],
    },
    Language {
        name: "Rust, blocking",
        paths: &["clawrk/src/blocking/"],
        definitions: &["pub fn "],
    },
    Language {
        name: "Python",
        paths: &["clawrk-py/python/clawrk/"],
        definitions: &["def ", "async def "],
    },
    Language {
        name: "Kotlin",
        paths: &["bindings/src/"],
        definitions: &["pub async fn ", "pub fn "],
    },
];

/// Checks the page against every language.
pub(crate) fn check() -> Outcome {
    let files = files::all()?;
    let wrong = findings(&files);
    if wrong.is_empty() {
        println!("surface: every language has the verbs that {PAGE} says");
        return Ok(());
    }
    Err(format!("surface:\n  {}", wrong.join("\n  ")))
}

fn findings(files: &[File]) -> Vec<String> {
    let Some(page) = files.iter().find(|file| file.path == PAGE) else {
        return vec![format!("{PAGE} is missing")];
    };
    let rows: Vec<Vec<&str>> = page.text.lines().filter_map(cells).collect();
    let Some((head, rows)) = rows.split_first() else {
        return vec![format!("{PAGE} has no table")];
    };
    let verbs: Vec<&str> = rows.iter().map(|row| row[0].trim_matches('`')).collect();

    let mut wrong = Vec::new();
    for (place, language) in LANGUAGES.iter().enumerate() {
        if head.get(place + 1) != Some(&language.name) {
            wrong.push(format!(
                "{PAGE}: column {} must be `{}`",
                place + 1,
                language.name
            ));
            continue;
        }
        let defined = language.verbs(files);
        for (verb, row) in verbs.iter().zip(rows) {
            let claimed = row.get(place + 1) == Some(&YES);
            wrong.extend(disagreement(
                language.name,
                verb,
                claimed,
                defined.contains(verb),
            ));
        }
        if place == 0 {
            let unlisted = defined.iter().filter(|verb| !verbs.contains(verb));
            wrong.extend(unlisted.map(|verb| format!("{PAGE}: add a row for `{verb}`")));
        }
    }
    wrong
}

/// The cells of a table's line, but for the rule under its head.
fn cells(line: &str) -> Option<Vec<&str>> {
    let inside = line.strip_prefix('|')?.strip_suffix('|')?;
    let is_rule = inside.chars().all(|it| matches!(it, '-' | '|' | ':' | ' '));
    (!is_rule).then(|| inside.split('|').map(str::trim).collect())
}

fn disagreement(language: &str, verb: &str, claimed: bool, defined: bool) -> Option<String> {
    match (claimed, defined) {
        (true, false) => Some(format!(
            "{language} has no `{verb}`, though {PAGE} says so: add it, or empty the cell"
        )),
        (false, true) => Some(format!("{language} has `{verb}`: say `{YES}` in {PAGE}")),
        _ => None,
    }
}

impl Language {
    fn verbs<'a>(&self, files: &'a [File]) -> Vec<&'a str> {
        let is_ours = |file: &&File| self.paths.iter().any(|path| file.path.starts_with(path));
        let lines = files
            .iter()
            .filter(is_ours)
            .flat_map(|file| file.text.lines());
        lines.filter_map(|line| self.defined_in(line)).collect()
    }

    fn defined_in<'a>(&self, line: &'a str) -> Option<&'a str> {
        let line = line.trim_start();
        let rest = self
            .definitions
            .iter()
            .find_map(|start| line.strip_prefix(start))?;
        rest.split(['(', '<']).next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "\
# Verbs

| verb | Rust | Rust, blocking | Python | Kotlin |
|---|---|---|---|---|
";

    fn found(rows: &str) -> Vec<String> {
        let file = |path: &str, text: &str| File {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        findings(&[
            file(PAGE, &format!("{HEAD}{rows}")),
            file(
                "clawrk-core/src/engine/jobs.rs",
                "impl Engine {\n    pub async fn job(&self) {\n    pub async fn jobs<'a>(\n",
            ),
            file(
                "clawrk/src/blocking/engine.rs",
                "    pub fn job<'a>(job: &JobId) -> Job;",
            ),
            file(
                "clawrk-py/python/clawrk/_clawrk.pyi",
                "    def job(self) -> Job: ...",
            ),
            file("bindings/src/lib.rs", "    pub async fn jobs(&self)"),
        ])
    }

    #[test]
    fn a_page_that_says_what_is_true_passes() {
        let rows = "| `job` | yes | yes | yes | |\n| `jobs` | yes | | | yes |\n";
        assert_eq!(found(rows), Vec::<String>::new());
    }

    #[test]
    fn a_claim_that_is_not_true_is_found() {
        let rows = "| `job` | yes | yes | yes | yes |\n| `jobs` | yes | | | yes |\n";
        let wrong = found(rows);
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert!(wrong[0].starts_with("Kotlin has no `job`"), "{wrong:?}");
    }

    #[test]
    fn a_verb_that_is_not_claimed_or_not_listed_is_found() {
        let wrong = found("| `job` | yes | | yes | |\n");
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        assert_eq!(wrong[0], "docs/surface.md: add a row for `jobs`");
        assert!(
            wrong[1].starts_with("Rust, blocking has `job`"),
            "{wrong:?}"
        );
    }

    #[test]
    fn a_page_that_is_missing_or_has_other_columns_is_found() {
        assert_eq!(findings(&[]), ["docs/surface.md is missing"]);
        let page = "| verb | Rust | Ruby |\n|---|---|---|\n".to_owned();
        let wrong = findings(&[File {
            path: PAGE.to_owned(),
            text: page,
        }]);
        assert!(
            wrong[0].contains("column 2 must be `Rust, blocking`"),
            "{wrong:?}"
        );
    }
}
