//! How far it is, on standard error.

use std::io::{IsTerminal, Write, stderr};

use clawrk::watch::{Progress, Stage};

/// What was said last.
#[derive(Debug, Default)]
pub(super) struct Far {
    last: Option<(Stage, u64)>,
    terminal: bool,
}

impl Far {
    pub(super) fn new() -> Far {
        Far {
            last: None,
            terminal: stderr().is_terminal(),
        }
    }

    /// Says how far it is: on a terminal each percent in one line, else each ten in a line of its
    /// own. A reader that went away is no reason to stop.
    pub(super) fn tell(&mut self, now: Progress) {
        let step = if self.terminal { 1 } else { 10 };
        let percent = percent(now.done, now.total) / step * step;
        if self.last == Some((now.stage, percent)) {
            return;
        }
        let line = format!(
            "{}: {percent}% ({} of {})",
            name(now.stage),
            now.done,
            now.total
        );
        let _ = match self.terminal {
            true if percent == 100 => writeln!(stderr().lock(), "\r{line}"),
            true => write!(stderr().lock(), "\r{line}"),
            false => writeln!(stderr().lock(), "{line}"),
        };
        self.last = Some((now.stage, percent));
    }
}

/// The total was counted at the beginning, and is no promise.
fn percent(done: u64, total: u64) -> u64 {
    let percent = u128::from(done) * 100 / u128::from(total.max(1));
    u64::try_from(percent.min(100)).unwrap_or(100)
}

fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Exporting => "exporting records",
        Stage::Checking => "checking the export",
        Stage::Importing => "importing records",
        Stage::Journal => "reading the ledger",
        Stage::Auditing => "auditing records",
        Stage::Indexes => "auditing the lists of users",
        _ => "working",
    }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn percents_end_at_a_hundred() {
        assert_eq!([percent(0, 0), percent(1, 3), percent(3, 3)], [0, 33, 100]);
        assert_eq!(percent(5, 3), 100);
        assert_eq!(percent(u64::MAX, u64::MAX), 100);
    }
}
