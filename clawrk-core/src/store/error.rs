//! How a store says no.

use std::sync::Arc;

use crate::ledger::Account;
use crate::store::{InvalidBatch, Key};

/// A store cannot answer.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The engine failed for now.
    #[error("the store is unavailable")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// What is stored is not what was written. Nothing is repaired by itself.
    #[error("the store is damaged: {detail}")]
    Corrupt {
        /// What is wrong, and where.
        detail: String,
    },
    /// An earlier write failed half-way, so what is on the disk is unknown until the store is
    /// opened again.
    #[error("an earlier write failed; open the store again: {cause}")]
    Poisoned {
        /// What failed.
        cause: String,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// [`StoreError::Unavailable`] with that source.
    pub fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
        StoreError::Unavailable(Arc::from(source.into()))
    }

    /// [`StoreError::Corrupt`] with that detail.
    pub fn corrupt(detail: impl Into<String>) -> StoreError {
        StoreError::Corrupt {
            detail: detail.into(),
        }
    }
}

/// Why a batch was not written, or may not have been.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// A guard did not hold. Nothing was written.
    #[error("the record {0} is not what the batch relied on")]
    Conflict(Key),
    /// A posting would take the account below its floor. Nothing was written.
    #[error("the account {account} is short")]
    Short {
        /// The account.
        account: Account,
    },
    /// A posting would overflow the balance of the account. Nothing was written.
    #[error("the balance of {account} would overflow")]
    Overflow {
        /// The account.
        account: Account,
    },
    /// It may have been written or not.
    #[error("whether the batch was written is unknown")]
    Ambiguous(#[source] StoreError),
    /// Nothing was written.
    #[error("the store refused the batch")]
    Refused(#[source] StoreError),
    /// The batch is malformed; nothing was written. An error in the code that made it.
    #[error("the batch is malformed")]
    Invalid(#[source] InvalidBatch),
}
