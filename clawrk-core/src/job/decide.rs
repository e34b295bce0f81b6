//! What a command makes of a job: pure, total, and the only place that decides it.

use crate::error::Rejection;
use crate::id::{CommitId, PayoutId, UserId};
pub(crate) use crate::job::transition::check;
use crate::job::{
    Actor, CommandKind, EventKind, JobRecord, OnRejected, Run, State, Status, Verification,
};
use crate::ledger::{Account, Flow, Posting, Reason};
use crate::money::{Cents, Credits};
use crate::record::{PayoutRecord, Text};
use crate::time::Timestamp;

/// A command with what it brings.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    Accept {
        receiver: UserId,
    },
    Submit {
        output: String,
    },
    StartRun {
        run: Run,
    },
    FinishRun {
        run: CommitId,
        output: String,
    },
    FailRun {
        run: CommitId,
        cause: String,
    },
    /// The attempt is the one whose output was judged.
    Verify {
        attempt: u32,
        verification: Verification,
    },
    Cancel,
    Release,
    ExpireAccept,
}

impl Command {
    pub(crate) fn kind(&self) -> CommandKind {
        match self {
            Command::Accept { .. } => CommandKind::Accept,
            Command::Submit { .. } => CommandKind::Submit,
            Command::StartRun { .. } => CommandKind::StartRun,
            Command::FinishRun { .. } => CommandKind::FinishRun,
            Command::FailRun { .. } => CommandKind::FailRun,
            Command::Verify { .. } => CommandKind::Verify,
            Command::Cancel => CommandKind::Cancel,
            Command::Release => CommandKind::Release,
            Command::ExpireAccept => CommandKind::ExpireAccept,
        }
    }
}

/// What a command changes.
#[derive(Debug, Clone)]
pub(crate) struct Decision {
    pub(crate) job: JobRecord,
    pub(crate) event: EventKind,
    pub(crate) text: Option<Text>,
    pub(crate) postings: Vec<Posting>,
    pub(crate) payout: Option<PayoutRecord>,
}

/// Decides a command on a job that exists.
///
/// # Errors
/// The rejection that comes first: status, then role.
pub(crate) fn decide(
    job: &JobRecord,
    command: Command,
    actor: &Actor,
    now: Timestamp,
) -> Result<Decision, Rejection> {
    check(job, command.kind(), actor)?;
    check_due(job, command.kind(), actor, now)?;
    let mut decision = Decision {
        job: job.clone(),
        event: EventKind::Accepted,
        text: None,
        postings: Vec::new(),
        payout: None,
    };
    // A clock that jumped back must not make a job older than it was.
    let now = now.max(job.updated_at);
    decision.job.updated_at = now;
    match command {
        Command::Accept { receiver } => decision.accept(receiver, now),
        Command::Submit { output } => decision.submit(output, now)?,
        Command::StartRun { run } => decision.start_run(run)?,
        Command::FinishRun { run, output } => {
            same_run(job, run, CommandKind::FinishRun)?;
            decision.submit(output, now)?;
        }
        Command::FailRun { run, cause } => {
            same_run(job, run, CommandKind::FailRun)?;
            decision.fail_run(cause)?;
        }
        Command::Verify {
            attempt,
            verification,
        } => {
            same_output(job, attempt)?;
            decision.verify(verification, now)?;
        }
        Command::Cancel => {
            decision.job.state = State::Cancelled;
            decision.event = EventKind::Cancelled;
            decision.refund(now);
        }
        Command::Release => {
            decision.job.state = State::Queued;
            decision.event = EventKind::Released;
        }
        Command::ExpireAccept => {
            decision.job.state = State::Queued;
            decision.event = EventKind::AcceptExpired;
        }
    }
    Ok(decision)
}

/// The exchange acts by itself only once the time has come: since it looked, somebody may have
/// given the job up and taken it again.
fn check_due(
    job: &JobRecord,
    command: CommandKind,
    actor: &Actor,
    now: Timestamp,
) -> Result<(), Rejection> {
    let by_itself = match command {
        CommandKind::ExpireAccept => true,
        CommandKind::Verify => *actor == Actor::System,
        _ => false,
    };
    if by_itself && job.state.due_at().is_none_or(|due| due > now) {
        let status = job.state.status();
        return Err(Rejection::WrongStatus {
            command,
            status,
            needed: "overdue".to_owned(),
        });
    }
    Ok(())
}

/// What making a job moves: the cost, from the sender into a hold of the job's own.
pub(crate) fn hold(job: &JobRecord) -> Vec<Posting> {
    let from = Account::User(job.sender.clone());
    let flow = |to| Flow {
        from,
        to,
        reason: Reason::job(job.id),
        job: Some(job.id),
        at: job.created_at,
    };
    moved(job.terms.held, flow(Account::Hold(job.id)))
}

/// Both legs of a flow of credits; nothing where nothing is held.
fn moved(amount: Credits, flow: Flow) -> Vec<Posting> {
    if amount == Credits::ZERO {
        Vec::new()
    } else {
        flow.credits(amount).into()
    }
}

/// A run that was given up must not finish another one's work.
fn same_run(job: &JobRecord, id: CommitId, command: CommandKind) -> Result<(), Rejection> {
    match &job.state {
        State::InProgress { run, .. } if run.id == id => Ok(()),
        state => Err(Rejection::WrongStatus {
            command,
            status: state.status(),
            needed: format!("{} with the same run", Status::InProgress),
        }),
    }
}

