//! What a model answers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An answer of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// What it wrote: JSON, if it did as it was asked. Text and not a value, so that core can tell
    /// what no reader of JSON would, such as a key that is there twice.
    pub text: String,
    /// Which model answered: the provider, a colon, and what the provider calls it.
    pub model: String,
    /// Why it ended.
    pub stop: StopReason,
    /// What it took.
    pub usage: Usage,
}

/// Why an answer ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StopReason {
    /// It was complete.
    End,
    /// It was as long as it may be, and was cut there.
    Length,
    /// The model would not, or the provider would not let it.
    Refused,
    /// Something else, in the provider's word.
    Other(String),
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StopReason::End => "end",
            StopReason::Length => "length",
            StopReason::Refused => "refused",
            StopReason::Other(word) => word,
        })
    }
}

/// What an answer took, as far as the provider says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
}

impl Usage {
    /// Both together.
    #[must_use]
    pub const fn and(self, more: Usage) -> Usage {
        Usage {
            input_tokens: self.input_tokens.saturating_add(more.input_tokens),
            output_tokens: self.output_tokens.saturating_add(more.output_tokens),
        }
    }
}
