//! What can go wrong with a model.

/// A model gave no answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{failure}: {detail}")]
pub struct ModelError {
    /// What it means.
    pub failure: ModelFailure,
    /// What the provider or the network said, for an operator. Holds no secret, and nothing of
    /// what was asked.
    pub detail: String,
}

impl ModelError {
    /// A failure with that text.
    pub fn new(failure: ModelFailure, detail: impl Into<String>) -> ModelError {
        ModelError {
            failure,
            detail: detail.into(),
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ModelFailure {
    /// No address, no connection, no TLS, or a connection that was cut.
    #[error("the language model cannot be reached")]
    Unreachable,
    /// It took too long.
    #[error("the language model took too long")]
    TimedOut,
    /// Too many requests, or too much to do.
    #[error("the language model is busy")]
    Busy,
    /// The key is missing, wrong, or not good for this.
    #[error("the language model does not accept the key")]
    Unauthorized,
    /// There is no such model, or no such place to ask.
    #[error("there is no such language model")]
    NotFound,
    /// It does not take what it was asked: another form, or too much of it.
    #[error("the language model does not take the request")]
    Refused,
    /// It failed by itself.
    #[error("the language model failed")]
    Failed,
    /// The answer is longer than it may be, and was not read to its end.
    #[error("the answer of the language model is too long")]
    TooLong,
    /// The answer is not in the provider's form, or says nothing that can be used.
    #[error("the answer of the language model cannot be used")]
    Unusable,
}

impl ModelFailure {
    /// The stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            ModelFailure::Unreachable => "unreachable",
            ModelFailure::TimedOut => "timed_out",
            ModelFailure::Busy => "busy",
            ModelFailure::Unauthorized => "unauthorized",
            ModelFailure::NotFound => "not_found",
            ModelFailure::Refused => "refused",
            ModelFailure::Failed => "failed",
            ModelFailure::TooLong => "too_long",
            ModelFailure::Unusable => "unusable",
        }
    }
}
