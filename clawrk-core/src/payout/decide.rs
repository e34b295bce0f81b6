//! What a command makes of a payout: pure, total, and the only place that decides it.

use std::time::Duration;

use crate::error::Rejection;
use crate::id::CommitId;
use crate::job::Actor;
use crate::ledger::Posting;
use crate::money::Cents;
use crate::payments::{DeclineClass, Failure, PaymentsError, Transfer};
use crate::payout::flow::Flows;
use crate::payout::rules::{agrees, backoff, may_resend};
use crate::payout::transition::{PayoutCommand, check, refuse};
use crate::record::{
    AttemptEnd, AttemptRecord, Look, PayoutRecord, PayoutStatus, Platform, StepKind, Wait,
};
use crate::time::Timestamp;

/// A command with what it brings.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    Begin {
        draft: Draft,
        lease: Timestamp,
        /// What has to be left of the budget; none where it does not matter.
        floor: Option<Cents>,
    },
    /// `latest` is the latest time that was seen anywhere.
    Resend {
        lease: Timestamp,
        latest: Timestamp,
    },
    Answer(Result<Transfer, PaymentsError>),
    Lapse {
        latest: Timestamp,
    },
    Forgo,
    PutOff {
        wait: Wait,
        /// When to look again; none where something else will wake it.
        due: Option<Timestamp>,
        cause: Option<String>,
    },
    Wake,
    Look(Look),
    FailLook {
        cause: String,
    },
    Deny(Look),
    Refer {
        cause: String,
    },
    Settle(Transfer),
    Reverse {
        total: Cents,
    },
    Retry,
    WriteOff,
    Restore,
}

/// What a new attempt is made of.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) body: String,
    pub(crate) api_version: String,
    pub(crate) platform: Platform,
    pub(crate) destination: String,
    pub(crate) commit: CommitId,
}

impl Command {
    pub(crate) fn kind(&self) -> PayoutCommand {
        match self {
            Command::Begin { .. } => PayoutCommand::Begin,
            Command::Resend { .. } => PayoutCommand::Resend,
            Command::Answer(_) => PayoutCommand::Answer,
            Command::Lapse { .. } => PayoutCommand::Lapse,
            Command::Forgo => PayoutCommand::Forgo,
            Command::PutOff { .. } => PayoutCommand::PutOff,
            Command::Wake => PayoutCommand::Wake,
            Command::Look(_) => PayoutCommand::Look,
            Command::FailLook { .. } => PayoutCommand::FailLook,
            Command::Deny(_) => PayoutCommand::Deny,
            Command::Refer { .. } => PayoutCommand::Refer,
            Command::Settle(_) => PayoutCommand::Settle,
            Command::Reverse { .. } => PayoutCommand::Reverse,
            Command::Retry => PayoutCommand::Retry,
            Command::WriteOff => PayoutCommand::WriteOff,
            Command::Restore => PayoutCommand::Restore,
        }
    }
}

/// What a command changes.
#[derive(Debug, Clone)]
pub(crate) struct Decision {
    pub(crate) payout: PayoutRecord,
    /// The latest attempt, where it was made or has changed.
    pub(crate) attempt: Option<AttemptRecord>,
    pub(crate) step: StepKind,
    pub(crate) postings: Vec<Posting>,
}

/// Decides a command on a payout, whose latest attempt is the one given.
///
/// # Errors
/// The rejection that comes first: status, then role, then what the command demands besides.
pub(crate) fn decide(
    payout: &PayoutRecord,
    attempt: Option<&AttemptRecord>,
    command: Command,
    actor: &Actor,
    now: Timestamp,
) -> Result<Decision, Rejection> {
    let kind = command.kind();
    check(payout.status, kind, actor)?;
    // A clock that jumped back must not make a payout older than it was.
    let at = now.max(payout.changed_at.unwrap_or(payout.created_at));
    let mut case = Case {
        before: payout,
        payout: payout.clone(),
        attempt: attempt.cloned(),
        postings: Vec::new(),
        kind,
        at,
    };
    case.payout.changed_at = Some(at);
    let step = match command {
        Command::Begin {
            draft,
            lease,
            floor,
        } => case.begin(draft, lease, floor, now)?,
        Command::Resend { lease, latest } => case.resend(lease, now, latest)?,
        Command::Answer(answer) => case.answer(answer)?,
        Command::Lapse { latest } => case.lapse(now, latest),
        Command::Forgo => case.forgo(),
        Command::PutOff { wait, due, cause } => case.put_off(wait, due, cause),
        Command::Wake => case.wake()?,
        Command::Look(look) => case.look(look)?,
        Command::FailLook { cause } => case.fail_look(cause),
        Command::Deny(look) => case.deny(look),
        Command::Refer { cause } => case.refer(cause),
        Command::Settle(transfer) => case.settle(&transfer),
        Command::Reverse { total } => case.reverse(total)?,
        Command::Retry => case.wake()?,
        Command::WriteOff => case.write_off(),
        Command::Restore => case.restore(),
    };
    let changed = case.attempt.as_ref() != attempt;
    Ok(Decision {
        payout: case.payout,
        attempt: case.attempt.filter(|_| changed),
        step,
        postings: case.postings,
    })
}

