//! The files that sled puts long pages into.
//!
//! Values are spread so that there are none; should a page grow long all the same, by long keys,
//! then its file is synced here, because sled does not.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use clawrk_store_embedded::stopwatch;

/// Longer than any file system rounds times. A folder that still has the time of its last change
/// when it is read so much later has not changed unseen.
const ROUNDING: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(crate) struct Blobs {
    folder: PathBuf,
    /// Each file is written once, so it is synced once.
    synced: BTreeSet<OsString>,
    seen: Option<Seen>,
}

/// A state of the folder.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// When it last changed, by its own account.
    changed: SystemTime,
    /// When that was first seen.
    since: Instant,
    /// Whether it was read long enough after it: then only another change brings a file.
    settled: bool,
}

impl Blobs {
    pub(crate) fn new(store: &Path) -> Blobs {
        Blobs {
            folder: store.join("blobs"),
            synced: BTreeSet::new(),
            seen: None,
        }
    }

    /// Makes every file durable that has come since the last call.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.sync_at(stopwatch())
    }

    fn sync_at(&mut self, now: Instant) -> io::Result<()> {
        // Asked before the folder is read: what comes later changes it again.
        let seen = self.look(now);
        if self
            .seen
            .zip(seen)
            .is_some_and(|(old, new)| old.settled && old.changed == new.changed)
        {
            return Ok(());
        }
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
        self.seen = seen;
        Ok(())
    }

    /// The state of the folder; none where the system does not tell it reliably.
    fn look(&self, now: Instant) -> Option<Seen> {
        let changed = fs::metadata(&self.folder).and_then(|folder| folder.modified());
        let changed = changed.ok().filter(|_| cfg!(unix))?;
        let since = match self.seen {
            Some(seen) if seen.changed == changed => seen.since,
            _ => now,
        };
        Some(Seen {
            changed,
            since,
            settled: now.duration_since(since) > ROUNDING,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blobs() -> (tempfile::TempDir, Blobs) {
        let store = tempfile::tempdir().unwrap();
        fs::create_dir(store.path().join("blobs")).unwrap();
        let blobs = Blobs::new(store.path());
        (store, blobs)
    }

    #[test]
    fn a_file_is_found_however_soon_it_follows_another() {
        let (store, mut blobs) = blobs();
        let now = stopwatch();
        for n in 0..50 {
            let name = n.to_string();
            File::create(store.path().join("blobs").join(&name)).unwrap();
            blobs.sync_at(now).unwrap();
            assert!(blobs.synced.contains(&OsString::from(name)), "{n}");
        }
    }

    #[test]
    fn a_file_that_comes_after_a_long_rest_is_found() {
        let (store, mut blobs) = blobs();
        let now = stopwatch();
        blobs.sync_at(now).unwrap();
        blobs.sync_at(now + 2 * ROUNDING).unwrap();
        assert!(blobs.seen.is_some_and(|seen| seen.settled) || !cfg!(unix));
        // The folder tells of the file by its time, which is rounded: until that has moved on, a
        // file might look as if it had been there. In earnest `ROUNDING` passes first.
        let folder = store.path().join("blobs");
        let before = fs::metadata(&folder).unwrap().modified().unwrap();
        while fs::metadata(&folder).unwrap().modified().unwrap() == before {
            File::create(folder.join("late")).unwrap();
            fs::remove_file(folder.join("late")).unwrap();
        }
        File::create(folder.join("late")).unwrap();
        blobs.sync_at(now + 3 * ROUNDING).unwrap();
        assert!(blobs.synced.contains(&OsString::from("late")));
    }
}
