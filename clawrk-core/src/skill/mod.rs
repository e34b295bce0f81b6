//! What the exchange can do by itself.

mod closure;
mod model;
mod registry;
mod research;

use std::fmt;

use async_trait::async_trait;

use crate::id::JobId;
use crate::money::Credits;
use crate::time::Timestamp;

pub use closure::FnSkill;
pub use model::SkillModel;
pub use registry::{SkillInfo, Skills};
pub use research::Research;

/// Why a skill gave no output.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SkillError(String);

impl SkillError {
    /// A failure with that text, which the receiver is shown.
    pub fn new(text: impl Into<String>) -> SkillError {
        SkillError(text.into())
    }
}

/// What a skill knows of the job that it runs for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SkillContext {
    /// The job.
    pub job: JobId,
    /// When the run is given up.
    pub deadline: Timestamp,
    /// What the output will be judged by: one criterion a line, as `- …`.
    pub criteria: String,
    /// The exchange's language model; none where it has none.
    pub model: Option<SkillModel>,
}

/// Something that makes output from an intent.
///
/// A run may be repeated, when an earlier one was lost or its output was not needed: it should
/// have no effect besides its output. A panic counts as a failure.
#[async_trait]
pub trait Skill: Send + Sync + fmt::Debug {
    /// Its name: 1 to 64 of `[a-z0-9_-]`.
    fn name(&self) -> &str;

    /// What it does, for a person.
    fn description(&self) -> &str;

    /// What a job that asks for it costs.
    fn credit_cost(&self) -> u32;

    /// Makes the output.
    ///
    /// It is polled where the caller's command is, and its time is only looked at between two
    /// polls: what blocks or computes for long belongs on a thread of its own.
    async fn run(&self, intent: &str, context: &SkillContext) -> Result<String, SkillError>;
}

/// The price of a skill.
pub(crate) fn cost(skill: &dyn Skill) -> Credits {
    Credits::new(i64::from(skill.credit_cost()))
}
