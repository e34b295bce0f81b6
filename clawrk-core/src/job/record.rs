//! A job as it is stored, without its texts.

use serde::{Deserialize, Serialize};

use crate::id::{JobId, UserId};
use crate::job::{State, Terms};
use crate::time::Timestamp;

/// The part of a job that its transitions rewrite. Prompt, output and verdict are records of their
/// own, written once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRecord {
    /// The job's id.
    pub id: JobId,
    /// Who posted it.
    pub sender: UserId,
    /// The skill that it asks for.
    pub skill: String,
    /// What was agreed.
    pub terms: Terms,
    /// Where it stands.
    pub state: State,
    /// How often it was accepted; numbers outputs and verdicts.
    pub attempt: u32,
    /// How many outputs were rejected.
    pub rejections: u32,
    /// The attempt whose verdict is the job's latest.
    pub judged_attempt: Option<u32>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed; never before `created_at`.
    pub updated_at: Timestamp,
}
