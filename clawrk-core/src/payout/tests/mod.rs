//! What is decided of payouts, seen from outside of the code that decides.

mod answers;
mod doubt;
mod table;

use std::time::Duration;

use crate::id::{CommitId, JobId, PayoutId, UserId};
use crate::job::Actor;
use crate::money::Cents;
use crate::payments::{Failure, Mode, PaymentsError, Transfer};
use crate::payout::PayoutCommand;
use crate::payout::decide::{Command, Decision, Draft, decide};
use crate::record::{
    AttemptEnd, AttemptRecord, Look, PayoutRecord, PayoutStatus, Platform, StepKind, Wait,
};
use crate::time::Timestamp;

const MADE: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn later(hours: u64) -> Timestamp {
    MADE.after(Duration::from_secs(hours * 3_600))
}

fn platform() -> Platform {
    Platform {
        account: "acct_us".to_owned(),
        mode: Mode::Test,
    }
}

fn id() -> PayoutId {
    PayoutId::of(JobId::from_bits(7))
}

fn attempt() -> AttemptRecord {
    AttemptRecord {
        payout: id(),
        number: 1,
        body: "amount=100".to_owned(),
        api_version: "v1".to_owned(),
        platform: "acct_us".to_owned(),
        mode: Mode::Test,
        destination: "acct_bob".to_owned(),
        first_sent_at: MADE,
        last_sent_at: MADE,
        doubtful: false,
        only_listed: false,
        end: None,
        commit: CommitId::from_bits(1),
    }
}

fn transfer() -> Transfer {
    Transfer {
        id: "tr_1".to_owned(),
        amount: Cents::new(100),
        currency: "usd".to_owned(),
        destination: "acct_bob".to_owned(),
        mode: Mode::Test,
        group: Some(id().job().to_string()),
        payout: Some(id().to_string()),
        store: Some("store".to_owned()),
        reversed: Cents::ZERO,
        created_at: MADE,
    }
}

/// A payout of a dollar, as it stands in that status.
fn payout(status: PayoutStatus) -> PayoutRecord {
    let bob = UserId::new("bob").unwrap();
    let mut payout = PayoutRecord::owed(id(), bob, Cents::new(100), "usd".to_owned(), MADE);
    payout.status = status;
    payout.attempt = 1;
    if matches!(status, PayoutStatus::Paid | PayoutStatus::Reversed) {
        payout.transfer = Some("tr_1".to_owned());
    }
    if status == PayoutStatus::Reversed {
        payout.reversed = payout.amount;
    }
    payout
}

fn draft() -> Draft {
    Draft {
        body: "amount=100".to_owned(),
        api_version: "v1".to_owned(),
        platform: platform(),
        destination: "acct_bob".to_owned(),
        commit: CommitId::from_bits(2),
    }
}

fn failed(failure: Failure) -> PaymentsError {
    PaymentsError {
        failure,
        detail: "so it is".to_owned(),
        request_id: Some("req_1".to_owned()),
    }
}

/// What moved, as text.
fn moved(decision: &Decision) -> Vec<String> {
    let legs = decision.postings.iter().filter(|leg| leg.delta < 0);
    legs.map(|leg| format!("{} {} {}", leg.account, leg.other_account, -leg.delta))
        .collect()
}

fn by_system(
    payout: &PayoutRecord,
    attempt: Option<&AttemptRecord>,
    command: Command,
    now: Timestamp,
) -> Decision {
    decide(payout, attempt, command, &Actor::System, now).unwrap()
}
