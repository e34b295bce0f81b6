//! sled as an engine.

use std::fs::File;
use std::io;
use std::sync::{Mutex, PoisonError};

use clawrk_store_embedded::{
    EmbeddedEngine, EngineError, Folder, Head, Op, OpenError, Space, Visit, Write,
};
use sled::{Batch, Db, IVec};

use crate::blobs::Blobs;
use crate::side::SideFile;
use crate::spread;
use crate::watch::Watch;

/// A sled database with what makes it durable.
///
/// Everything is in one tree, under a byte for the space: sled writes a batch to one tree blindly,
/// but to several only in a transaction, which first reads every key that it writes.
pub(crate) struct SledEngine {
    watch: Watch,
    db: Db,
    /// Our own handle of sled's file: sled syncs its own only half.
    file: File,
    blobs: Mutex<Blobs>,
    side: Mutex<SideFile>,
    /// Given back last: then nobody else can have been here before sled was done.
    _folder: Folder,
}

/// The first bytes of keys. They are on disk: never renumbered.
const META: u8 = 0;
const RECORDS: u8 = 1;
const INDEX: u8 = 2;
const PARTS: u8 = 3;

fn place(space: Space) -> u8 {
    match space {
        Space::Meta => META,
        Space::Records => RECORDS,
        Space::Index => INDEX,
    }
}

/// A key of the tree.
fn at(place: u8, key: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 + key.len());
    bytes.push(place);
    bytes.extend_from_slice(key);
    bytes
}

impl SledEngine {
    pub(crate) fn new(
        db: Db,
        file: File,
        side: SideFile,
        folder: Folder,
    ) -> io::Result<SledEngine> {
        Ok(SledEngine {
            watch: Watch::over(db.clone())?,
            db,
            file,
            blobs: Mutex::new(Blobs::new(folder.path())),
            side: Mutex::new(side),
            _folder: folder,
        })
    }

    /// See [`SideFile::check`].
    pub(crate) fn check(&self, found: Option<&Head>) -> Result<(), OpenError> {
        let side = self.side.lock();
        side.unwrap_or_else(PoisonError::into_inner).check(found)
    }

    /// sled's error as ours. What one of sled's own threads met breaks sled for good, and is what
    /// every later call answers, a read as well.
    fn failed(&self, error: sled::Error) -> EngineError {
        match self.db.context.global_error() {
            Err(met) => EngineError::Broken(met.into()),
            Ok(()) => failed(error),
        }
    }

    /// The whole value, where only its number of parts was found.
    fn gather(&self, key: &[u8], value: IVec) -> Result<Vec<u8>, EngineError> {
        let Some(parts) = spread::parts(&value) else {
            return Ok(value.to_vec());
        };
        let mut whole = Vec::with_capacity(usize::from(parts) * spread::PART_BYTES);
        for part in 0..parts {
            let key = at(PARTS, &spread::key(key, part));
            let bytes = self
                .db
                .get(key)
                .map_err(|error| self.failed(error))?
                .ok_or_else(|| {
                    EngineError::Damaged(format!("part {part} of {parts} of a record is missing"))
                })?;
            whole.extend_from_slice(&bytes);
        }
        Ok(whole)
    }

    /// Adds one key with all its parts to a batch.
    fn add(&self, batch: &mut Batch, op: &Op) -> Result<(), EngineError> {
        let key = at(place(op.space), &op.key);
        let old_parts = if op.replaces && op.space == Space::Records {
            let old = self.db.get(&key).map_err(|error| self.failed(error))?;
            old.and_then(|old| spread::parts(&old)).unwrap_or(0)
        } else {
            0
        };
        let mut parts = 0;
        match &op.value {
            None => batch.remove(key),
            Some(value) if spread::fits(value) => batch.insert(key, &**value),
            Some(value) => {
                for chunk in value.chunks(spread::PART_BYTES) {
                    batch.insert(at(PARTS, &spread::key(&op.key, parts)), chunk);
                    parts = parts.checked_add(1).ok_or_else(too_long)?;
                }
                batch.insert(key, &spread::head(parts));
            }
        }
        for part in parts..old_parts {
            batch.remove(at(PARTS, &spread::key(&op.key, part)));
        }
        Ok(())
    }

    fn make_durable(&self, head: &Head) -> io::Result<()> {
        self.file.sync_data()?;
        let blobs = self.blobs.lock();
        blobs.unwrap_or_else(PoisonError::into_inner).sync()?;
        let side = self.side.lock();
        side.unwrap_or_else(PoisonError::into_inner).write(head)
    }
}

impl EmbeddedEngine for SledEngine {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        let value = self
            .db
            .get(at(place(space), key))
            .map_err(|error| self.failed(error))?;
        value.map(|value| self.gather(key, value)).transpose()
    }

    fn scan(
        &self,
        space: Space,
        from: &[u8],
        to: &[u8],
        visit: &mut Visit<'_>,
    ) -> Result<(), EngineError> {
        for row in self.db.range(at(place(space), from)..at(place(space), to)) {
            let (key, value) = row.map_err(|error| self.failed(error))?;
            let key = key.get(1..).unwrap_or_default();
            // One value that is damaged hides none of the others.
            let seen = match self.gather(key, value) {
                Ok(value) => visit(key, Ok(&value)),
                Err(EngineError::Damaged(detail)) => visit(key, Err(detail)),
                Err(error) => return Err(error),
            };
            if seen.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn apply(&self, write: &Write) -> Result<(), EngineError> {
        let mut batch = Batch::default();
        for op in &write.ops {
            self.add(&mut batch, op)?;
        }
        let _writing = self.watch.writing();
        self.db
            .apply_batch(batch)
            .map_err(|error| self.failed(error))
    }

    fn sync(&self, head: &Head) -> Result<(), EngineError> {
        let _writing = self.watch.writing();
        // Hands everything to the system; what makes it durable comes next.
        self.db.flush().map_err(|error| self.failed(error))?;
        self.make_durable(head).map_err(EngineError::failed)
    }

    fn close(self) -> Result<(), EngineError> {
        let side = self.side.into_inner();
        let synced = side.unwrap_or_else(PoisonError::into_inner).sync();
        synced.map_err(EngineError::failed)
    }
}

fn too_long() -> EngineError {
    EngineError::failed("a value has too many parts")
}

/// What sled says by itself, as ours.
pub(crate) fn failed(error: sled::Error) -> EngineError {
    match error {
        sled::Error::Corruption { .. } => EngineError::Damaged(damage(&error)),
        other => EngineError::failed(other),
    }
}

/// What is damaged, in a sentence.
pub(crate) fn damage(error: &sled::Error) -> String {
    match error {
        sled::Error::Corruption { at: Some(at), .. } => {
            let at = at.lid();
            format!("the page at byte {at} of the file db is not what was written")
        }
        sled::Error::Corruption { at: None, .. } => {
            "a part of sled's files is not what was written".to_owned()
        }
        sled::Error::Unsupported(what) => {
            format!("its file conf is not what this release writes ({what})")
        }
        other => format!("sled cannot read its files ({other})"),
    }
}
