//! Why an exchange could not be opened.

use crate::store::StoreError;
use crate::uri::POSSIBLE;
use crate::{Error, Rejection};

/// Why an exchange could not be opened. Each text names the cause and the mend.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The URI has no scheme.
    #[error("a store is named by a URI: {POSSIBLE}")]
    NoScheme,
    /// No store has this scheme.
    #[error("`{scheme}:` is no store that clawrk knows; use {POSSIBLE}")]
    UnknownScheme {
        /// What stands before the colon.
        scheme: String,
    },
    /// A store that is designed and not built yet.
    #[error("`{scheme}:` is not part of this release; use {POSSIBLE}")]
    NotInThisRelease {
        /// What stands before the colon.
        scheme: String,
    },
    /// clawrk was built without this store.
    #[error("`{scheme}:` needs clawrk built with its feature `{feature}`, which is off")]
    FeatureOff {
        /// What stands before the colon.
        scheme: &'static str,
        /// The Cargo feature to turn on.
        feature: &'static str,
    },
    /// `sled:` without a folder.
    #[error("`sled:` needs a folder, such as `sled:./data`")]
    NoPath,
    /// `memory:` with something behind it.
    #[error("`memory:` keeps nothing and takes no path; leave it out")]
    MemoryPath,
    /// The store does not open.
    #[cfg(feature = "sled")]
    #[error(transparent)]
    Store(#[from] clawrk_store_sled::OpenError),
    /// The store is the half of an import that broke off.
    #[error(
        "an import into this store did not finish, so that it holds a part only; remove what is \
         in it and import again"
    )]
    Unfinished,
    /// The store was opened, and cannot be read.
    #[error("the store cannot be read")]
    Unreadable(#[source] StoreError),
    /// There is no tokio runtime to wait with.
    #[error("opening needs a tokio runtime with its timer; without one use `clawrk::blocking`")]
    NoRuntime,
    /// The blocking twin was called from a task.
    #[error(
        "the blocking twin would block an async task; use `clawrk::open` here, or a thread of \
         your own"
    )]
    InsideAsync,
    /// The blocking twin could not start the runtime that it waits with.
    #[error("the runtime of the blocking twin could not start")]
    Runtime(#[source] std::io::Error),
}

impl From<OpenError> for Error {
    /// For callers with one kind of error, such as bindings: what the URI got wrong is an invalid
    /// `uri`, everything else a store that cannot answer.
    fn from(error: OpenError) -> Error {
        let op = "open";
        match error {
            #[cfg(feature = "sled")]
            OpenError::Store(clawrk_store_sled::OpenError::Damaged { detail, .. }) => {
                Error::Store {
                    op,
                    source: StoreError::Corrupt { detail },
                }
            }
            #[cfg(feature = "sled")]
            OpenError::Store(source) => Error::Store {
                op,
                source: StoreError::unavailable(source),
            },
            OpenError::Unreadable(source) => Error::Store { op, source },
            unfinished @ OpenError::Unfinished => Error::Store {
                op,
                source: StoreError::unavailable(unfinished),
            },
            OpenError::Runtime(source) => Error::Store {
                op,
                source: StoreError::unavailable(source),
            },
            wrong => Error::Rejected(Rejection::Invalid {
                field: "uri",
                cause: format!("cannot be opened: {wrong}"),
            }),
        }
    }
}
