//! The folder of a store, held by one process at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::OpenError;

/// The name of the lock file.
const LOCK: &str = "clawrk.lock";

/// A folder that nobody else opens as long as this lives.
///
/// The lock goes with the process, however it ends; the file stays.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder where there is none, and locks it.
    ///
    /// # Errors
    /// [`OpenError::NotAFolder`], [`OpenError::ReadOnly`], [`OpenError::Full`], or
    /// [`OpenError::InUse`] with the number of the process that holds it.
    pub fn open(path: &Path) -> Result<Folder, OpenError> {
        let exists = path
            .try_exists()
            .map_err(|error| OpenError::at(path, error))?;
        if exists && !path.is_dir() {
            return Err(OpenError::NotAFolder(path.to_owned()));
        }
        if !exists {
            make(path).map_err(|error| OpenError::at(path, error))?;
            if let Some(parent) = path
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty())
            {
                sync_folder(parent)?;
            }
        }
        let lock = lock(path)?;
        Ok(Folder {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the names in the folder durable. A file's own sync does not.
    ///
    /// # Errors
    /// As [`Folder::open`].
    pub fn sync(&self) -> Result<(), OpenError> {
        sync_folder(&self.path)
    }
}

/// Makes a folder that its owner alone can look into: it holds what people wrote to each other.
fn make(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(windows)]
fn sync_folder(_: &Path) -> Result<(), OpenError> {
    // There a folder cannot be opened as a file, and names are journalled with the files.
    Ok(())
}

#[cfg(not(windows))]
fn sync_folder(path: &Path) -> Result<(), OpenError> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| OpenError::at(path, error))
}

fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join(LOCK);
    let at = |error| OpenError::at(&path, error);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(at)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Whoever holds it may be about to write it; then it is not known.
            let _ = file.read_to_string(&mut holder);
            return Err(OpenError::InUse {
                path: folder.to_owned(),
                process: holder.trim().parse().ok(),
            });
        }
        Err(TryLockError::Error(error)) => return Err(at(error)),
    }
    file.set_len(0).map_err(at)?;
    file.rewind().map_err(at)?;
    writeln!(file, "{}", std::process::id()).map_err(at)?;
    Ok(file)
}