/// A verdict is on the output that was judged: meanwhile the job may have been offered again, and
/// done by somebody else.
fn same_output(job: &JobRecord, attempt: u32) -> Result<(), Rejection> {
    if job.attempt == attempt {
        return Ok(());
    }
    Err(Rejection::WrongStatus {
        command: CommandKind::Verify,
        status: job.state.status(),
        needed: format!("{} with the same output", Status::Submitted),
    })
}

impl Decision {
    /// The receiver, who exists in every state that the table lets get here.
    fn receiver(&self, command: CommandKind) -> Result<UserId, Rejection> {
        self.job
            .state
            .receiver()
            .cloned()
            .ok_or_else(|| Rejection::WrongStatus {
                command,
                status: self.job.state.status(),
                needed: "taken by a receiver".to_owned(),
            })
    }

    fn accept(&mut self, receiver: UserId, now: Timestamp) {
        let accept_due = self
            .job
            .terms
            .accept_timeout
            .map(|timeout| now.after(timeout));
        self.job.state = State::Accepted {
            receiver,
            accept_due,
        };
        self.job.attempt = self.job.attempt.saturating_add(1);
        self.event = EventKind::Accepted;
    }

    fn submit(&mut self, output: String, now: Timestamp) -> Result<(), Rejection> {
        let receiver = self.receiver(CommandKind::Submit)?;
        let review_due = self
            .job
            .terms
            .review_timeout
            .map(|timeout| now.after(timeout));
        self.job.state = State::Submitted {
            receiver,
            review_due,
        };
        self.event = EventKind::Submitted;
        self.text = Some(Text::Output {
            attempt: self.job.attempt,
            output,
        });
        Ok(())
    }

    fn start_run(&mut self, run: Run) -> Result<(), Rejection> {
        let receiver = self.receiver(CommandKind::StartRun)?;
        let accept_due = self.job.state.due_at();
        self.job.state = State::InProgress {
            receiver,
            accept_due,
            run,
        };
        self.event = EventKind::RunStarted;
        Ok(())
    }

    fn fail_run(&mut self, cause: String) -> Result<(), Rejection> {
        let receiver = self.receiver(CommandKind::FailRun)?;
        let accept_due = match &self.job.state {
            State::InProgress { accept_due, .. } => *accept_due,
            _ => None,
        };
        self.job.state = State::Accepted {
            receiver,
            accept_due,
        };
        self.event = EventKind::RunFailed { cause };
        Ok(())
    }

    fn verify(&mut self, verification: Verification, now: Timestamp) -> Result<(), Rejection> {
        let receiver = self.receiver(CommandKind::Verify)?;
        let attempt = self.job.attempt;
        self.job.judged_attempt = Some(attempt);
        if verification.passed {
            self.pass(receiver, now);
        } else {
            self.reject(receiver, now);
        }
        self.text = Some(Text::Verdict {
            attempt,
            verification,
        });
        Ok(())
    }

    fn pass(&mut self, receiver: UserId, now: Timestamp) {
        self.event = EventKind::Verified;
        if receiver == self.job.sender {
            // Paying oneself would turn bought credits into money.
            self.refund(now);
        } else {
            self.close_hold(Account::Spent, Reason::job(self.job.id), now);
            self.owe(&receiver, now);
        }
        self.job.state = State::Verified { receiver };
    }

    fn reject(&mut self, receiver: UserId, now: Timestamp) {
        self.job.rejections = self.job.rejections.saturating_add(1);
        let out_of_attempts = self.job.rejections >= self.job.terms.max_attempts;
        match self.job.terms.on_rejected {
            OnRejected::Refund => {
                self.event = EventKind::Rejected;
                self.refund(now);
                self.job.state = State::Rejected { receiver };
            }
            OnRejected::Keep => {
                self.event = EventKind::Rejected;
                self.close_hold(Account::Forfeited, Reason::job(self.job.id), now);
                self.job.state = State::Rejected { receiver };
            }
            OnRejected::Requeue if out_of_attempts => {
                self.event = EventKind::Failed;
                self.refund(now);
                self.job.state = State::Failed { receiver };
            }
            OnRejected::Requeue => {
                self.event = EventKind::Requeued;
                self.job.state = State::Queued;
            }
        }
    }

    fn refund(&mut self, now: Timestamp) {
        let sender = Account::User(self.job.sender.clone());
        self.close_hold(sender, Reason::refund(self.job.id), now);
    }

    fn close_hold(&mut self, to: Account, reason: Reason, now: Timestamp) {
        let from = Account::Hold(self.job.id);
        let flow = Flow {
            from,
            to,
            reason,
            job: Some(self.job.id),
            at: now,
        };
        self.postings.extend(moved(self.job.terms.held, flow));
    }

    fn owe(&mut self, receiver: &UserId, now: Timestamp) {
        let amount = self.job.terms.payout;
        if amount == Cents::ZERO {
            return;
        }
        let flow = Flow {
            from: Account::PayoutCost,
            to: Account::Payable(receiver.clone()),
            reason: Reason::job(self.job.id),
            job: Some(self.job.id),
            at: now,
        };
        self.postings.extend(flow.cents(amount));
        let currency = self.job.terms.currency.clone();
        let id = PayoutId::of(self.job.id);
        let payout = PayoutRecord::owed(id, receiver.clone(), amount, currency, now);
        self.payout = Some(payout);
    }
}
