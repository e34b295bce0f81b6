//! What can go wrong when waiting for an answer.

use crate::Rejection;

/// Why a call on the blocking twin gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It was called on a thread that belongs to a tokio runtime. Nothing was done.
    #[error(
        "the blocking twin would block an async task; use `clawrk::Engine` here, or a thread of \
         your own"
    )]
    InsideAsync,
    /// What the engine answered.
    #[error(transparent)]
    Engine(#[from] crate::Error),
}

impl Error {
    /// The rejection, if it is one.
    pub fn rejection(&self) -> Option<&Rejection> {
        match self {
            Error::Engine(error) => error.rejection(),
            Error::InsideAsync => None,
        }
    }
}
