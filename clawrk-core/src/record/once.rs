//! What happens once only.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{CommitId, UserId};
use crate::job::JobRecord;
use crate::money::Credits;
use crate::record::{OutboxRecord, PayoutRecord};
use crate::time::Timestamp;

/// Within what a key happens once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The requests of a user.
    User(UserId),
    /// The requests of the operator.
    Admin,
    /// The commits of the exchange, under their ids: the proof of a commit that writes nothing
    /// else that stays as it is.
    Commit,
    /// What fills the store: there as long as that goes on.
    Import,
    /// The login codes, each under its hash.
    Login,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::User(user) => write!(f, "user:{user}"),
            Scope::Admin => f.write_str("admin"),
            Scope::Commit => f.write_str("commit"),
            Scope::Import => f.write_str("import"),
            Scope::Login => f.write_str("login"),
        }
    }
}

/// What a remembered request is answered with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The job as it was then. Its texts never change, so this is enough to give it again.
    Job(Box<JobRecord>),
    /// A balance as it was then.
    Credits(Credits),
    /// Whether a user was disabled from then on.
    Disabled(bool),
    /// A payout as it was then.
    Payout(Box<PayoutRecord>),
    /// What is sent, or why nothing is, as it was then.
    Outbox(Box<OutboxRecord>),
    /// How many payouts were changed.
    Payouts(u64),
    /// A link of the payment provider's.
    Url(String),
}

/// How far the request is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnceState {
    /// It is being worked on; taken to be lost after `until`.
    Reserved {
        /// The end of the reservation.
        until: Timestamp,
    },
    /// It had its effect.
    Done(Answer),
    /// It is the proof of a commit, and no request.
    Proof,
    /// It is a login code of that user's, and no request.
    Login(UserId),
}

/// A request that has its effect once, the proof of a commit, or a login code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnceRecord {
    /// Within what the key is unique.
    pub scope: Scope,
    /// The key.
    pub key: String,
    /// A hash of the request, so that another one under the same key is noticed.
    #[serde(with = "super::hex")]
    pub request: [u8; 32],
    /// What the request does to what, such as `accept` and the job's id; empty where it is none.
    pub command: String,
    /// How far it is.
    pub state: OnceState,
    /// When it may be forgotten.
    pub expires_at: Timestamp,
    /// The commit that wrote it first.
    pub commit: CommitId,
}
