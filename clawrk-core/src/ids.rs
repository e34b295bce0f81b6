//! The one source of randomness.

use std::fmt;

/// A source of random bytes gave none.
#[derive(Debug, thiserror::Error)]
#[error("the source of random bytes failed")]
pub struct IdsError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl IdsError {
    /// Wraps what the source said.
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> IdsError {
        IdsError(source.into())
    }
}

/// Makes the random part of ids and secrets.
///
/// Ids are guessed by nobody and API keys are secrets, so outside tests the bytes must come from a
/// cryptographic source.
pub trait Ids: Send + Sync + fmt::Debug {
    /// Fills `bytes` with random ones.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), IdsError>;
}

/// The operating system's random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place that asks for randomness"
    )]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), IdsError> {
        getrandom::fill(bytes).map_err(|error| IdsError::new(error.to_string()))
    }
}
