//! The files that sled puts long pages into.
//!
//! Values are spread so that there are none; should a page grow long all the same, by long keys,
//! then its file is synced here, because sled does not.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(crate) struct Blobs {
    folder: PathBuf,
    /// Each file is written once, so it is synced once.
    synced: BTreeSet<OsString>,
}

impl Blobs {
    pub(crate) fn new(store: &Path) -> Blobs {
        Blobs {
            folder: store.join("blobs"),
            synced: BTreeSet::new(),
        }
    }

    /// Makes every file durable that has come since the last call.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        let mut found = BTreeSet::new();
        for file in fs::read_dir(&self.folder)? {
            found.insert(file?.file_name());
        }
        let mut any = false;
        for name in found.difference(&self.synced) {
            match File::open(self.folder.join(name)).and_then(|file| file.sync_all()) {
                // sled removes what it needs no more, at any time.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                result => result?,
            }
            any = true;
        }
        if any && cfg!(not(windows)) {
            File::open(&self.folder)?.sync_all()?;
        }
        self.synced = found;
        Ok(())
    }
}
