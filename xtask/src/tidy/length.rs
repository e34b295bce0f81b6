//! A source file of more than 500 lines says in its header why it must be one file.

use super::Finding;
use crate::files::File;

const MAX_LINES: usize = 500;
const HEADER_LINES: usize = 20;
const REASON: &str = "Long because: ";

pub(super) fn check(file: &File) -> Vec<Finding> {
    let lines = file.text.lines().count();
    let source = file.ends_in(&[".rs", ".py", ".kt", ".swift"]);
    let excused = file
        .text
        .lines()
        .take(HEADER_LINES)
        .any(|line| line.contains(REASON));
    if !source || lines <= MAX_LINES || excused {
        return Vec::new();
    }
    let mend = format!(
        "{lines} lines: split it by noun, or say `{REASON}…` within its first {HEADER_LINES} lines"
    );
    vec![Finding::at(file, 0, mend)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::example;

    #[test]
    fn a_long_file_needs_a_reason() {
        let text = "line\n".repeat(501);
        let findings = check(&example("a.rs", &text));
        assert!(
            findings[0].message.starts_with("501 lines"),
            "{}",
            findings[0]
        );
        let excused = format!("//! A table.\n// {REASON}one row for each case.\n{text}");
        assert_eq!(check(&example("a.rs", &excused)).len(), 0);
    }

    #[test]
    fn five_hundred_lines_and_prose_are_allowed() {
        assert_eq!(check(&example("a.rs", &"line\n".repeat(500))).len(), 0);
        assert_eq!(check(&example("a.md", &"line\n".repeat(900))).len(), 0);
    }
}
