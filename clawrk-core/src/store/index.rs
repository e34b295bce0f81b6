//! The orders in which records can be listed.

use crate::id::{JobId, UserId};
use crate::job::Status;
use crate::ledger::Account;
use crate::record::{
    Body, InvoiceOutcome, InvoiceRecord, Kind, OutboxRecord, PayoutStatus, Record,
};
use crate::store::key::{put_text, put_u64, put_u128};
use crate::time::Timestamp;

/// An order in which records can be listed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Index {
    /// The jobs that a user posted, newest first.
    JobsBySender(UserId),
    /// The jobs that a user works or worked on, newest first.
    JobsByReceiver(UserId),
    /// The queued jobs, oldest first.
    Board,
    /// A job's history, oldest first.
    EventsOf(JobId),
    /// The entries of an account that has a balance, newest first.
    EntriesOf(Account),
    /// A user's payouts, newest first.
    PayoutsOf(UserId),
    /// The payouts of a status, oldest first.
    Payouts(PayoutStatus),
    /// A user's API keys, oldest first.
    KeysOf(UserId),
    /// What happens by itself at a time, soonest first.
    Due,
    /// What is to be asked of the payment provider or sent to it at a time, soonest first: payouts,
    /// parked invoices, users whose connected account is to be looked at, the outbox itself. Apart
    /// from what is due, since it takes its time.
    DueOutside,
    /// The parked invoices of a customer, by the provider's id of the customer, oldest first.
    ParkedOf(String),
    /// What may be forgotten at a time, soonest first.
    Expiring,
    /// All records of a kind, by key.
    All(Kind),
}

/// Tags of the indexes that have entries of their own. They are on disk: never renumbered.
mod tag {
    pub(super) const SENDER: u8 = 1;
    pub(super) const RECEIVER: u8 = 2;
    pub(super) const BOARD: u8 = 3;
    pub(super) const PAYOUTS_OF: u8 = 4;
    pub(super) const PAYOUTS: u8 = 5;
    pub(super) const KEYS_OF: u8 = 6;
    pub(super) const DUE: u8 = 7;
    pub(super) const EXPIRING: u8 = 8;
    pub(super) const DUE_OUTSIDE: u8 = 9;
    pub(super) const PARKED_OF: u8 = 10;
}

impl Index {
    /// The beginning of the keys of all *records* in this index, where the index is simply a range
    /// of them. Then it has no entries of its own, and a cursor is a record's key.
    pub fn record_prefix(&self) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        match self {
            Index::All(kind) => bytes.push(*kind as u8),
            Index::EventsOf(job) => {
                bytes.push(Kind::Event as u8);
                put_u128(&mut bytes, job.bits());
            }
            Index::EntriesOf(account) => {
                bytes.push(Kind::Entry as u8);
                put_text(&mut bytes, &account.to_string());
            }
            _ => return None,
        }
        Some(bytes)
    }

    /// The beginning of all of this index's entries, where it has its own.
    pub fn entry_prefix(&self) -> Option<Vec<u8>> {
        Some(match self {
            Index::JobsBySender(user) => of_user(tag::SENDER, user),
            Index::JobsByReceiver(user) => of_user(tag::RECEIVER, user),
            Index::Board => vec![tag::BOARD],
            Index::PayoutsOf(user) => of_user(tag::PAYOUTS_OF, user),
            Index::Payouts(status) => vec![tag::PAYOUTS, *status as u8],
            Index::KeysOf(user) => of_user(tag::KEYS_OF, user),
            Index::Due => vec![tag::DUE],
            Index::DueOutside => vec![tag::DUE_OUTSIDE],
            Index::ParkedOf(customer) => of_text(tag::PARKED_OF, customer),
            Index::Expiring => vec![tag::EXPIRING],
            Index::EventsOf(_) | Index::EntriesOf(_) | Index::All(_) => return None,
        })
    }
}

/// The index entries of a record: each is the index's prefix, then what it is sorted by, then the
/// record's key. A pure function, so that every store has the same ones.
pub fn index_entries(record: &Record) -> Vec<Vec<u8>> {
    let mut entries = Vec::new();
    let mut add = |mut entry: Vec<u8>, sort: &[u64]| {
        for number in sort {
            put_u64(&mut entry, *number);
        }
        entry.extend_from_slice(&record.key().to_bytes());
        entries.push(entry);
    };
    match &record.body {
        Body::Job(job) => {
            let (made, seq) = (millis(job.created_at), record.seq);
            add(of_user(tag::SENDER, &job.sender), &[!made, !seq]);
            if let Some(receiver) = job.state.receiver() {
                add(of_user(tag::RECEIVER, receiver), &[!made, !seq]);
            }
            if job.state.status() == Status::Queued {
                add(vec![tag::BOARD], &[made, seq]);
            }
            if let Some(due) = job.state.due_at() {
                add(vec![tag::DUE], &[millis(due)]);
            }
        }
        Body::Payout(payout) => {
            let (made, seq) = (millis(payout.created_at), record.seq);
            add(of_user(tag::PAYOUTS_OF, &payout.receiver), &[!made, !seq]);
            add(vec![tag::PAYOUTS, payout.status as u8], &[made, seq]);
            if let Some(due) = payout.due_at {
                add(vec![tag::DUE_OUTSIDE], &[millis(due)]);
            }
        }
        Body::Invoice(invoice) => {
            if let Some(due) = invoice.due_at {
                add(vec![tag::DUE_OUTSIDE], &[millis(due)]);
            }
            if let Some(customer) = parked_of(invoice) {
                let made = millis(invoice.invoice.created_at);
                add(of_text(tag::PARKED_OF, customer), &[made, record.seq]);
            }
        }
        Body::Outbox(OutboxRecord {
            due_at: Some(due), ..
        }) => {
            add(vec![tag::DUE_OUTSIDE], &[millis(*due)]);
        }
        Body::User(user) => {
            if let Some(look) = user.account.as_ref().and_then(|account| account.look) {
                add(vec![tag::DUE_OUTSIDE], &[millis(look.due_at)]);
            }
        }
        Body::Inbox(inbox) => add(vec![tag::EXPIRING], &[millis(inbox.expires_at)]),
        Body::ApiKey(key) => {
            add(
                of_user(tag::KEYS_OF, &key.user),
                &[millis(key.created_at), record.seq],
            );
        }
        Body::Once(once) => add(vec![tag::EXPIRING], &[millis(once.expires_at)]),
        Body::Text(_)
        | Body::Event(_)
        | Body::Account(_)
        | Body::Entry(_)
        | Body::Meta(_)
        | Body::Step(_)
        | Body::Attempt(_)
        | Body::Outbox(_)
        | Body::Link(_) => {}
    }
    entries
}

/// The customer of an invoice that is parked.
fn parked_of(record: &InvoiceRecord) -> Option<&str> {
    match record.outcome {
        InvoiceOutcome::Parked { .. } => record.invoice.owner.customer.as_deref(),
        InvoiceOutcome::Granted { .. } | InvoiceOutcome::Nothing { .. } => None,
    }
}

fn of_user(tag: u8, user: &UserId) -> Vec<u8> {
    of_text(tag, user.as_str())
}

fn of_text(tag: u8, text: &str) -> Vec<u8> {
    let mut bytes = vec![tag];
    put_text(&mut bytes, text);
    bytes
}

fn millis(time: Timestamp) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(0)
}
