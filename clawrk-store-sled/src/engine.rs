//! sled as an engine.

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use clawrk_store_embedded::{
    EmbeddedEngine, EngineError, Folder, Head, OpenError, Space, Visit, Write,
};
use sled::transaction::{ConflictableTransactionError, TransactionError};
use sled::{Batch, Db, IVec, Transactional, Tree};

use crate::blobs::Blobs;
use crate::side::SideFile;
use crate::spread;

/// The spaces, in their order, then the parts of values that are spread.
const TREES: usize = Space::ALL.len() + 1;
const RECORDS: usize = 1;
const PARTS: usize = TREES - 1;

/// A sled database with what makes it durable.
pub(crate) struct SledEngine {
    /// In one transaction all of them, or none.
    trees: [Tree; TREES],
    db: Db,
    /// Our own handle of sled's file: sled syncs its own only half.
    file: File,
    blobs: Mutex<Blobs>,
    side: Mutex<SideFile>,
    /// Given back last: then nobody else can have been here before sled was done.
    _folder: Folder,
}

impl SledEngine {
    pub(crate) fn new(
        db: Db,
        file: File,
        side: SideFile,
        folder: Folder,
    ) -> Result<SledEngine, sled::Error> {
        let [meta, records, index] = Space::ALL.map(|space| db.open_tree(space.name()));
        Ok(SledEngine {
            trees: [meta?, records?, index?, db.open_tree("parts")?],
            file,
            blobs: Mutex::new(Blobs::new(folder.path())),
            side: Mutex::new(side),
            db,
            _folder: folder,
        })
    }

    /// See [`SideFile::check`].
    pub(crate) fn check(&self, found: Option<&Head>) -> Result<(), OpenError> {
        let side = self.side.lock();
        side.unwrap_or_else(PoisonError::into_inner).check(found)
    }

    fn tree(&self, space: Space) -> &Tree {
        &self.trees[space as usize]
    }

    /// The whole value, where only its number of parts was found.
    fn gather(&self, key: &[u8], value: IVec) -> Result<Option<Vec<u8>>, EngineError> {
        let Some(parts) = spread::parts(&value) else {
            return Ok(Some(value.to_vec()));
        };
        let mut whole = Vec::with_capacity(usize::from(parts) * spread::PART_BYTES);
        for part in 0..parts {
            let bytes = self.trees[PARTS]
                .get(spread::key(key, part))
                .map_err(failed)?;
            let bytes = bytes.ok_or_else(|| {
                EngineError::Damaged(format!("part {part} of {parts} of a record is missing"))
            })?;
            whole.extend_from_slice(&bytes);
        }
        Ok(Some(whole))
    }

    /// The write as one batch for each tree.
    fn batches(&self, write: &Write) -> Result<[Batch; TREES], EngineError> {
        let mut batches: [Batch; TREES] = Default::default();
        for op in &write.ops {
            let tree = op.space as usize;
            let old = if tree == RECORDS && op.replaces {
                self.trees[tree].get(&op.key).map_err(failed)?
            } else {
                None
            };
            let old_parts = old.and_then(|old| spread::parts(&old)).unwrap_or(0);
            let mut parts = 0;
            match &op.value {
                None => batches[tree].remove(&*op.key),
                Some(value) if spread::fits(value) => batches[tree].insert(&*op.key, &**value),
                Some(value) => {
                    for chunk in value.chunks(spread::PART_BYTES) {
                        batches[PARTS].insert(spread::key(&op.key, parts), chunk);
                        parts = parts.checked_add(1).ok_or_else(too_long)?;
                    }
                    batches[tree].insert(&*op.key, &spread::head(parts));
                }
            }
            for part in parts..old_parts {
                batches[PARTS].remove(spread::key(&op.key, part));
            }
        }
        Ok(batches)
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
        match self.tree(space).get(key).map_err(failed)? {
            None => Ok(None),
            Some(value) => self.gather(key, value),
        }
    }

    fn scan(
        &self,
        space: Space,
        from: &[u8],
        to: &[u8],
        visit: &mut Visit<'_>,
    ) -> Result<(), EngineError> {
        for row in self.tree(space).range(from..to) {
            let (key, value) = row.map_err(failed)?;
            let value = self.gather(&key, value)?.unwrap_or_default();
            if let ControlFlow::Break(()) = visit(&key, &value) {
                break;
            }
        }
        Ok(())
    }

    fn apply(&self, write: &Write) -> Result<(), EngineError> {
        let batches = self.batches(write)?;
        // Nothing but writes in here: to read or to flush a tree would wait for this very call.
        let done = self.trees[..].transaction(|trees| {
            for (tree, batch) in trees.iter().zip(&batches) {
                tree.apply_batch(batch)?;
            }
            Ok::<_, ConflictableTransactionError<()>>(())
        });
        match done {
            Ok(()) => Ok(()),
            Err(TransactionError::Storage(error)) => Err(failed(error)),
            Err(TransactionError::Abort(())) => Err(EngineError::failed("aborted by nobody")),
        }
    }

    fn sync(&self, head: &Head) -> Result<(), EngineError> {
        // Hands everything to the system; what makes it durable comes next.
        self.db.flush().map_err(failed)?;
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

/// sled's error as ours.
pub(crate) fn failed(error: sled::Error) -> EngineError {
    match error {
        sled::Error::Corruption { .. } => EngineError::Damaged(error.to_string()),
        other => EngineError::failed(other),
    }
}
