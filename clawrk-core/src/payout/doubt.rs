//! Decisions on what is in doubt.

use crate::error::Rejection;
use crate::payout::decide::Case;
use crate::payout::rules::{LISTED_AFTER, LISTINGS_APART, last_send, listed_from, may_resend};
use crate::record::{Absence, AttemptEnd, Look, PayoutStatus, StepKind, Wait};
use crate::time::Timestamp;

impl Case<'_> {
    pub(super) fn doubt(&mut self, only_listed: bool) {
        if let Some(attempt) = self.open() {
            attempt.doubtful = true;
            attempt.only_listed |= only_listed;
        }
    }

    /// The payout is in doubt; it is looked at again when that can tell something.
    pub(super) fn unsettled(&mut self) {
        let wait = self.tried();
        let listed = last_send(&self.payout, self.attempt.as_ref()).after(LISTED_AFTER);
        let only_listed = self.open().is_none_or(|attempt| attempt.only_listed);
        let due = match only_listed {
            true => listed.max(self.at),
            false => self.at.after(wait),
        };
        self.stand(PayoutStatus::Unknown, Some(Wait::Doubt), Some(due));
    }

    pub(super) fn lapse(&mut self, now: Timestamp, latest: Timestamp) -> StepKind {
        let only_listed = self
            .open()
            .is_some_and(|attempt| !may_resend(attempt, now, latest));
        self.doubt(only_listed);
        self.unsettled();
        if !only_listed {
            // Nobody waits for an answer any more, so the same is sent again at once.
            self.payout.due_at = Some(self.at);
        }
        StepKind::Lapsed
    }

    pub(super) fn forgo(&mut self) -> StepKind {
        self.doubt(true);
        self.unsettled();
        StepKind::Put { off: Wait::Doubt }
    }

    pub(super) fn look(&mut self, look: Look) -> Result<StepKind, Rejection> {
        let other = self
            .open()
            .is_some_and(|open| open.purse() != look.platform);
        if other || look.at < listed_from(self.before, self.attempt.as_ref(), look.at) {
            return Err(self.refuse());
        }
        let first = self.payout.look.take();
        let first = first.filter(|first| first.platform == look.platform && first.at <= look.at);
        match first {
            Some(first) => {
                let proof = Absence {
                    last_sent_at: last_send(self.before, self.attempt.as_ref()),
                    first: first.at,
                    second: look.at,
                    platform: look.platform,
                    by_operator: false,
                };
                Ok(self.absent(proof))
            }
            None => {
                self.payout.look = Some(look.clone());
                let due = look.at.after(LISTINGS_APART);
                self.payout.tries = 0;
                self.stand(PayoutStatus::Unknown, Some(Wait::Doubt), Some(due));
                Ok(StepKind::Looked(look))
            }
        }
    }

    fn absent(&mut self, proof: Absence) -> StepKind {
        self.end(AttemptEnd::Absent(proof.clone()));
        self.payout.proof = Some(proof.clone());
        self.payout.look = None;
        self.payout.restored_at = None;
        self.payout.tries = 0;
        self.stand(PayoutStatus::Owed, None, Some(self.at));
        StepKind::Absent(proof)
    }

    pub(super) fn deny(&mut self, look: Look) -> StepKind {
        let proof = Absence {
            last_sent_at: last_send(self.before, self.attempt.as_ref()),
            first: look.at,
            second: look.at,
            platform: look.platform,
            by_operator: true,
        };
        self.absent(proof)
    }

    pub(super) fn fail_look(&mut self, cause: String) -> StepKind {
        let wait = self.tried();
        let due = Some(self.at.after(wait));
        self.stand(PayoutStatus::Unknown, Some(Wait::Doubt), due);
        self.payout.error = Some(cause.clone());
        StepKind::LookFailed { cause }
    }

    pub(super) fn refer(&mut self, cause: String) -> StepKind {
        self.stand(PayoutStatus::Unknown, Some(Wait::Person), None);
        self.payout.error = Some(cause.clone());
        StepKind::Referred { cause }
    }

    pub(super) fn restore(&mut self) -> StepKind {
        self.doubt(true);
        self.payout.restored_at = Some(self.at);
        self.payout.look = None;
        self.payout.tries = 0;
        let due = Some(self.at.after(LISTED_AFTER));
        self.stand(PayoutStatus::Unknown, Some(Wait::Doubt), due);
        StepKind::Restored
    }
}
