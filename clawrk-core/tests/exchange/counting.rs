//! A store that knows how much was asked of it.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use clawrk_core::id::JobId;
use clawrk_core::record::Record;
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::store::{
    Batch, CommitError, Counts, Cursor, Index, Key, Page, PageLimit, Store, StoreError,
};

/// A memory store that counts the keys that are read and the rows that are listed.
#[derive(Debug, Default)]
pub(crate) struct Counting {
    inner: MemoryStore,
    pub(crate) keys: AtomicUsize,
    pub(crate) rows: AtomicUsize,
}

#[async_trait]
impl Store for Counting {
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        self.keys.fetch_add(keys.len(), Ordering::SeqCst);
        self.inner.read(keys).await
    }

    async fn scan(
        &self,
        index: &Index,
        after: Option<&Cursor>,
        limit: PageLimit,
    ) -> Result<Page, StoreError> {
        let page = self.inner.scan(index, after, limit).await?;
        self.rows.fetch_add(page.rows.len(), Ordering::SeqCst);
        Ok(page)
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.inner.counts().await
    }

    async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        self.inner.commit(batch).await
    }

    async fn restore(&self, records: &[Record]) -> Result<(), CommitError> {
        self.inner.restore(records).await
    }

    async fn changed(&self, job: &JobId, seen: u64) {
        self.inner.changed(job, seen).await;
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.inner.close().await
    }
}
