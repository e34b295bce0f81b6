//! Runs one thing after the other, also after one has failed, and sums up at the end.

use std::time::Instant;

use crate::Outcome;

/// How one thing went.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    Failed(String),
    Skipped(String),
}

impl From<Outcome> for Verdict {
    fn from(outcome: Outcome) -> Self {
        outcome.map_or_else(Verdict::Failed, |()| Verdict::Passed)
    }
}

/// What has been run so far.
#[derive(Debug)]
pub(crate) struct Report {
    title: &'static str,
    lines: Vec<String>,
    failed: bool,
}

impl Report {
    /// Nothing yet.
    pub(crate) fn new(title: &'static str) -> Self {
        Self {
            title,
            lines: Vec::new(),
            failed: false,
        }
    }

    /// Runs something under a heading and notes how it went.
    pub(crate) fn run(&mut self, name: &str, work: impl FnOnce() -> Verdict) {
        println!("\n== {name}");
        let begun = Instant::now();
        let said = match work() {
            Verdict::Passed => "passed".to_owned(),
            Verdict::Skipped(why) => format!("skipped: {why}"),
            Verdict::Failed(why) => {
                self.failed = true;
                format!("FAILED: {why}")
            }
        };
        let seconds = begun.elapsed().as_secs();
        self.lines.push(format!("  {name}: {said} ({seconds} s)"));
    }

    /// The summary: an error if anything failed.
    pub(crate) fn end(self) -> Outcome {
        let summary = format!("\n== {}\n{}", self.title, self.lines.join("\n"));
        if self.failed {
            return Err(summary);
        }
        println!("{summary}");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_does_not_stop_the_rest_and_is_not_forgotten() {
        let mut report = Report::new("all");
        report.run("one", || Err("broken".to_owned()).into());
        report.run("two", || Ok(()).into());
        let summary = report.end().unwrap_err();
        assert!(
            summary.contains("== all\n  one: FAILED: broken (0 s)\n  two: passed"),
            "{summary}"
        );
    }

    #[test]
    fn a_skip_is_no_failure() {
        let mut report = Report::new("all");
        report.run("one", || Verdict::Skipped("no tool".to_owned()));
        assert_eq!(report.end(), Ok(()));
    }
}
