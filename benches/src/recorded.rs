//! What the commands of the exchange write, to the byte.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use clawrk_core::id::JobId;
use clawrk_core::record::Record;
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::store::{
    Batch, Change, CommitError, Counts, Cursor, Index, Key, Page, PageLimit, Store, StoreError,
    plan,
};
use tokio::runtime::Handle;

use crate::exchange::{create, engine, pairs, step};
use crate::straight::Write;
use crate::{COMMANDS, prompt};

/// What a command writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Records written.
    pub records: usize,
    /// Index entries written or removed.
    pub entries: usize,
    /// Bytes of keys and values.
    pub bytes: usize,
}

impl Cost {
    /// Of this write.
    pub fn of(write: &Write) -> Cost {
        let size = |(key, value): &(Vec<u8>, Option<Vec<u8>>)| {
            key.len() + value.as_ref().map_or(0, Vec::len)
        };
        Cost {
            records: write.records.len(),
            entries: write.index.len(),
            bytes: write.records.iter().chain(&write.index).map(size).sum(),
        }
    }
}

/// What each of a job's four commands writes.
pub type Life = [Write; COMMANDS.len()];

/// The lives of so many jobs for each of so many callers, as the exchange would write them.
///
/// # Panics
/// Where the exchange refuses something.
pub fn lives(runtime: &Handle, callers: usize, jobs: usize) -> Vec<Vec<Life>> {
    let store = Arc::new(Recorder::default());
    let engine = engine(Arc::clone(&store) as Arc<dyn Store>, runtime);
    pollster::block_on(async {
        let pairs = pairs(&engine, callers).await;
        // The first job of a store has it keep what money it is about; no other writes that.
        create(&engine, &pairs[0], &prompt(0)).await;
        let mut all = Vec::with_capacity(callers);
        for pair in &pairs {
            let mut lives = Vec::with_capacity(jobs);
            for n in 0..jobs {
                store.take();
                let job = create(&engine, pair, &prompt(n)).await;
                let mut life = [
                    store.take(),
                    Write::default(),
                    Write::default(),
                    Write::default(),
                ];
                for (number, write) in life.iter_mut().enumerate().skip(1) {
                    step(&engine, pair, &job, number).await;
                    *write = store.take();
                }
                lives.push(life);
            }
            all.push(lives);
        }
        all
    })
}

/// A store in memory that keeps what was written last. For one caller at a time.
#[derive(Debug, Default)]
struct Recorder {
    inner: MemoryStore,
    last: Mutex<Write>,
}

impl Recorder {
    fn take(&self) -> Write {
        std::mem::take(&mut *self.last.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The write that the store on sled would make of this change: values carry a checksum, index
    /// entries the length of the record's key.
    fn record(&self, change: &Change) {
        let key = change.key.to_bytes();
        let length = u16::try_from(key.len()).expect("a short key").to_be_bytes();
        let (gone, come) = change.index_changes();
        let value = change.new.as_ref().map(|record| {
            let mut value = record.encode().expect("encodes");
            let sum = crc32fast::hash(&value).to_be_bytes();
            value.extend_from_slice(&sum);
            value
        });
        let mut write = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        write.records.push((key, value));
        write
            .index
            .extend(gone.into_iter().map(|entry| (entry, None)));
        let come = come.into_iter().map(|entry| (entry, Some(length.to_vec())));
        write.index.extend(come);
    }
}

#[async_trait]
impl Store for Recorder {
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        self.inner.read(keys).await
    }

    async fn scan(
        &self,
        index: &Index,
        after: Option<&Cursor>,
        limit: PageLimit,
    ) -> Result<Page, StoreError> {
        self.inner.scan(index, after, limit).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.inner.counts().await
    }

    async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        let get = |key: &Key| {
            let read = pollster::block_on(self.inner.read(std::slice::from_ref(key)));
            read.map(|records| records.into_iter().next().flatten())
        };
        let changes = plan(batch, 1, get)?;
        self.inner.commit(batch).await?;
        changes.iter().for_each(|change| self.record(change));
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_writes_no_more_records_than_the_design_allows() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_time()
            .build()
            .unwrap();
        let lives = lives(runtime.handle(), 2, 2);
        for life in lives.iter().flatten() {
            let records = life.each_ref().map(|write| Cost::of(write).records);
            let limits = [7, 5, 5, 8];
            for (records, limit) in records.into_iter().zip(limits) {
                assert!((2..=limit).contains(&records), "{records}, at most {limit}");
            }
        }
    }
}
