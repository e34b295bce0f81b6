//! Why there is no journal.

use std::io;

use crate::journal::Day;
use crate::record::Kind;
use crate::store::{Key, StoreError};

/// There is no journal. What was written so far is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The store is the half of an import.
    #[error("an import into this store did not finish; remove what is in it and import again")]
    Unfinished,
    /// There is no such time.
    #[error("{to}, the last day, comes before {from}, the first one")]
    Backwards {
        /// The first day.
        from: Day,
        /// The last day.
        to: Day,
    },
    /// The currency is none.
    #[error("`{0}` is no currency; write its code in lower case, such as usd")]
    Currency(String),
    /// Somebody wrote to the store meanwhile.
    #[error("the store was written to while its ledger was read; try again while nobody uses it")]
    Changed,
    /// Entries are gone without a trace.
    #[error(
        "the store counts {counted} records of kind {kind:?}, and {found} were found: it is \
         damaged; restore a backup"
    )]
    Lost {
        /// Which kind.
        kind: Kind,
        /// How many the store says there are.
        counted: u64,
        /// How many there are.
        found: u64,
    },
    /// An entry is not one leg of two that cancel each other out.
    #[error("{0} has no other leg: the ledger is damaged; audit the store")]
    Unpaired(Key),
    /// The entries before the first day do not cancel each other out.
    #[error(
        "the entries before {0} do not add up to nothing: the ledger is damaged; audit the store"
    )]
    Unbalanced(Day),
    /// The store cannot answer, or says that it is damaged.
    #[error("the store could not be read")]
    Store(#[source] StoreError),
    /// The journal could not be written.
    #[error("the journal could not be written")]
    Write(#[source] io::Error),
}
