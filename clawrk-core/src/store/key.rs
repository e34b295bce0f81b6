//! The names of records, and their order.

use std::fmt;

use crate::id::{CommitId, JobId, KeyId, PayoutId, UserId};
use crate::ledger::Account;
use crate::record::{Kind, Linked, Scope};

/// Which text of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Prompt, title, intent and criteria.
    Brief,
    /// The output of that attempt.
    Output(u32),
    /// The verdict on that attempt.
    Verdict(u32),
}

/// The key of a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A job.
    Job(JobId),
    /// A text of a job.
    Text(JobId, Part),
    /// A step in a job's history.
    Event(JobId, u64),
    /// The balance of an account.
    Account(Account),
    /// The n-th entry of an account that has a balance.
    Entry(Account, u64),
    /// An entry of an account without a balance: its commit and its place there.
    LooseEntry(CommitId, u16),
    /// A payout.
    Payout(PayoutId),
    /// A user.
    User(UserId),
    /// An API key.
    ApiKey(KeyId),
    /// What happens once only, within a scope.
    Once(Scope, String),
    /// What the exchange knows of itself.
    Meta,
    /// A step in a payout's history.
    Step(PayoutId, u64),
    /// The n-th attempt to pay a payout.
    Attempt(PayoutId, u32),
    /// Whether anything is paid out at all.
    Outbox,
    /// A webhook, by the event's id.
    Inbox(String),
    /// An invoice, by its id.
    Invoice(String),
    /// What a provider's id belongs to.
    Link(Linked, String),
}

impl Key {
    /// The kind of record under this key.
    pub fn kind(&self) -> Kind {
        match self {
            Key::Job(_) => Kind::Job,
            Key::Text(..) => Kind::Text,
            Key::Event(..) => Kind::Event,
            Key::Account(_) => Kind::Account,
            Key::Entry(..) => Kind::Entry,
            Key::LooseEntry(..) => Kind::LooseEntry,
            Key::Payout(_) => Kind::Payout,
            Key::User(_) => Kind::User,
            Key::ApiKey(_) => Kind::ApiKey,
            Key::Once(..) => Kind::Once,
            Key::Meta => Kind::Meta,
            Key::Step(..) => Kind::Step,
            Key::Attempt(..) => Kind::Attempt,
            Key::Outbox => Kind::Outbox,
            Key::Inbox(_) => Kind::Inbox,
            Key::Invoice(_) => Kind::Invoice,
            Key::Link(..) => Kind::Link,
        }
    }

