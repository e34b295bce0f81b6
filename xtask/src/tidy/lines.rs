//! No line of source is longer than 100 characters: rustfmt leaves comments and strings alone.

use super::Finding;
use crate::files::File;

const MAX_CHARS: usize = 100;

pub(super) fn check(file: &File) -> Vec<Finding> {
    if !file.ends_in(&[".rs", ".py", ".pyi", ".kt", ".swift", ".sh"]) {
        return Vec::new();
    }
    let lines = file.text.lines().enumerate();
    lines
        .map(|(index, line)| (index, chars_but_urls(line)))
        .filter(|(_, chars)| *chars > MAX_CHARS)
        .map(|(index, chars)| {
            Finding::at(
                file,
                index + 1,
                format!("{chars} characters: break it at {MAX_CHARS}"),
            )
        })
        .collect()
}

/// An address can't be broken, so it doesn't count.
fn chars_but_urls(line: &str) -> usize {
    let urls = line.split(' ').filter(|word| word.contains("://"));
    line.chars().count() - urls.map(|url| url.chars().count()).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::example;

    fn found(line: &str) -> usize {
        check(&example("a.rs", &format!("\n{line}\n"))).len()
    }

    #[test]
    fn a_long_line_is_found_where_it_is() {
        let long = format!("// {}", "ä".repeat(98));
        let findings = check(&example("a.rs", &format!("\n{long}\n")));
        assert_eq!(findings[0].line, 2);
        assert!(
            findings[0].message.contains("101 characters"),
            "{}",
            findings[0]
        );
    }

    #[test]
    fn a_hundred_characters_and_a_long_address_are_allowed() {
        assert_eq!(found(&"ä".repeat(100)), 0);
        assert_eq!(
            found(&format!("// see https://example.org/{}", "a".repeat(200))),
            0
        );
    }

    #[test]
    fn prose_files_may_have_long_lines() {
        assert_eq!(check(&example("a.md", &"a".repeat(300))).len(), 0);
    }
}
