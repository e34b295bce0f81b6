//! A storage engine of one's own: an append-only log, and its contents in memory.
//!
//! `clawrk-store-embedded` does what is hard about a store. An engine writes a set of keys at
//! once, and makes it durable when asked. Here each set is a frame: length, checksum, MessagePack.
//! The log is never shortened, so this is an engine to learn from and not one to keep.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write as _};
use std::ops::Bound;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use clawrk_core::store::Store;
use clawrk_store_embedded::{
    EmbeddedEngine, EmbeddedStore, EngineError, Folder, Head, Op, OpenError, Space, Visit, Write,
};

/// Opens the store in that folder, and makes both where there is none.
///
/// # Errors
/// Where the folder cannot be used or somebody else uses it, and where the log is damaged.
pub fn open(path: &Path) -> Result<Arc<dyn Store>, OpenError> {
    Ok(Arc::new(EmbeddedStore::open(LogEngine::open(path)?)?))
}

/// What the log says, by space and key.
type Contents = [BTreeMap<Vec<u8>, Vec<u8>>; Space::ALL.len()];

/// A key in its space, and its value from now on, if it has one.
type Change = (u8, Vec<u8>, Option<Vec<u8>>);

struct LogEngine {
    log: File,
    kept: RwLock<Contents>,
    _folder: Folder,
}

impl LogEngine {
    fn open(path: &Path) -> Result<LogEngine, OpenError> {
        let (folder, path) = (Folder::open(path)?, path.join("log"));
        let at = |error| OpenError::at(&path, error);
        let mut options = OpenOptions::new();
        let options = options.read(true).append(true).create(true);
        let (mut log, mut bytes) = (options.open(&path).map_err(at)?, Vec::new());
        log.read_to_end(&mut bytes).map_err(at)?;
        let (contents, good) = replay(&bytes)?;
        // What a crash cut off was acknowledged to nobody, and must not stand before what comes.
        log.set_len(good as u64).map_err(at)?;
        log.sync_all().map_err(at)?;
        folder.sync()?;
        Ok(LogEngine {
            log,
            kept: RwLock::new(contents),
            _folder: folder,
        })
    }
}

/// The contents of a log, and how many bytes of it are whole frames.
fn replay(log: &[u8]) -> Result<(Contents, usize), OpenError> {
    let (mut contents, mut rest) = (Contents::default(), log);
    while let Some((changes, after)) = next_frame(rest) {
        put(&mut contents, changes);
        rest = after;
    }
    // Each frame is on the disk before the next is begun, so only the last can be half there.
    match (is_torn(rest), log.len() - rest.len()) {
        (true, good) => Ok((contents, good)),
        (false, at) => Err(OpenError::damaged(format!(
            "the log cannot be read at byte {at}"
        ))),
    }
}

/// The first frame and what follows it, unless it is cut off or not what was written.
fn next_frame(bytes: &[u8]) -> Option<(Vec<Change>, &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (checksum, rest) = rest.split_first_chunk()?;
    let (frame, after) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let is_whole = crc32fast::hash(frame) == u32::from_le_bytes(*checksum);
    let changes: Vec<Change> = is_whole.then(|| rmp_serde::from_slice(frame).ok())??;
    let is_known = |(space, ..): &Change| usize::from(*space) < Space::ALL.len();
    changes.iter().all(is_known).then_some((changes, after))
}

/// Whether a crash can have left this of a last frame: less than its length says, or a beginning
/// that never reached the disk.
fn is_torn(bytes: &[u8]) -> bool {
    let Some((header, rest)) = bytes.split_first_chunk::<8>() else {
        return true;
    };
    let [a, b, c, d, ..] = *header;
    u32::from_le_bytes([a, b, c, d]) as usize >= rest.len() || *header == [0; 8]
}

fn encode(changes: &[Change]) -> Result<Vec<u8>, EngineError> {
    let frame = rmp_serde::to_vec(changes).map_err(EngineError::failed)?;
    let length = u32::try_from(frame.len()).map_err(EngineError::failed)?;
    let checksum = crc32fast::hash(&frame).to_le_bytes();
    Ok([&length.to_le_bytes(), &checksum, &frame[..]].concat())
}

fn put(contents: &mut Contents, changes: Vec<Change>) {
    for (space, key, value) in changes {
        match value {
            Some(value) => contents[usize::from(space)].insert(key, value),
            None => contents[usize::from(space)].remove(&key),
        };
    }
}

impl EmbeddedEngine for LogEngine {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        let contents = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        Ok(contents[space as usize].get(key).cloned())
    }

    fn scan(
        &self,
        space: Space,
        from: &[u8],
        to: &[u8],
        visit: &mut Visit,
    ) -> Result<(), EngineError> {
        let contents = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let range = (Bound::Included(from), Bound::Excluded(to.max(from)));
        let mut rows = contents[space as usize].range::<[u8], _>(range);
        let _ = rows.try_for_each(|(key, value)| visit(key, Ok(value)));
        Ok(())
    }

    fn apply(&self, write: &Write) -> Result<(), EngineError> {
        let change = |op: Op| (op.space as u8, op.key, op.value);
        let changes: Vec<Change> = write.ops.iter().cloned().map(change).collect();
        let frame = encode(&changes)?;
        (&self.log).write_all(&frame).map_err(EngineError::failed)?;
        let mut contents = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        put(&mut contents, changes);
        Ok(())
    }

    fn sync(&self, _head: &Head) -> Result<(), EngineError> {
        self.log.sync_data().map_err(EngineError::failed)
    }

    fn close(self) -> Result<(), EngineError> {
        Ok(())
    }
}
