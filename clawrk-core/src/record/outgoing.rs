//! How a payout is paid: its history, its attempts, and the state of everything that is sent.

use serde::{Deserialize, Serialize};

use crate::id::{CommitId, PayoutId};
use crate::job::Actor;
use crate::payments::Mode;
use crate::time::Timestamp;

/// A step in a payout's history. Never rewritten. A payout at version v has the steps 2 to v; it
/// was made by its job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// The payout.
    pub payout: PayoutId,
    /// The version of the payout that the step led to.
    pub seq: u64,
    /// What happened.
    pub kind: StepKind,
    /// Who did it.
    pub actor: Actor,
    /// What they said of it.
    pub note: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The commit that wrote it.
    pub commit: CommitId,
}

/// What happened to a payout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepKind {
    /// An attempt was begun.
    Begun {
        /// Which, from 1.
        attempt: u32,
    },
}

/// An attempt to pay: written before it is first sent, so that what is sent again is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// The payout.
    pub payout: PayoutId,
    /// Which attempt, from 1. The key that it is sent under is `<payout>:<number>`.
    pub number: u32,
    /// The body that is sent, to the byte.
    pub body: String,
    /// The version of the provider's interface that the body was written for.
    pub api_version: String,
    /// The account whose money is sent.
    pub platform: String,
    /// Whether the money is real.
    pub mode: Mode,
    /// The account that is paid.
    pub destination: String,
    /// When it was first sent.
    pub first_sent_at: Timestamp,
    /// The commit that wrote it first.
    pub commit: CommitId,
}

/// Whether anything is sent at all. There is one such record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxRecord {
    /// When the provider's list of transfers is to be looked at next.
    pub due_at: Option<Timestamp>,
}
