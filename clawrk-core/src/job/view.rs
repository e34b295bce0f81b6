//! A job as everybody outside sees it.

use serde::{Deserialize, Serialize};

use crate::id::{JobId, UserId};
use crate::job::{JobRecord, Status, Verification};
use crate::time::Timestamp;

/// A job. Its JSON has exactly these members, always all, in this order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The job's id.
    pub id: JobId,
    /// Where it stands.
    pub status: Status,
    /// The prompt as sent.
    pub prompt: String,
    /// A short title.
    pub title: String,
    /// What has to be done.
    pub intent: String,
    /// The skill that it asks for.
    pub skill: String,
    /// What the output must meet: one criterion a line, as `- …`.
    pub criteria: String,
    /// Who posted it.
    pub sender: UserId,
    /// Who works or worked on it.
    pub receiver: Option<UserId>,
    /// The output of the current attempt.
    pub output: Option<String>,
    /// The latest verdict.
    pub verification: Option<Verification>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What the structurer makes of a prompt, with the prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Brief {
    pub(crate) prompt: String,
    pub(crate) title: String,
    pub(crate) intent: String,
    pub(crate) criteria: String,
}

impl Job {
    /// The job put together from its records.
    pub(crate) fn new(
        record: &JobRecord,
        brief: Brief,
        output: Option<String>,
        verification: Option<Verification>,
    ) -> Job {
        Job {
            id: record.id,
            status: record.state.status(),
            prompt: brief.prompt,
            title: brief.title,
            intent: brief.intent,
            skill: record.skill.clone(),
            criteria: brief.criteria,
            sender: record.sender.clone(),
            receiver: record.state.receiver().cloned(),
            output,
            verification,
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }
}
