//! Why a store does not open.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use clawrk_core::store::StoreError;

use crate::shared::CallError;
use crate::{EngineError, HeadError, STORE_FORMAT};

/// A store does not open. Each text says what to do.
///
/// Nothing that the store holds was changed, but for one thing: an engine may read a damaged file
/// only by cutting off what it takes for torn. Whoever wants to look at the damage, or try again,
/// copies the folder first.
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
    #[error("{}", damaged(.path.as_deref(), .detail))]
    Damaged {
        /// The folder, of an engine that has one.
        path: Option<PathBuf>,
        /// What is wrong, and where.
        detail: String,
        /// What the engine said.
        source: Option<Box<dyn Error + Send + Sync>>,
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

fn damaged(path: Option<&Path>, detail: &str) -> String {
    let place = path.map_or(String::new(), |path| format!(" in {}", path.display()));
    format!(
        "the store{place} is damaged: {detail}. Nothing repairs it. Copy the folder before \
         anything else, as every try to open it may cost more of it; then restore a backup, or \
         import an export into an empty folder"
    )
}

/// Whether a variant of its own is there for it.
fn is_named(error: &io::Error) -> bool {
    let named = OpenError::at("", io::Error::from(error.kind()));
    !matches!(named, OpenError::Io(_))
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
            path: None,
            detail: detail.into(),
            source: None,
        }
    }

    /// The same, with the folder that it is about where that is not known yet.
    #[must_use]
    pub fn in_folder(self, folder: &Path) -> OpenError {
        match self {
            OpenError::Damaged { detail, source, .. } => OpenError::Damaged {
                path: Some(folder.to_owned()),
                detail,
                source,
            },
            // Those that came by `at` name their path, and are of a kind that has no name here.
            OpenError::Io(error) if is_named(&error) => OpenError::at(folder, error),
            other => other,
        }
    }

    /// [`OpenError::Damaged`] with that detail, because of what the engine said.
    pub fn damaged_by(
        detail: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> OpenError {
        OpenError::Damaged {
            path: None,
            detail: detail.into(),
            source: Some(source.into()),
        }
    }

    /// The error of an engine that was asked for the first time. One that panics on what it reads
    /// has read damage.
    pub(crate) fn from_call(error: CallError) -> OpenError {
        match error {
            CallError::Closed => OpenError::Engine(StoreError::Closed),
            CallError::Engine(EngineError::Damaged(detail)) => OpenError::damaged(detail),
            CallError::Engine(EngineError::Panicked(panic)) => {
                let detail = "the storage engine gave up on what it read";
                OpenError::damaged_by(detail, panic)
            }
            CallError::Engine(EngineError::Broken(error)) => OpenError::Io(error),
            CallError::Engine(EngineError::Failed(source)) => {
                OpenError::Engine(StoreError::unavailable(source))
            }
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
