//! Why a store does not open.

use std::io;
use std::path::PathBuf;

use clawrk_core::store::StoreError;

use crate::{HeadError, STORE_FORMAT};

/// A store does not open. Nothing was changed, and each text says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The path leads to something else than a folder.
    #[error("{} is not a folder; a store needs one of its own", .0.display())]
    NotAFolder(PathBuf),
    /// The folder or a file in it may not be written.
    #[error(
        "{} may not be written by this user; change its owner or permissions, or choose another \
         folder",
        path.display()
    )]
    ReadOnly {
        /// What was to be written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else has the store open.
    #[error(
        "{} is in use by {}; stop it, or choose another folder",
        path.display(),
        holder(*.process)
    )]
    InUse {
        /// The folder.
        path: PathBuf,
        /// The number of the process, if it is known.
        process: Option<u32>,
    },
    /// The disk is full.
    #[error("there is no space left for {}; free some and open the store again", path.display())]
    Full {
        /// What was to be written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What is on the disk is not what was written. Nothing is repaired by itself.
    #[error("the store is damaged: {detail}; restore a backup, and keep the damaged files")]
    Damaged {
        /// What is wrong, and where.
        detail: String,
    },
    /// A later release wrote the store.
    #[error(
        "the store has format {found}, and this release knows up to {STORE_FORMAT}; open it with \
         the release that wrote it, or a later one"
    )]
    LaterFormat {
        /// The format found.
        found: u8,
    },
    /// A later release has written what this one has no name for.
    #[error(
        "the store holds kinds of record or statuses that this release does not know; open it \
         with the release that wrote it, or a later one"
    )]
    LaterRecords,
    /// The system or the engine failed for another reason.
    #[error("the store cannot be opened")]
    Io(#[source] io::Error),
    /// The engine failed for another reason.
    #[error("the storage engine failed")]
    Engine(#[source] StoreError),
}

fn holder(process: Option<u32>) -> String {
    match process {
        Some(process) if process == std::process::id() => {
            format!("this process, {process}, which has opened it before")
        }
        Some(process) => format!("process {process}"),
        None => "another process".to_owned(),
    }
}

impl OpenError {
    /// The error of a file operation at that path.
    pub fn at(path: impl Into<PathBuf>, source: io::Error) -> OpenError {
        let path = path.into();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                OpenError::ReadOnly { path, source }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                OpenError::Full { path, source }
            }
            io::ErrorKind::NotADirectory => OpenError::NotAFolder(path),
            _ => OpenError::Io(io::Error::new(
                source.kind(),
                format!("{}: {source}", path.display()),
            )),
        }
    }

    /// [`OpenError::Damaged`] with that detail.
    pub fn damaged(detail: impl Into<String>) -> OpenError {
        OpenError::Damaged {
            detail: detail.into(),
        }
    }

    pub(crate) fn from_store(error: StoreError) -> OpenError {
        match error {
            StoreError::Corrupt { detail } | StoreError::Poisoned { cause: detail } => {
                OpenError::Damaged { detail }
            }
            other => OpenError::Engine(other),
        }
    }
}

impl From<HeadError> for OpenError {
    fn from(error: HeadError) -> OpenError {
        match error {
            HeadError::Later(found) => OpenError::LaterFormat { found },
            HeadError::Unknown => OpenError::LaterRecords,
            HeadError::Damaged => OpenError::damaged(error.to_string()),
        }
    }
}
