//! The reference store: everything in memory, gone when it is dropped.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use event_listener::Event;

use crate::id::JobId;
use crate::record::Record;
use crate::store::{
    Batch, Change, CommitError, Counts, Cursor, Index, Key, Page, PageLimit, Store, StoreError,
    encode_restored, plan, plan_restored,
};

/// A store in memory. Durable for as long as it lives.
#[derive(Debug, Default)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
    changed: Event,
}

#[derive(Debug, Default)]
struct Tables {
    counts: Counts,
    closed: bool,
    records: BTreeMap<Vec<u8>, Record>,
    /// Index entry → key of the record.
    index: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    /// The tables, which no panic leaves half changed: nothing in here panics between two writes.
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn open(&self) -> Result<(), StoreError> {
        if self.closed {
            Err(StoreError::Closed)
        } else {
            Ok(())
        }
    }

    fn get(&self, key: &Key) -> Option<Record> {
        self.records.get(&key.to_bytes()).cloned()
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), CommitError> {
        self.open().map_err(CommitError::Refused)?;
        let changes = plan(batch, self.counts.seq + 1, |key| Ok(self.get(key)))?;
        self.apply(changes);
        Ok(())
    }

    fn restore(&mut self, records: &[Record]) -> Result<(), CommitError> {
        self.open().map_err(CommitError::Refused)?;
        encode_restored(records).map_err(CommitError::Invalid)?;
        let changes = plan_restored(records, |key| Ok(self.get(key)))?;
        self.apply(changes);
        Ok(())
    }

    fn apply(&mut self, changes: Vec<Change>) {
        self.counts.seq += 1;
        for change in changes {
            self.counts.change(&change);
            let (gone, come) = change.index_changes();
            let key = change.key.to_bytes();
            for entry in gone {
                self.index.remove(&entry);
            }
            for entry in come {
                self.index.insert(entry, key.clone());
            }
            match change.new {
                Some(record) => self.records.insert(key, record),
                None => self.records.remove(&key),
            };
        }
    }

    /// The rows of an index behind `after`, each with the cursor behind it.
    fn rows<'a>(
        &'a self,
        index: &Index,
        after: Option<&Cursor>,
    ) -> Box<dyn Iterator<Item = (&'a Vec<u8>, &'a Record)> + 'a> {
        if let Some(prefix) = index.record_prefix() {
            return Box::new(range(&self.records, prefix, after));
        }
        let prefix = index.entry_prefix().unwrap_or_default();
        Box::new(
            range(&self.index, prefix, after)
                .filter_map(|(entry, key)| Some((entry, self.records.get(key)?))),
        )
    }
}

/// What lies under a prefix, behind a cursor.
fn range<'a, V>(
    map: &'a BTreeMap<Vec<u8>, V>,
    prefix: Vec<u8>,
    after: Option<&Cursor>,
) -> impl Iterator<Item = (&'a Vec<u8>, &'a V)> + 'a {
    let start = match after {
        Some(Cursor(at)) if *at >= prefix => Bound::Excluded(at.clone()),
        _ => Bound::Included(prefix.clone()),
    };
    map.range((start, Bound::Unbounded))
        .take_while(move |(key, _)| key.starts_with(&prefix))
}

#[async_trait]
impl Store for MemoryStore {
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        let tables = self.tables();
        tables.open()?;
        Ok(keys.iter().map(|key| tables.get(key)).collect())
    }

    async fn scan(
        &self,
        index: &Index,
        after: Option<&Cursor>,
        limit: PageLimit,
    ) -> Result<Page, StoreError> {
        let tables = self.tables();
        tables.open()?;
        let mut page = Page {
            rows: Vec::new(),
            next: None,
        };
        let (mut last, mut bytes) = (None, 0);
        for (at, record) in tables.rows(index, after) {
            bytes += record.encode().map_or(0, |encoded| encoded.len());
            let full = page.rows.len() >= limit.rows || bytes > limit.bytes;
            if full && !page.rows.is_empty() {
                page.next = last.map(Cursor);
                break;
            }
            page.rows.push(record.clone());
            last = Some(at.clone());
        }
        Ok(page)
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        let tables = self.tables();
        tables.open()?;
        Ok(tables.counts)
    }

    async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        self.tables().commit(batch)?;
        self.changed.notify(usize::MAX);
        Ok(())
    }

    async fn restore(&self, records: &[Record]) -> Result<(), CommitError> {
        self.tables().restore(records)?;
        self.changed.notify(usize::MAX);
        Ok(())
    }

    async fn changed(&self, job: &JobId, seen: u64) {
        loop {
            let listener = self.changed.listen();
            {
                let tables = self.tables();
                let version = tables
                    .get(&Key::Job(*job))
                    .map_or(0, |record| record.version);
                if tables.closed || version > seen {
                    return;
                }
            }
            listener.await;
        }
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.tables().closed = true;
        self.changed.notify(usize::MAX);
        Ok(())
    }
}