/// A payout while a command is being decided.
pub(super) struct Case<'a> {
    pub(super) before: &'a PayoutRecord,
    pub(super) payout: PayoutRecord,
    pub(super) attempt: Option<AttemptRecord>,
    postings: Vec<Posting>,
    kind: PayoutCommand,
    pub(super) at: Timestamp,
}

impl<'a> Case<'a> {
    fn flows(&self) -> Flows<'a> {
        Flows {
            payout: self.before,
            at: self.at,
        }
    }

    pub(super) fn refuse(&self) -> Rejection {
        refuse(self.before.status, self.kind)
    }

    /// The latest attempt, while it may still be sent or carried out.
    pub(super) fn open(&mut self) -> Option<&mut AttemptRecord> {
        self.attempt
            .as_mut()
            .filter(|attempt| attempt.end.is_none())
    }

    /// Ends the open attempt without a payment, and gives the budget back.
    pub(super) fn end(&mut self, end: AttemptEnd) {
        if let Some(attempt) = self.open() {
            attempt.end = Some(end);
            self.postings.extend(self.flows().release());
        }
    }

    pub(super) fn stand(
        &mut self,
        status: PayoutStatus,
        wait: Option<Wait>,
        due: Option<Timestamp>,
    ) {
        self.payout.status = status;
        self.payout.wait = wait;
        self.payout.due_at = due;
    }

    pub(super) fn tried(&mut self) -> Duration {
        let wait = backoff(self.payout.tries);
        self.payout.tries = self.payout.tries.saturating_add(1);
        wait
    }

    fn begin(
        &mut self,
        draft: Draft,
        lease: Timestamp,
        floor: Option<Cents>,
        now: Timestamp,
    ) -> Result<StepKind, Rejection> {
        if self.open().is_some() {
            return Err(self.refuse());
        }
        let number = self.payout.attempt.saturating_add(1);
        self.payout.attempt = number;
        self.attempt = Some(AttemptRecord {
            payout: self.payout.id,
            number,
            body: draft.body,
            api_version: draft.api_version,
            platform: draft.platform.account,
            mode: draft.platform.mode,
            destination: draft.destination,
            // Never too late: it ends the time in which the same may be sent again.
            first_sent_at: now,
            // Never too early: it begins the wait for a proof.
            last_sent_at: self.at,
            doubtful: false,
            only_listed: false,
            end: None,
            commit: draft.commit,
        });
        self.stand(PayoutStatus::Sending, None, Some(lease));
        self.postings.extend(self.flows().reserve_above(floor));
        Ok(StepKind::Begun { attempt: number })
    }

    /// From `owed`, what may not be sent any more still gets here, to lapse without being sent.
    fn resend(
        &mut self,
        lease: Timestamp,
        now: Timestamp,
        latest: Timestamp,
    ) -> Result<StepKind, Rejection> {
        let (at, status) = (self.at, self.before.status);
        let refusal = self.refuse();
        let restored = self.before.restored_at.is_some();
        let attempt = self.open().ok_or(refusal.clone())?;
        let number = attempt.number;
        if may_resend(attempt, now, latest) && !restored {
            attempt.last_sent_at = at;
        } else if status != PayoutStatus::Owed {
            return Err(refusal);
        }
        let to = match status {
            PayoutStatus::Owed => PayoutStatus::Sending,
            other => other,
        };
        let wait = self.payout.wait.filter(|_| to == PayoutStatus::Unknown);
        self.stand(to, wait, Some(lease));
        Ok(StepKind::Resent { attempt: number })
    }

    fn answer(&mut self, answer: Result<Transfer, PaymentsError>) -> Result<StepKind, Rejection> {
        let refusal = self.refuse();
        let attempt = self.open().ok_or(refusal)?.clone();
        match answer {
            Ok(transfer) if is_of(&transfer, &attempt) && agrees(self.before, &transfer) => {
                Ok(self.settle(&transfer))
            }
            Ok(transfer) => {
                let cause = format!(
                    "the provider answered with the transfer {}, which is not what was asked for",
                    transfer.id
                );
                self.doubt(true);
                Ok(self.refer(cause))
            }
            Err(error) => {
                self.payout.error = Some(said(&error));
                Ok(self.failed(error, attempt.doubtful))
            }
        }
    }

    fn failed(&mut self, error: PaymentsError, doubtful: bool) -> StepKind {
        let cause = said(&error);
        match error.failure {
            Failure::NotSent | Failure::Unauthorized if !doubtful => self.not_executed(cause, None),
            Failure::NotBegun { retry_after } if !doubtful => self.not_executed(cause, retry_after),
            Failure::Declined { class, code } if !doubtful => self.declined(class, code),
            Failure::NotFound if !doubtful => {
                self.declined(DeclineClass::Person, "not_found".to_owned())
            }
            // The key says nothing more: only a listing can tell.
            Failure::Declined { .. } | Failure::NotFound | Failure::KeyReused => {
                self.doubt(true);
                self.unsettled();
                StepKind::Doubted { cause }
            }
            _ => {
                self.doubt(false);
                self.unsettled();
                StepKind::Doubted { cause }
            }
        }
    }

    fn not_executed(&mut self, cause: String, retry_after: Option<Duration>) -> StepKind {
        let wait = self.tried().max(retry_after.unwrap_or_default());
        let due = Some(self.at.after(wait));
        self.stand(PayoutStatus::Owed, Some(Wait::Provider), due);
        StepKind::NotExecuted { cause }
    }

    fn declined(&mut self, class: DeclineClass, code: String) -> StepKind {
        let (status, wait) = match class {
            DeclineClass::Platform => (PayoutStatus::Owed, Wait::PlatformBalance),
            DeclineClass::Account => (PayoutStatus::Owed, Wait::Account),
            DeclineClass::Person => (PayoutStatus::Declined, Wait::Person),
        };
        let end = AttemptEnd::Declined {
            class,
            code: code.clone(),
        };
        self.end(end);
        self.stand(status, Some(wait), None);
        StepKind::Declined { class, code }
    }

    fn put_off(&mut self, wait: Wait, due: Option<Timestamp>, cause: Option<String>) -> StepKind {
        self.tried();
        self.stand(self.before.status, Some(wait), due);
        self.payout.error = cause.or(self.payout.error.take());
        StepKind::Put { off: wait }
    }

    fn wake(&mut self) -> Result<StepKind, Rejection> {
        self.payout.tries = 0;
        self.stand(PayoutStatus::Owed, None, Some(self.at));
        Ok(StepKind::Woken)
    }

    fn settle(&mut self, transfer: &Transfer) -> StepKind {
        let id = transfer.id.clone();
        let was_reserved = self.open().is_some();
        if let Some(attempt) = self.open() {
            attempt.end = Some(AttemptEnd::Paid {
                transfer: id.clone(),
            });
        }
        let flows = self.flows();
        if !was_reserved {
            // The money is gone, whether or not the budget had it.
            self.postings.extend(flows.reserve_above(None));
        }
        self.postings.extend(match self.before.status {
            PayoutStatus::WrittenOff => flows.pay_written_off(),
            _ => flows.pay(),
        });
        self.payout.transfer = Some(id.clone());
        self.payout.look = None;
        self.payout.restored_at = None;
        self.payout.error = None;
        self.payout.tries = 0;
        let reversed = transfer.reversed.min(self.before.amount).max(Cents::ZERO);
        self.taken_back(reversed);
        StepKind::Paid {
            transfer: id,
            reversed,
        }
    }

    /// Notes how much was taken back in all, and where the payout stands then.
    fn taken_back(&mut self, total: Cents) {
        let more = Cents::new(total.units() - self.before.reversed.units());
        if more > Cents::ZERO {
            self.postings.extend(self.flows().take_back(more));
        }
        self.payout.reversed = total;
        let status = match total >= self.before.amount {
            true => PayoutStatus::Reversed,
            false => PayoutStatus::Paid,
        };
        self.stand(status, None, None);
    }

    fn reverse(&mut self, total: Cents) -> Result<StepKind, Rejection> {
        let total = total.min(self.before.amount);
        // It only grows: less is older news.
        if total <= self.before.reversed {
            return Err(self.refuse());
        }
        self.taken_back(total);
        Ok(StepKind::Reversed { total })
    }

    fn write_off(&mut self) -> StepKind {
        self.end(AttemptEnd::Withdrawn);
        self.postings.extend(self.flows().write_off());
        self.stand(PayoutStatus::WrittenOff, None, None);
        StepKind::WrittenOff
    }
}

/// Whether a transfer went where the attempt sent it, with the money of the same mode.
fn is_of(transfer: &Transfer, attempt: &AttemptRecord) -> bool {
    transfer.destination == attempt.destination && transfer.mode == attempt.mode
}

/// What a provider said, for a person.
pub(crate) fn said(error: &PaymentsError) -> String {
    match &error.request_id {
        Some(id) => format!("{error} (request {id})"),
        None => error.to_string(),
    }
}
