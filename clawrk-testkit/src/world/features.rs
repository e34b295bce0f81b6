//! What there can be in a store, by name.

use std::collections::BTreeSet;

use clawrk_core::job::{Actor, EventKind};
use clawrk_core::ledger::Account;
use clawrk_core::record::{
    Answer, AttemptEnd, AttemptRecord, Body, InvoiceOutcome, InvoiceRecord, OnceState,
    PayoutStatus, Record, Scope, Text,
};

/// Every feature that a record can have, by name.
///
/// A new variant has to be named in [`features`], which does not compile without it, and here.
pub const FEATURES: &[&str] = &[
    "account payable",
    "account user",
    "account hold",
    "account issued",
    "account spent",
    "account forfeited",
    "account payout cost",
    "account sales",
    "account provider",
    "account receipts",
    "account budget",
    "account reserved",
    "account recovered",
    "actor admin",
    "actor system",
    "actor user",
    "answer credits",
    "answer disabled",
    "answer job",
    "answer outbox",
    "answer payout",
    "answer payouts",
    "answer url",
    "attempt absent",
    "attempt declined",
    "attempt open",
    "attempt paid",
    "attempt withdrawn",
    "balance",
    "entry loose",
    "entry numbered",
    "event accept_expired",
    "event accepted",
    "event cancelled",
    "event created",
    "event failed",
    "event rejected",
    "event released",
    "event requeued",
    "event run_failed",
    "event run_started",
    "event submitted",
    "event verified",
    "inbox",
    "invoice granted",
    "invoice nothing",
    "invoice parked",
    "job accepted",
    "job cancelled",
    "job failed",
    "job in_progress",
    "job queued",
    "job rejected",
    "job submitted",
    "job verified",
    "key named",
    "key unnamed",
    "link account",
    "link customer",
    "login code",
    "meta",
    "once done",
    "once proof",
    "once reserved",
    "outbox",
    "payout declined",
    "payout owed",
    "payout paid",
    "payout reversed",
    "payout sending",
    "payout unknown",
    "payout written off",
    "scope admin",
    "scope commit",
    "scope login",
    "scope user",
    "step absent",
    "step begun",
    "step declined",
    "step doubted",
    "step lapsed",
    "step look_failed",
    "step looked",
    "step not_executed",
    "step paid",
    "step put_off",
    "step referred",
    "step resent",
    "step restored",
    "step reversed",
    "step woken",
    "step written_off",
    "text brief",
    "text output",
    "text verdict",
    "user disabled",
    "user enabled",
];

/// Those of [`FEATURES`] that none of the records has.
pub fn missing<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<&'static str> {
    let there: BTreeSet<String> = records.into_iter().flat_map(features).collect();
    let known = FEATURES.iter().copied();
    known.filter(|feature| !there.contains(*feature)).collect()
}

