//! The port to whoever reads and writes for the exchange: a language model.
//!
//! Core decides what is asked and what an answer is worth; a model only proposes. It never sets
//! money, parties or policy, and nothing that it says is believed before it was checked.

mod asking;
mod completion;
mod error;
mod frame;
mod metered;
mod request;
mod strict;
#[cfg(test)]
pub(crate) mod tests;

use std::fmt;

use async_trait::async_trait;

pub(crate) use asking::{Answered, Flaw, Limits, ask};
pub use completion::{Completion, StopReason, Usage};
pub use error::{ModelError, ModelFailure};
pub(crate) use frame::{Frame, is_hidden, visible};
pub(crate) use metered::Metered;
pub use request::{Message, Request, Role, Schema};

/// A language model.
///
/// Configured, it structures prompts, writes for the skill `research`, and judges output. Without
/// one, core does that by fixed rules.
///
/// Obligations of an implementation:
/// - The answer is the model's own text, whole: what was cut is [`StopReason::Length`], what it
///   would not do is [`StopReason::Refused`], and nothing is added or mended.
/// - An answer longer than [`Request::answer_bytes_max`] is not read to its end; it is
///   [`ModelFailure::TooLong`].
/// - Every call ends, with an error at last. It may ask again by itself within the time that it
///   was set up with. Core drops calls that take longer than
///   [`model_timeout`](field@crate::policy::Policy::model_timeout), and nothing goes on then.
/// - No secret is in a `Debug` text, an error or a log.
#[async_trait]
pub trait LanguageModel: Send + Sync + fmt::Debug {
    /// Its name, such as `anthropic:claude-sonnet-4-5`; kept with what it has judged.
    fn name(&self) -> &str;

    /// Has it answer.
    async fn complete(&self, request: &Request) -> Result<Completion, ModelError>;
}
