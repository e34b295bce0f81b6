//! clawrk's default store: [sled] 0.34.7 in one folder, durable past a power cut.
//!
//! ```
//! use clawrk_store_sled::SledStore;
//!
//! # let folder = std::env::temp_dir().join(format!("clawrk-doc-{}", std::process::id()));
//! let store = SledStore::open(&folder)?;
//! # drop(store);
//! # std::fs::remove_dir_all(&folder).ok();
//! # Ok::<(), clawrk_store_sled::OpenError>(())
//! ```
//!
//! Keys, records, guards and group commit are those of [`clawrk_store_embedded`]. What is here
//! makes sled keep what it was given:
//!
//! - **Durable.** sled's own `flush` ends in `sync_file_range`, which makes neither the length of
//!   the file nor the cache of the drive durable; after a power cut such a database is empty or
//!   unreadable. Every group is therefore followed by a sync of our own on sled's file, and sled's
//!   timer is off. Pages that sled would put into files of their own, which it never syncs, don't
//!   come up: long values are spread.
//! - **Alone.** The file `clawrk.lock` is locked and holds the number of the process, so that the
//!   error of a second one says who has the store.
//! - **Never silently empty.** A damaged sled database may open without an error, empty or older.
//!   The file `clawrk.side` notes after every group how far the store is; a database behind it does
//!   not open.
//! - **Never down with the process.** sled panics on damage. Every call is guarded: a panic while
//!   opening is an error, and later it poisons the store until it is opened again.
//! - **Never waiting for ever.** A write of sled's own threads that fails leaves whoever waits for
//!   it waiting; a watch wakes it.
//!
//! A folder belongs to one process at a time, on a local file system. To copy it, close the store.
//!
//! [sled]: https://docs.rs/sled/0.34.7

mod blobs;
mod engine;
mod open;
mod side;
mod spread;
mod watch;

use std::path::Path;

use async_trait::async_trait;
use clawrk_store_embedded::EmbeddedStore;
use clawrk_store_embedded::clawrk_core::id::JobId;
use clawrk_store_embedded::clawrk_core::record::Record;
use clawrk_store_embedded::clawrk_core::store::{
    Batch, CommitError, Counts, Cursor, Index, Key, Page, PageLimit, Store, StoreError,
};

pub use clawrk_store_embedded::{OpenError, Stats};

/// How a store is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SledOptions {
    /// How many bytes of pages sled keeps in memory. Not a ceiling: sled was seen to use twice as
    /// much, and needs some 170 bytes for each record besides.
    pub cache_bytes: u64,
}

impl SledOptions {
    /// The default of [`SledOptions::cache_bytes`].
    pub const CACHE_BYTES: u64 = 64 << 20;

    /// Sets [`SledOptions::cache_bytes`].
    #[must_use]
    pub fn with_cache_bytes(mut self, bytes: u64) -> SledOptions {
        self.cache_bytes = bytes;
        self
    }
}

impl Default for SledOptions {
    fn default() -> SledOptions {
        SledOptions {
            cache_bytes: SledOptions::CACHE_BYTES,
        }
    }
}

/// A store in a folder.
///
/// Dropping it writes what is queued, and blocks until that is done; [`close`](Store::close) does
/// so without blocking, and says whether it went well.
#[derive(Debug)]
pub struct SledStore(EmbeddedStore<engine::SledEngine>);

impl SledStore {
    /// Whether there is a store in this folder, whatever its state. Nothing is opened or made.
    pub fn exists(path: impl AsRef<Path>) -> bool {
        let files = ["db", side::NAME];
        files.iter().any(|file| path.as_ref().join(file).exists())
    }

    /// Opens the store in this folder, and makes both where there is none.
    ///
    /// Blocks for as long as sled needs: milliseconds, or some seconds for a store of a million
    /// jobs whose last process died.
    ///
    /// # Errors
    /// See [`OpenError`]. Nothing is repaired by itself.
    pub fn open(path: impl AsRef<Path>) -> Result<SledStore, OpenError> {
        SledStore::open_with(path, &SledOptions::default())
    }

    /// Does what [`SledStore::open`] does, with these options.
    ///
    /// # Errors
    /// See [`SledStore::open`].
    pub fn open_with(
        path: impl AsRef<Path>,
        options: &SledOptions,
    ) -> Result<SledStore, OpenError> {
        open::open(path.as_ref(), options).map(SledStore)
    }

    /// What group commit has done since the store was opened.
    pub fn stats(&self) -> Stats {
        self.0.stats()
    }
}

#[async_trait]
impl Store for SledStore {
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        self.0.read(keys).await
    }

    async fn scan(
        &self,
        index: &Index,
        after: Option<&Cursor>,
        limit: PageLimit,
    ) -> Result<Page, StoreError> {
        self.0.scan(index, after, limit).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.0.counts().await
    }

    async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        self.0.commit(batch).await
    }

    async fn restore(&self, records: &[Record]) -> Result<(), CommitError> {
        self.0.restore(records).await
    }

    async fn changed(&self, job: &JobId, seen: u64) {
        self.0.changed(job, seen).await;
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.0.close().await
    }
}
