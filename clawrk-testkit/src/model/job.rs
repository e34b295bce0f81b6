//! A job of the naive exchange.

use clawrk_core::job::Status;

use super::{By, Seen};

#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) sender: By,
    pub(super) receiver: Option<By>,
    pub(super) status: Status,
    pub(super) cost: i64,
    pub(super) held: i64,
    pub(super) payout: i64,
    /// Whether the output handed in last passes.
    pub(super) passes: bool,
    /// What came of the last verdict.
    pub(super) passed: Option<bool>,
    pub(super) rejections: u32,
    /// When something happens by itself.
    pub(super) due: Option<u64>,
}

impl Job {
    pub(super) fn new(sender: By, cost: i64, held: i64, payout: i64) -> Job {
        Job {
            sender,
            receiver: None,
            status: Status::Queued,
            cost,
            held,
            payout,
            passes: false,
            passed: None,
            rejections: 0,
            due: None,
        }
    }

    pub(super) fn hand_in(&mut self, passes: bool, due: Option<u64>) {
        self.status = Status::Submitted;
        self.passes = passes;
        self.due = due;
    }

    pub(super) fn offer_again(&mut self) {
        self.status = Status::Queued;
        self.receiver = None;
        self.due = None;
    }

    pub(super) fn seen(&self) -> Seen {
        let has_output = matches!(
            self.status,
            Status::Submitted | Status::Verified | Status::Rejected | Status::Failed
        );
        Seen {
            status: self.status,
            sender: self.sender,
            receiver: self.receiver,
            passes: has_output.then_some(self.passes),
            passed: self.passed,
        }
    }
}
