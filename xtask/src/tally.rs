//! Counts what the test binaries print, so that thousands of lines end in one.

/// What has passed and failed so far.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: Vec<String>,
    pub(crate) ignored: u64,
}

impl Tally {
    /// Takes in one line of a test binary's output.
    pub(crate) fn see(&mut self, line: &str) {
        if let Some(counts) = line.strip_prefix("test result: ") {
            self.passed += count(counts, "passed");
            self.ignored += count(counts, "ignored");
        } else if let Some(test) = line
            .strip_prefix("test ")
            .and_then(|rest| rest.strip_suffix(" ... FAILED"))
        {
            self.failed.push(test.to_owned());
        }
    }
}

/// The number before `word` in `ok. 12 passed; 0 failed; …`.
fn count(counts: &str, word: &str) -> u64 {
    let words: Vec<&str> = counts.split([' ', ';']).collect();
    words
        .windows(2)
        .find(|pair| pair[1] == word)
        .and_then(|pair| pair[0].parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_results_and_keeps_the_names_of_failures() {
        let mut tally = Tally::default();
        for line in [
            "running 3 tests",
            "test ledger::sums ... ok",
            "test ledger::floor ... FAILED",
            "test src/lib.rs - open (line 12) ... FAILED",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
            "test result: ok. 40 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out",
        ] {
            tally.see(line);
        }
        let expected = Tally {
            passed: 41,
            failed: vec![
                "ledger::floor".to_owned(),
                "src/lib.rs - open (line 12)".to_owned(),
            ],
            ignored: 1,
        };
        assert_eq!(tally, expected);
    }
}
