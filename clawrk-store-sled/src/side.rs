//! A second opinion of how far the store is, in a file that sled knows nothing about.
//!
//! A damaged sled database may open without an error, empty or older than it was. What is noted
//! here was acknowledged, so a database behind it has lost something.
//!
//! Two slots are written in turn, each a [`Head`] with its checksum, so that a torn write leaves
//! the other one. A write goes to the system with every group, which is enough when the process
//! dies, and to the disk every second and at the end: a note that is older than the database is
//! right as well, only weaker.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clawrk_store_embedded::{Head, HeadError, OpenError, stopwatch};

/// The name of the file.
pub(crate) const NAME: &str = "clawrk.side";
const SLOT_BYTES: usize = 512;
const _: () = assert!(Head::BYTES <= SLOT_BYTES);
const SLOTS: usize = 2;
const SYNC_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct SideFile {
    path: PathBuf,
    file: File,
    noted: Option<Head>,
    next_slot: usize,
    /// None before the first sync, so that the first note goes to the disk at once.
    synced_at: Option<Instant>,
}

impl SideFile {
    /// Opens the file, or makes one.
    pub(crate) fn open(store: &Path) -> Result<SideFile, OpenError> {
        let path = store.join(NAME);
        let at = |error| OpenError::at(&path, error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(at)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(at)?;
        let (noted, next_slot) = read(&bytes, &path)?;
        file.sync_all().map_err(at)?;
        Ok(SideFile {
            path,
            file,
            noted,
            next_slot,
            synced_at: None,
        })
    }

    /// Whether it tells of any commit.
    pub(crate) fn is_of_use(&self) -> bool {
        self.noted.is_some_and(|noted| noted.counts.seq > 0)
    }

    /// Whether a database that is this far may be the one that the notes are about.
    pub(crate) fn check(&self, found: Option<&Head>) -> Result<(), OpenError> {
        let Some(noted) = &self.noted else {
            if found.is_some_and(|head| head.counts.seq > 0) {
                let file = self.path.display();
                tracing::warn!(%file, "was missing: nothing tells if the database is complete");
            }
            return Ok(());
        };
        let seq = noted.counts.seq;
        match found {
            None if seq == 0 => Ok(()),
            None => Err(OpenError::damaged(format!(
                "it is empty, but commit {seq} was acknowledged"
            ))),
            Some(found) if found.counts.seq < seq => Err(OpenError::damaged(format!(
                "it ends with commit {}, but commit {seq} was acknowledged",
                found.counts.seq
            ))),
            Some(found) if found.counts.seq == seq && found != noted => Err(OpenError::damaged(
                format!("at commit {seq} it counts other records than were acknowledged"),
            )),
            Some(_) => Ok(()),
        }
    }

    /// Notes how far the store is.
    pub(crate) fn write(&mut self, head: &Head) -> io::Result<()> {
        let mut slot = head.encode();
        slot.resize(SLOT_BYTES, 0);
        let at = self.next_slot * SLOT_BYTES;
        self.file.seek(SeekFrom::Start(at as u64))?;
        self.file.write_all(&slot)?;
        self.next_slot = (self.next_slot + 1) % SLOTS;
        if self.synced_at.is_none_or(|at| at.elapsed() >= SYNC_EVERY) {
            self.sync()?;
        }
        Ok(())
    }

    /// Makes the notes durable.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        self.synced_at = Some(stopwatch());
        Ok(())
    }
}

/// The latest note, and the slot to write next.
fn read(bytes: &[u8], path: &Path) -> Result<(Option<Head>, usize), OpenError> {
    let mut latest: Option<(Head, usize)> = None;
    let mut damaged = false;
    for (place, slot) in bytes.chunks(SLOT_BYTES).take(SLOTS).enumerate() {
        match Head::decode(slot) {
            Ok(head) if latest.is_none_or(|(latest, _)| head.counts.seq >= latest.counts.seq) => {
                latest = Some((head, place));
            }
            Ok(_) => {}
            Err(HeadError::Damaged) => damaged |= slot.iter().any(|byte| *byte != 0),
            Err(error) => return Err(error.into()),
        }
    }
    match latest {
        Some((head, place)) => Ok((Some(head), (place + 1) % SLOTS)),
        None if damaged => Err(OpenError::damaged(format!(
            "{} holds nothing readable. It tells how far the store was: a copy of the folder \
             without it opens, but nothing tells then whether its latest commits are there",
            path.display()
        ))),
        None => Ok((None, 0)),
    }
}
