//! What is decided, seen from outside of the code that decides.

mod flows;
mod table;

use std::collections::BTreeMap;

use crate::id::{CommitId, JobId, UserId};
use crate::job::decide::{Command, Decision, decide};
use crate::job::{
    Actor, CommandKind, JobRecord, OnRejected, Run, State, Status, Terms, Verification,
};
use crate::money::{Cents, Credits};
use crate::time::Timestamp;

/// Long after every deadline of these jobs.
const LATE: Timestamp = Timestamp::from_millis(2_000_000_000_000);
const DUE: Timestamp = Timestamp::from_millis(1_900_000_000_000);
const MADE: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const RUN: CommitId = CommitId::from_bits(1);

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

/// A job of alice's, at whose receiver every deadline is past by [`LATE`].
fn job(status: Status, receiver: &UserId) -> JobRecord {
    let receiver = receiver.clone();
    let state = match status {
        Status::Queued => State::Queued,
        Status::Accepted => State::Accepted {
            receiver,
            accept_due: Some(DUE),
        },
        Status::InProgress => State::InProgress {
            receiver,
            accept_due: Some(DUE),
            run: Run {
                id: RUN,
                until: DUE,
            },
        },
        Status::Submitted => State::Submitted {
            receiver,
            review_due: Some(DUE),
        },
        Status::Verified => State::Verified { receiver },
        Status::Rejected => State::Rejected { receiver },
        Status::Cancelled => State::Cancelled,
        Status::Failed => State::Failed { receiver },
    };
    let attempt = u32::from(!matches!(status, Status::Queued | Status::Cancelled));
    JobRecord {
        id: JobId::from_bits(7),
        sender: user("alice"),
        skill: "research".to_owned(),
        terms: terms(),
        state,
        attempt,
        rejections: 0,
        judged_attempt: None,
        created_at: MADE,
        updated_at: MADE,
    }
}

/// The documented terms of `research` while credits are on and payments configured.
fn terms() -> Terms {
    Terms {
        cost: Credits::new(2),
        held: Credits::new(2),
        payout: Cents::new(100),
        currency: "usd".to_owned(),
        on_rejected: OnRejected::Refund,
        max_attempts: 2,
        accept_timeout: None,
        review_timeout: None,
    }
}

/// A verdict on the output of that attempt.
fn verdict(attempt: u32, passed: bool) -> Command {
    let verification = Verification {
        passed,
        reasoning: "as asked".to_owned(),
        scores: BTreeMap::new(),
        model: "mock".to_owned(),
        criteria: Vec::new(),
        prompt_hash: None,
        usage: None,
    };
    Command::Verify {
        attempt,
        verification,
    }
}

/// A command of that kind; a verdict passes.
fn command(kind: CommandKind, actor: &Actor) -> Command {
    let output = "An output of more than twenty characters.".to_owned();
    match kind {
        CommandKind::Accept => Command::Accept {
            receiver: actor.user().cloned().unwrap_or_else(|| user("nobody")),
        },
        CommandKind::Submit => Command::Submit { output },
        CommandKind::StartRun => Command::StartRun {
            run: Run {
                id: RUN,
                until: DUE,
            },
        },
        CommandKind::FinishRun => Command::FinishRun { run: RUN, output },
        CommandKind::FailRun => Command::FailRun {
            run: RUN,
            cause: "it fell over".to_owned(),
        },
        CommandKind::Verify => verdict(1, true),
        CommandKind::Cancel => Command::Cancel,
        CommandKind::Release => Command::Release,
        CommandKind::ExpireAccept => Command::ExpireAccept,
    }
}

/// The postings, such as `-2 hold:<id>`, with `job` for the job's id.
fn moves(decision: &Decision) -> Vec<String> {
    let id = decision.job.id.to_string();
    let text = |account: &crate::ledger::Account| account.to_string().replace(&id, "job");
    let postings = decision.postings.iter();
    postings
        .map(|leg| format!("{:+} {}", leg.delta, text(&leg.account)))
        .collect()
}

fn reasons(decision: &Decision) -> Vec<String> {
    let id = decision.job.id.to_string();
    let reasons = decision.postings.iter().map(|leg| &leg.reason);
    reasons.map(|r| r.to_string().replace(&id, "job")).collect()
}
