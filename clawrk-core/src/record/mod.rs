//! What is stored, and how it looks on disk.
//!
//! A store keeps [`Record`]s under [`Key`]s. Core makes all of them but two:
//! accounts and ledger entries are written by the store itself, from postings.

mod buying;
mod codec;
mod connected;
pub(crate) mod hex;
mod ledger;
mod meta;
mod once;
mod outgoing;
mod payout;
mod text;
mod user;

use serde::{Deserialize, Serialize};

use crate::job::{Event, JobRecord};
use crate::store::Key;

pub use buying::{Grant, InboxRecord, InvoiceOutcome, InvoiceRecord, LinkRecord, Linked};
pub use codec::{DecodeError, EncodeError, FORMAT, HEADER_BYTES};
pub use connected::{AccountLook, AccountStatus, BankNews, ConnectedRecord, EarlierAccount};
pub use ledger::{AccountRecord, EntryRecord};
pub use meta::MetaRecord;
pub use once::{Answer, OnceRecord, OnceState, Scope};
pub use outgoing::{
    Alarm, AttemptEnd, AttemptRecord, OutboxRecord, Pause, Resumed, StepKind, StepRecord, Stop,
};
pub use payout::{Absence, Look, PayoutRecord, PayoutStatus, Platform, Wait};
pub use text::{Text, TextRecord};
pub use user::{ApiKeyRecord, OpenCode, UserRecord};

/// A stored record.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Grows with every write of this key, from 1. The engine sets it, but for accounts, where the
    /// store does.
    pub version: u64,
    /// The number of the commit that first wrote this key. The store sets it.
    pub seq: u64,
    /// What it says.
    pub body: Body,
}

/// What a record says, by kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A job without its texts.
    Job(JobRecord),
    /// A text of a job.
    Text(TextRecord),
    /// A step in a job's history.
    Event(Event),
    /// The balance of an account. Written by the store.
    Account(AccountRecord),
    /// An entry of the ledger. Written by the store.
    Entry(EntryRecord),
    /// A payout.
    Payout(PayoutRecord),
    /// A user.
    User(UserRecord),
    /// An API key, without its secret.
    ApiKey(ApiKeyRecord),
    /// What happens once only: an idempotent request, or the proof of a commit.
    Once(OnceRecord),
    /// What the exchange knows of itself.
    Meta(MetaRecord),
    /// A step in a payout's history.
    Step(StepRecord),
    /// An attempt to pay.
    Attempt(AttemptRecord),
    /// Whether anything is paid out at all.
    Outbox(OutboxRecord),
    /// A webhook that was received.
    Inbox(InboxRecord),
    /// An invoice that was paid.
    Invoice(InvoiceRecord),
    /// What a provider's id belongs to.
    Link(LinkRecord),
}

/// The kinds of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Kind {
    /// See [`Body::Job`].
    Job = 1,
    /// See [`Body::Text`].
    Text = 2,
    /// See [`Body::Event`].
    Event = 3,
    /// See [`Body::Account`].
    Account = 4,
    /// See [`Body::Entry`]: an entry of an account that has a balance, under its number.
    Entry = 5,
    /// See [`Body::Entry`]: an entry of any other account, under its commit.
    LooseEntry = 6,
    /// See [`Body::Payout`].
    Payout = 7,
    /// See [`Body::User`].
    User = 8,
    /// See [`Body::ApiKey`].
    ApiKey = 9,
    /// See [`Body::Once`].
    Once = 10,
    /// See [`Body::Meta`].
    Meta = 11,
    /// See [`Body::Step`].
    Step = 12,
    /// See [`Body::Attempt`].
    Attempt = 13,
    /// See [`Body::Outbox`].
    Outbox = 14,
    /// See [`Body::Inbox`].
    Inbox = 15,
    /// See [`Body::Invoice`].
    Invoice = 16,
    /// See [`Body::Link`].
    Link = 17,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 17] = [
        Kind::Job,
        Kind::Text,
        Kind::Event,
        Kind::Account,
        Kind::Entry,
        Kind::LooseEntry,
        Kind::Payout,
        Kind::User,
        Kind::ApiKey,
        Kind::Once,
        Kind::Meta,
        Kind::Step,
        Kind::Attempt,
        Kind::Outbox,
        Kind::Inbox,
        Kind::Invoice,
        Kind::Link,
    ];

    /// The stable text, such as `loose_entry`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Job => "job",
            Kind::Text => "text",
            Kind::Event => "event",
            Kind::Account => "account",
            Kind::Entry => "entry",
            Kind::LooseEntry => "loose_entry",
            Kind::Payout => "payout",
            Kind::User => "user",
            Kind::ApiKey => "api_key",
            Kind::Once => "once",
            Kind::Meta => "meta",
            Kind::Step => "step",
            Kind::Attempt => "attempt",
            Kind::Outbox => "outbox",
            Kind::Inbox => "inbox",
            Kind::Invoice => "invoice",
            Kind::Link => "link",
        }
    }

    /// The kind with this number.
    pub fn from_byte(byte: u8) -> Option<Kind> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }
}

impl Record {
    /// A record to be put, with the version that it will have.
    pub fn new(version: u64, body: Body) -> Record {
        Record {
            version,
            seq: 0,
            body,
        }
    }

    /// The key that it is stored under.
    pub fn key(&self) -> Key {
        match &self.body {
            Body::Job(job) => Key::Job(job.id),
            Body::Text(text) => text.key(),
            Body::Event(event) => Key::Event(event.job, event.seq),
            Body::Account(account) => Key::Account(account.account.clone()),
            Body::Entry(entry) => entry.key(),
            Body::Payout(payout) => Key::Payout(payout.id),
            Body::User(user) => Key::User(user.id.clone()),
            Body::ApiKey(key) => Key::ApiKey(key.id),
            Body::Once(once) => Key::Once(once.scope.clone(), once.key.clone()),
            Body::Meta(_) => Key::Meta,
            Body::Step(step) => Key::Step(step.payout, step.seq),
            Body::Attempt(attempt) => Key::Attempt(attempt.payout, attempt.number),
            Body::Outbox(_) => Key::Outbox,
            Body::Inbox(inbox) => Key::Inbox(inbox.event.clone()),
            Body::Invoice(record) => Key::Invoice(record.invoice.id.clone()),
            Body::Link(link) => Key::Link(link.what, link.id.clone()),
        }
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        match &self.body {
            Body::Job(_) => Kind::Job,
            Body::Text(_) => Kind::Text,
            Body::Event(_) => Kind::Event,
            Body::Account(_) => Kind::Account,
            Body::Entry(entry) if entry.number.is_some() => Kind::Entry,
            Body::Entry(_) => Kind::LooseEntry,
            Body::Payout(_) => Kind::Payout,
            Body::User(_) => Kind::User,
            Body::ApiKey(_) => Kind::ApiKey,
            Body::Once(_) => Kind::Once,
            Body::Meta(_) => Kind::Meta,
            Body::Step(_) => Kind::Step,
            Body::Attempt(_) => Kind::Attempt,
            Body::Outbox(_) => Kind::Outbox,
            Body::Inbox(_) => Kind::Inbox,
            Body::Invoice(_) => Kind::Invoice,
            Body::Link(_) => Kind::Link,
        }
    }
}