/// The features of a record.
pub fn features(record: &Record) -> Vec<String> {
    let named = |name: &str| vec![name.to_owned()];
    match &record.body {
        Body::Job(job) => vec![format!("job {}", job.state.status())],
        Body::Text(text) => named(match &text.text {
            Text::Brief { .. } => "text brief",
            Text::Output { .. } => "text output",
            Text::Verdict { .. } => "text verdict",
        }),
        Body::Event(event) => vec![
            format!("event {}", event_name(&event.kind)),
            actor(&event.actor),
        ],
        Body::Account(_) => named("balance"),
        Body::Entry(entry) => {
            let numbered = entry.number.is_some();
            let form = if numbered {
                "entry numbered"
            } else {
                "entry loose"
            };
            vec![form.to_owned(), account(&entry.account)]
        }
        Body::Payout(payout) => named(match payout.status {
            PayoutStatus::Owed => "payout owed",
            PayoutStatus::Sending => "payout sending",
            PayoutStatus::Unknown => "payout unknown",
            PayoutStatus::Paid => "payout paid",
            PayoutStatus::Declined => "payout declined",
            PayoutStatus::Reversed => "payout reversed",
            PayoutStatus::WrittenOff => "payout written off",
        }),
        Body::User(user) => named(if user.disabled {
            "user disabled"
        } else {
            "user enabled"
        }),
        Body::ApiKey(key) => named(if key.name.is_some() {
            "key named"
        } else {
            "key unnamed"
        }),
        Body::Once(once) => {
            let mut features = match &once.state {
                OnceState::Reserved { .. } => named("once reserved"),
                OnceState::Done(answer) => vec!["once done".to_owned(), self::answer(answer)],
                OnceState::Proof => named("once proof"),
                OnceState::Login(_) => named("login code"),
            };
            features.push(scope(&once.scope));
            features
        }
        Body::Step(step) => vec![format!("step {}", step.kind.as_str()), actor(&step.actor)],
        Body::Attempt(attempt) => named(attempt_name(attempt)),
        Body::Invoice(invoice) => named(invoice_name(invoice)),
        Body::Link(link) => vec![format!("link {}", link.what.as_str())],
        Body::Meta(_) | Body::Outbox(_) | Body::Inbox(_) => named(record.kind().as_str()),
    }
}

fn event_name(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::Created
        | EventKind::Accepted
        | EventKind::RunStarted
        | EventKind::RunFailed { .. }
        | EventKind::Submitted
        | EventKind::Verified
        | EventKind::Rejected
        | EventKind::Requeued
        | EventKind::Failed
        | EventKind::Cancelled
        | EventKind::Released
        | EventKind::AcceptExpired => kind.as_str(),
    }
}

fn attempt_name(attempt: &AttemptRecord) -> &'static str {
    match &attempt.end {
        None => "attempt open",
        Some(AttemptEnd::Paid { .. }) => "attempt paid",
        Some(AttemptEnd::Declined { .. }) => "attempt declined",
        Some(AttemptEnd::Absent(_)) => "attempt absent",
        Some(AttemptEnd::Withdrawn) => "attempt withdrawn",
    }
}

fn invoice_name(invoice: &InvoiceRecord) -> &'static str {
    match &invoice.outcome {
        InvoiceOutcome::Granted { .. } => "invoice granted",
        InvoiceOutcome::Nothing { .. } => "invoice nothing",
        InvoiceOutcome::Parked { .. } => "invoice parked",
    }
}

fn actor(actor: &Actor) -> String {
    let name = match actor {
        Actor::User(_) => "user",
        Actor::Admin => "admin",
        Actor::System => "system",
    };
    format!("actor {name}")
}

fn account(account: &Account) -> String {
    let name = match account {
        Account::User(_) => "user",
        Account::Hold(_) => "hold",
        Account::Issued(_) => "issued",
        Account::Spent => "spent",
        Account::Forfeited => "forfeited",
        Account::PayoutCost => "payout cost",
        Account::Payable(_) => "payable",
        Account::Sales => "sales",
        Account::Provider => "provider",
        Account::Receipts => "receipts",
        Account::Budget => "budget",
        Account::Reserved => "reserved",
        Account::Recovered => "recovered",
    };
    format!("account {name}")
}

fn answer(answer: &Answer) -> String {
    let name = match answer {
        Answer::Job(_) => "job",
        Answer::Credits(_) => "credits",
        Answer::Disabled(_) => "disabled",
        Answer::Payout(_) => "payout",
        Answer::Outbox(_) => "outbox",
        Answer::Payouts(_) => "payouts",
        Answer::Url(_) => "url",
    };
    format!("answer {name}")
}

fn scope(scope: &Scope) -> String {
    let name = match scope {
        Scope::User(_) => "user",
        Scope::Admin => "admin",
        Scope::Commit => "commit",
        Scope::Login => "login",
        // Only while it lasts.
        Scope::Import => "import",
    };
    format!("scope {name}")
}
