//! The history of a job.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{CommitId, JobId, UserId};
use crate::time::Timestamp;

/// Who made something happen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A user.
    User(UserId),
    /// The operator.
    Admin,
    /// The exchange itself: a deadline passed, or a skill ended.
    System,
}

impl Actor {
    /// The user, if it is one.
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Actor::User(user) => Some(user),
            Actor::Admin | Actor::System => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::User(user) => write!(f, "user:{user}"),
            Actor::Admin => f.write_str("admin"),
            Actor::System => f.write_str("system"),
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventKind {
    /// The job was made.
    Created,
    /// A receiver took it.
    Accepted,
    /// Its skill began to run.
    RunStarted,
    /// The run failed or was lost; the job is the receiver's again.
    RunFailed {
        /// What went wrong.
        cause: String,
    },
    /// Output was handed in.
    Submitted,
    /// The output passed.
    Verified,
    /// The output failed, and the job ended.
    Rejected,
    /// The output failed, and the job is offered again.
    Requeued,
    /// The output failed, and no attempt is left.
    Failed,
    /// The sender took the job back.
    Cancelled,
    /// The receiver gave the job up.
    Released,
    /// The receiver took too long; the job is offered again.
    AcceptExpired,
}

impl EventKind {
    /// The stable text, as in JSON: `run_started`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            EventKind::Created => "created",
            EventKind::Accepted => "accepted",
            EventKind::RunStarted => "run_started",
            EventKind::RunFailed { .. } => "run_failed",
            EventKind::Submitted => "submitted",
            EventKind::Verified => "verified",
            EventKind::Rejected => "rejected",
            EventKind::Requeued => "requeued",
            EventKind::Failed => "failed",
            EventKind::Cancelled => "cancelled",
            EventKind::Released => "released",
            EventKind::AcceptExpired => "accept_expired",
        }
    }

    /// Whether the job ends with it, so that no event follows.
    pub const fn is_final(&self) -> bool {
        matches!(
            self,
            EventKind::Verified | EventKind::Rejected | EventKind::Failed | EventKind::Cancelled
        )
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One step in the history of a job. Never rewritten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The job.
    pub job: JobId,
    /// The step's number, from 1 without gaps: the job's version after it.
    pub seq: u64,
    /// What happened.
    pub kind: EventKind,
    /// Who made it happen.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
    /// The attempt that it belongs to: how often the job had been accepted by then.
    pub attempt: u32,
    /// The commit that wrote it.
    pub commit: CommitId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_the_same_name_as_text_and_in_json() {
        let cause = String::new();
        for kind in [
            EventKind::Created,
            EventKind::Accepted,
            EventKind::RunStarted,
            EventKind::RunFailed { cause },
            EventKind::Submitted,
            EventKind::Verified,
            EventKind::Rejected,
            EventKind::Requeued,
            EventKind::Failed,
            EventKind::Cancelled,
            EventKind::Released,
            EventKind::AcceptExpired,
        ] {
            let json = serde_json::to_value(&kind).unwrap();
            assert_eq!(json["type"], kind.as_str());
        }
    }
}
