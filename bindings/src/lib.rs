//! clawrk for Kotlin and Swift.
//!
//! Thin: [`ClawrkEngine`] is one [`clawrk::host::Host`], every call of it runs as a task on a
//! runtime of the library's own, and no rule of the exchange is here. Foreign-facing types are
//! declared here, so that core stays free of them.

mod engine;
mod error;
mod job;
mod tasks;

pub use engine::ClawrkEngine;
pub use error::{ClawrkError, Retry};

uniffi::setup_scaffolding!("clawrk");

// The records stand here and not in `job`, because UniFFI 0.31 renames (see uniffi.toml) only what
// the root of the crate declares.

/// A job as it was when it was read. Times are RFC 3339 in UTC with three decimals.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Job {
    /// The job's id.
    pub id: String,
    /// `queued`, `accepted`, `in_progress`, `submitted`, `verified`, `rejected`, `cancelled` or
    /// `failed`.
    pub status: String,
    /// The prompt as sent.
    pub prompt: String,
    /// A short title.
    pub title: String,
    /// What has to be done.
    pub intent: String,
    /// The skill that can do it.
    pub skill: String,
    /// What the output must meet, one criterion a line.
    pub criteria: String,
    /// Who posted it.
    pub sender: String,
    /// Who works or worked on it.
    pub receiver: Option<String>,
    /// The output of the current attempt.
    pub output: Option<String>,
    /// The latest verdict.
    pub verification: Option<Verification>,
    /// When it was made.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
}

/// The verdict on an output.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Verification {
    /// Whether the output meets the criteria.
    pub passed: bool,
    /// Why, for a person.
    pub reasoning: String,
    /// Figures behind the verdict: a JSON object.
    pub scores: String,
    /// What judged: `mock`; `gates`, where no model had to be asked; or the model's name.
    pub model: String,
    /// What was said of each criterion; nothing where no model judged.
    pub criteria: Vec<CriterionVerdict>,
    /// The SHA-256 of the model's instructions.
    pub prompt_hash: Option<String>,
    /// The tokens that the model read.
    pub input_tokens: Option<u64>,
    /// The tokens that the model wrote.
    pub output_tokens: Option<u64>,
}

/// The verdict on one criterion.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CriterionVerdict {
    /// The criterion.
    pub criterion: String,
    /// Whether it is met.
    pub passed: bool,
    /// Why, in the judge's words.
    pub reason: String,
    /// The passage of the output that shows it; what is met has one.
    pub quote: Option<String>,
}
