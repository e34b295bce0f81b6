//! Words that have no place in the repository.
//!
//! They are spelled in halves below, so that this file passes its own rule.

use super::Finding;
use crate::files::File;

struct Ban {
    word: &'static str,
    /// Which files, by the ending of their names; empty for all.
    endings: &'static [&'static str],
    place: Place,
    /// Forms in which the word does no harm.
    unless: &'static [&'static str],
    why: &'static str,
}

#[derive(PartialEq, Eq)]
enum Place {
    Anywhere,
    Tests,
}

const SOURCE: &[&str] = &[".rs", ".py", ".kt", ".swift", ".sh"];
const UNFINISHED: &str = "finish it, or take it out and say so in CHANGELOG.md";
const SKIPPED: &str = "a test that doesn't run proves nothing: mend it or delete it";
const RACE: &str = "a race won by waiting is not won: wait for the event itself";
const CONFLICT: &str = "a merge was not finished: settle it";
const REGISTRY: &str = "which mirror a machine uses is that machine's business, not ours";

impl Ban {
    fn is_about(&self, file: &File) -> bool {
        self.endings.is_empty() || file.ends_in(self.endings)
    }

    fn is_in(&self, line: &str) -> bool {
        let harmless: usize = self
            .unless
            .iter()
            .map(|form| line.matches(form).count())
            .sum();
        line.matches(self.word).count() > harmless
    }
}

const fn source(word: &'static str, why: &'static str) -> Ban {
    Ban {
        word,
        endings: SOURCE,
        place: Place::Anywhere,
        unless: &[],
        why,
    }
}

const fn anywhere(word: &'static str, why: &'static str) -> Ban {
    Ban {
        word,
        endings: &[],
        place: Place::Anywhere,
        unless: &[],
        why,
    }
}

const BANS: &[Ban] = &[
    source(concat!("to", "do!("), UNFINISHED),
    source(concat!("unimple", "mented!("), UNFINISHED),
    source(concat!("FIX", "ME"), UNFINISHED),
    source(concat!("X", "XX"), UNFINISHED),
    source(concat!("#[ig", "nore"), SKIPPED),
    source(concat!("mark.", "skip"), SKIPPED),
    source(concat!("@Dis", "abled"), SKIPPED),
    source(concat!("XCT", "Skip"), SKIPPED),
    Ban {
        word: concat!("sle", "ep("),
        endings: SOURCE,
        place: Place::Tests,
        // The `Clock` port: in tests its time is moved by hand.
        unless: &[concat!("fn sle", "ep("), concat!("clock.sle", "ep(")],
        why: RACE,
    },
    anywhere(concat!("<<<<", "<<< "), CONFLICT),
    anywhere(concat!(">>>>", ">>> "), CONFLICT),
    anywhere(concat!("arti", "factory"), REGISTRY),
    anywhere(concat!("spar", "se+http"), REGISTRY),
    anywhere(concat!("index", "-url"), REGISTRY),
    anywhere(concat!("replace", "-with"), REGISTRY),
];

/// Folders in which people work; a path into one is good on that machine alone.
const HOMES: &[&str] = &["work", "root", "home", "Users"];

pub(super) fn check(file: &File) -> Vec<Finding> {
    // Lock files are written by tools and may name where a package came from.
    if file.ends_in(&[".lock"]) {
        return Vec::new();
    }
    let tests_from = first_line_of_tests(file);
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let in_tests = index >= tests_from;
        let broken = BANS.iter().filter(|ban| {
            let place = ban.place == Place::Anywhere || in_tests;
            place && ban.is_about(file) && ban.is_in(line)
        });
        for ban in broken {
            findings.push(Finding::at(
                file,
                index + 1,
                format!("`{}`: {}", ban.word, ban.why),
            ));
        }
        if HOMES.iter().any(|home| has_path_into(line, home)) {
            findings.push(Finding::at(
                file,
                index + 1,
                "a path of one machine: make it relative",
            ));
        }
    }
    findings
}

/// The index of the first line that is test code; beyond the file's end if there is none.
fn first_line_of_tests(file: &File) -> usize {
    if file.path.contains("/tests/") {
        return 0;
    }
    let lines: Vec<&str> = file.text.lines().collect();
    // By custom the module of tests comes last in its file.
    lines
        .windows(2)
        .position(|pair| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod "))
        .unwrap_or(lines.len())
}

/// Whether the line holds an absolute path into that folder, not one below something else.
fn has_path_into(line: &str, home: &str) -> bool {
    let path = format!("/{home}/");
    line.match_indices(&path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|it| it.is_alphanumeric() || "._-~}{".contains(it))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::example;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&example(path, text))
            .iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn every_banned_word_is_found_where_it_is() {
        for ban in BANS {
            let ending = ban.endings.first().unwrap_or(&".toml");
            let text = format!("fine\nx {} x\n", ban.word);
            assert_eq!(
                lines(&format!("a/tests/b{ending}"), &text),
                [2],
                "{}",
                ban.word
            );
        }
    }

    #[test]
    fn waiting_is_banned_in_tests_alone() {
        let wait = concat!("thread::sle", "ep(until);");
        assert_eq!(lines("a/src/clock.rs", wait), [] as [usize; 0]);
        assert_eq!(lines("a/tests/clock.rs", wait), [1]);
        let inside = format!("{wait}\n#[cfg(test)]\nmod tests {{\n    {wait}\n}}\n");
        assert_eq!(lines("a/src/clock.rs", &inside), [4]);
    }

    #[test]
    fn a_clock_that_is_moved_by_hand_may_be_waited_for() {
        let clock = concat!("clock.sle", "ep(until);");
        assert_eq!(lines("a/tests/clock.rs", clock), [] as [usize; 0]);
        let both = format!("{clock} {}", concat!("sle", "ep(1)"));
        assert_eq!(lines("a/tests/clock.rs", &both), [1]);
    }

    #[test]
    fn a_path_of_one_machine_is_found_in_any_text() {
        for home in HOMES {
            assert_eq!(
                lines("a.md", &format!("see /{home}/clawrk/x")),
                [1],
                "{home}"
            );
            assert_eq!(
                lines("a.md", &format!("see notes/{home}/x")),
                [] as [usize; 0],
                "{home}"
            );
        }
    }

    #[test]
    fn lock_files_may_say_where_packages_came_from() {
        let text = concat!("https://arti", "factory.example/x");
        assert_eq!(lines("package.lock", text), [] as [usize; 0]);
        assert_eq!(lines("package.md", text), [1]);
    }
}
