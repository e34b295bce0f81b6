//! What can go wrong, and what to do about it.

mod code;
mod rejection;

use crate::ids::IdsError;
use crate::model::ModelError;
use crate::payments::PaymentsError;
use crate::store::StoreError;

pub use code::{CODES, Code, CodeInfo, Retry};
pub use rejection::Rejection;

/// Why a call on the engine gave no answer.
///
/// A [`Rejection`] is itself an answer: the exchange works and says no. Everything else is a
/// failure, with its source kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The exchange says no. Nothing was changed.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The store cannot answer. Nothing was changed.
    #[error("{op}: the store cannot answer")]
    Store {
        /// During what.
        op: &'static str,
        /// What the store said.
        #[source]
        source: StoreError,
    },
    /// The store could not tell whether the change was made.
    #[error("{op}: whether it was done is unknown; look before doing it again")]
    OutcomeUnknown {
        /// During what.
        op: &'static str,
        /// What the store said last.
        #[source]
        source: StoreError,
    },
    /// Others changed the same record again and again.
    #[error("{op}: too many others change the same record; try again")]
    Busy {
        /// During what.
        op: &'static str,
    },
    /// A skill or a provider failed. Nothing was changed that lasts.
    #[error("{provider}: {op} failed")]
    Provider {
        /// Who failed, such as the skill's name.
        provider: String,
        /// During what.
        op: &'static str,
        /// What it said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The language model gave no answer that can be used. Nothing was changed.
    #[error("{op}: the language model {model} gave no answer that can be used")]
    Model {
        /// During what.
        op: &'static str,
        /// The model's name.
        model: String,
        /// What it said, or did not.
        #[source]
        source: ModelError,
    },
    /// The payment provider gave no answer that can be used.
    #[error("{op}: the payment provider gave no answer that can be used")]
    Payments {
        /// During what.
        op: &'static str,
        /// What it said.
        #[source]
        source: PaymentsError,
    },
    /// A rule of the exchange itself was broken. Nothing was written.
    #[error("an internal rule was broken: {0}")]
    Internal(String),
    /// No random bytes could be had.
    #[error(transparent)]
    Ids(#[from] IdsError),
}

impl Error {
    /// The stable code, such as `job_not_found`.
    pub fn code(&self) -> Code {
        match self {
            Error::Rejected(rejection) => rejection.code(),
            Error::Store {
                source: StoreError::Corrupt { .. },
                ..
            } => Code::StoreCorrupt,
            Error::Store {
                source: StoreError::Poisoned { .. },
                ..
            } => Code::StorePoisoned,
            Error::Store {
                source: StoreError::Closed,
                ..
            } => Code::Closed,
            Error::Store { .. } => Code::StoreUnavailable,
            Error::OutcomeUnknown { .. } => Code::OutcomeUnknown,
            Error::Busy { .. } => Code::Busy,
            Error::Provider { .. } => Code::SkillFailed,
            Error::Model { .. } => Code::LanguageModelUnavailable,
            Error::Payments { .. } => Code::PaymentsUnavailable,
            Error::Internal(_) | Error::Ids(_) => Code::Internal,
        }
    }

    /// Whether and how the same call may be made again.
    pub fn retry(&self) -> Retry {
        self.code().info().retry
    }

    /// The rejection, if it is one.
    pub fn rejection(&self) -> Option<&Rejection> {
        match self {
            Error::Rejected(rejection) => Some(rejection),
            _ => None,
        }
    }
}
