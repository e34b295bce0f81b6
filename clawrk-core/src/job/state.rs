//! What is true of a job in each status.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{CommitId, UserId};
use crate::time::Timestamp;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Waits for a receiver.
    Queued,
    /// A receiver works on it.
    Accepted,
    /// Its skill runs.
    InProgress,
    /// Output waits for a verdict.
    Submitted,
    /// The output passed. The end.
    Verified,
    /// The output failed. The end.
    Rejected,
    /// The sender took it back. The end.
    Cancelled,
    /// Every attempt that its terms allow was rejected. The end.
    Failed,
}

impl Status {
    /// Every status, in the order of a job's life.
    pub const ALL: [Status; 8] = [
        Status::Queued,
        Status::Accepted,
        Status::InProgress,
        Status::Submitted,
        Status::Verified,
        Status::Rejected,
        Status::Cancelled,
        Status::Failed,
    ];

    /// The text that the API uses, such as `in_progress`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Queued => "queued",
            Status::Accepted => "accepted",
            Status::InProgress => "in_progress",
            Status::Submitted => "submitted",
            Status::Verified => "verified",
            Status::Rejected => "rejected",
            Status::Cancelled => "cancelled",
            Status::Failed => "failed",
        }
    }

    /// Whether nothing can happen to the job any more.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Status::Verified | Status::Rejected | Status::Cancelled | Status::Failed
        )
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a status of a job")]
pub struct InvalidStatus;

impl FromStr for Status {
    type Err = InvalidStatus;

    fn from_str(text: &str) -> Result<Self, InvalidStatus> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or(InvalidStatus)
    }
}

/// One run of a job's skill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The commit that began it. Only the run with this id may finish it.
    pub id: CommitId,
    /// When it counts as lost, and the job goes back to its receiver.
    pub until: Timestamp,
}

/// A job's status with exactly what is true in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// See [`Status::Queued`].
    Queued,
    /// See [`Status::Accepted`].
    Accepted {
        /// Who works on it.
        receiver: UserId,
        /// When it returns to the queue.
        accept_due: Option<Timestamp>,
    },
    /// See [`Status::InProgress`].
    InProgress {
        /// Who works on it.
        receiver: UserId,
        /// When it would return to the queue, were it still accepted.
        accept_due: Option<Timestamp>,
        /// The run of its skill.
        run: Run,
    },
    /// See [`Status::Submitted`].
    Submitted {
        /// Who handed the output in.
        receiver: UserId,
        /// When the system verifies it in the sender's place.
        review_due: Option<Timestamp>,
    },
    /// See [`Status::Verified`].
    Verified {
        /// Who made the output.
        receiver: UserId,
    },
    /// See [`Status::Rejected`].
    Rejected {
        /// Who made the output.
        receiver: UserId,
    },
    /// See [`Status::Cancelled`].
    Cancelled,
    /// See [`Status::Failed`].
    Failed {
        /// Who made the last output.
        receiver: UserId,
    },
}

impl State {
    /// The bare status.
    pub fn status(&self) -> Status {
        match self {
            State::Queued => Status::Queued,
            State::Accepted { .. } => Status::Accepted,
            State::InProgress { .. } => Status::InProgress,
            State::Submitted { .. } => Status::Submitted,
            State::Verified { .. } => Status::Verified,
            State::Rejected { .. } => Status::Rejected,
            State::Cancelled => Status::Cancelled,
            State::Failed { .. } => Status::Failed,
        }
    }

    /// Who works or worked on the job.
    pub fn receiver(&self) -> Option<&UserId> {
        match self {
            State::Queued | State::Cancelled => None,
            State::Accepted { receiver, .. }
            | State::InProgress { receiver, .. }
            | State::Submitted { receiver, .. }
            | State::Verified { receiver }
            | State::Rejected { receiver }
            | State::Failed { receiver } => Some(receiver),
        }
    }

    /// When something happens to the job by itself.
    pub fn due_at(&self) -> Option<Timestamp> {
        match self {
            State::Accepted { accept_due, .. } => *accept_due,
            State::InProgress { run, .. } => Some(run.until),
            State::Submitted { review_due, .. } => *review_due,
            _ => None,
        }
    }

    /// Whether the current attempt has output.
    pub fn has_output(&self) -> bool {
        matches!(
            self,
            State::Submitted { .. }
                | State::Verified { .. }
                | State::Rejected { .. }
                | State::Failed { .. }
        )
    }
}