    /// The key as bytes whose order is the order of the records: first by kind, then within it.
    /// No key is the beginning of another.
    ///
    /// The order within a kind is by id; entries of an account come newest first.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Most keys fit, so that they are made without moving.
        let mut bytes = Vec::with_capacity(48);
        bytes.push(self.kind() as u8);
        match self {
            Key::Job(job) => put_u128(&mut bytes, job.bits()),
            Key::Text(job, part) => {
                put_u128(&mut bytes, job.bits());
                let (tag, attempt) = match part {
                    Part::Brief => (0, 0),
                    Part::Output(attempt) => (1, *attempt),
                    Part::Verdict(attempt) => (2, *attempt),
                };
                bytes.push(tag);
                bytes.extend_from_slice(&attempt.to_be_bytes());
            }
            Key::Event(job, seq) => {
                put_u128(&mut bytes, job.bits());
                put_u64(&mut bytes, *seq);
            }
            Key::Account(account) => put_text(&mut bytes, &account.to_string()),
            Key::Entry(account, number) => {
                put_text(&mut bytes, &account.to_string());
                put_u64(&mut bytes, !*number);
            }
            Key::LooseEntry(commit, place) => {
                put_u128(&mut bytes, commit.bits());
                bytes.extend_from_slice(&place.to_be_bytes());
            }
            Key::Payout(payout) => put_u128(&mut bytes, payout.job().bits()),
            Key::User(user) => put_text(&mut bytes, user.as_str()),
            Key::ApiKey(key) => put_u64(&mut bytes, key.bits()),
            Key::Once(scope, key) => {
                put_text(&mut bytes, &scope.to_string());
                put_text(&mut bytes, key);
            }
            // The kind alone: there is one.
            Key::Meta | Key::Outbox => {}
            Key::Step(payout, seq) => {
                put_u128(&mut bytes, payout.job().bits());
                put_u64(&mut bytes, *seq);
            }
            Key::Attempt(payout, number) => {
                put_u128(&mut bytes, payout.job().bits());
                bytes.extend_from_slice(&number.to_be_bytes());
            }
            Key::Inbox(id) | Key::Invoice(id) => put_text(&mut bytes, id),
            Key::Link(what, id) => {
                put_text(&mut bytes, what.as_str());
                put_text(&mut bytes, id);
            }
        }
        bytes
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Job(job) => write!(f, "job {job}"),
            Key::Text(job, part) => write!(f, "text {job} {part:?}"),
            Key::Event(job, seq) => write!(f, "event {job} {seq}"),
            Key::Account(account) => write!(f, "account {account}"),
            Key::Entry(account, number) => write!(f, "entry {account} {number}"),
            Key::LooseEntry(commit, place) => write!(f, "entry {commit} {place}"),
            Key::Payout(payout) => write!(f, "payout {payout}"),
            Key::User(user) => write!(f, "user {user}"),
            Key::ApiKey(key) => write!(f, "API key {key}"),
            Key::Once(scope, key) => write!(f, "once {scope} {key}"),
            Key::Meta => f.write_str("meta"),
            Key::Step(payout, seq) => write!(f, "step {payout} {seq}"),
            Key::Attempt(payout, number) => write!(f, "attempt {payout} {number}"),
            Key::Outbox => f.write_str("outbox"),
            Key::Inbox(event) => write!(f, "inbox {event}"),
            Key::Invoice(invoice) => write!(f, "invoice {invoice}"),
            Key::Link(what, id) => write!(f, "link {} {id}", what.as_str()),
        }
    }
}

pub(crate) fn put_u128(bytes: &mut Vec<u8>, number: u128) {
    bytes.extend_from_slice(&number.to_be_bytes());
}

pub(crate) fn put_u64(bytes: &mut Vec<u8>, number: u64) {
    bytes.extend_from_slice(&number.to_be_bytes());
}

/// A text with an end, so that no text is the beginning of another. NUL bytes are escaped.
pub(crate) fn put_text(bytes: &mut Vec<u8>, text: &str) {
    for (place, piece) in text.split('\0').enumerate() {
        if place > 0 {
            bytes.extend_from_slice(&[0, 0xff]);
        }
        bytes.extend_from_slice(piece.as_bytes());
    }
    bytes.extend_from_slice(&[0, 0]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_the_beginning_of_another() {
        let user = |id: &str| Account::User(UserId::new(id).unwrap());
        let keys = [
            Key::Account(user("a")),
            Key::Account(user("ab")),
            Key::Entry(user("a"), 1),
            Key::Entry(user("a"), 2),
            Key::Once(Scope::Admin, "k".into()),
            Key::Once(Scope::Admin, "k\0".into()),
            Key::Once(Scope::Admin, "kk".into()),
            Key::Text(JobId::from_bits(1), Part::Output(1)),
            Key::Text(JobId::from_bits(1), Part::Verdict(1)),
            Key::Meta,
            Key::Outbox,
            Key::Inbox("evt_1".into()),
            Key::Inbox("evt_11".into()),
            Key::Link(Linked::Customer, "cus_1".into()),
            Key::Link(Linked::Account, "acct_1".into()),
        ];
        for (i, a) in keys.iter().enumerate() {
            for (j, b) in keys.iter().enumerate() {
                assert!(
                    i == j || !a.to_bytes().starts_with(&b.to_bytes()),
                    "{a} {b}"
                );
            }
        }
    }

    #[test]
    fn entries_come_newest_first() {
        let entry = |n| Key::Entry(Account::User(UserId::new("a").unwrap()), n).to_bytes();
        assert!(entry(2) < entry(1) && entry(300) < entry(299));
    }
}
