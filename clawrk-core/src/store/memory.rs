//! The reference store: everything in memory, gone when it is dropped.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use event_listener::Event;

use crate::id::JobId;
use crate::record::Record;
use crate::store::{
    Batch, Change, CommitError, Counts, Cursor, Damaged, Index, Key, Page, PageLimit, Store,
    StoreError, encode_restored, plan, plan_restored,
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

/// The record of a row, or its key where there is no such record.
type Row<'a> = Result<&'a Record, &'a Vec<u8>>;

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
    ) -> Box<dyn Iterator<Item = (&'a Vec<u8>, Row<'a>)> + 'a> {
        if let Some(prefix) = index.record_prefix() {
            let records = range(&self.records, prefix, after);
            return Box::new(records.map(|(key, record)| (key, Ok(record))));
        }
        let prefix = index.entry_prefix().unwrap_or_default();
        let entries = range(&self.index, prefix, after);
        Box::new(entries.map(|(entry, key)| (entry, self.records.get(key).ok_or(key))))
    }

    fn page(&self, index: &Index, after: Option<&Cursor>, limit: PageLimit) -> Page {
        let mut page = Page {
            rows: Vec::new(),
            damaged: Vec::new(),
            next: None,
        };
        let (mut last, mut shown, mut bytes) = (None, 0, 0);
        for (at, row) in self.rows(index, after) {
            let encoded = row.ok().and_then(|record| record.encode().ok());
            bytes += encoded.map_or(0, |encoded| encoded.len());
            let full = shown >= limit.rows || bytes > limit.bytes;
            if full && shown > 0 {
                page.next = last.map(Cursor);
                break;
            }
            match row {
                Ok(record) => page.rows.push(record.clone()),
                Err(key) => page.damaged.push(no_record(at, key)),
            }
            shown += 1;
            last = Some(at.clone());
        }
        page
    }
}

fn no_record(place: &[u8], key: &[u8]) -> Damaged {
    let key = Key::from_bytes(key);
    let name = key.as_ref().map_or("a record".to_owned(), Key::to_string);
    Damaged {
        place: Cursor(place.to_owned()),
        key,
        detail: format!("{name}: an index lists it, and it is gone"),
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
        Ok(tables.page(index, after, limit))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{CommitId, KeyId, UserId};
    use crate::record::{ApiKeyRecord, Body};
    use crate::time::Timestamp;

    #[test]
    fn an_entry_without_its_record_is_named_among_the_others() {
        let store = MemoryStore::new();
        let user = UserId::new("ann").unwrap();
        let mut batch = Batch::new(CommitId::from_bits(1));
        for n in 1..=5 {
            let key = ApiKeyRecord {
                id: KeyId::from_bits(n),
                user: user.clone(),
                name: None,
                hash: [0; 32],
                created_at: Timestamp::from_millis(1),
                last_used_at: None,
                commit: batch.id,
            };
            batch.puts.push(Record::new(1, Body::ApiKey(key)));
        }
        let key = |n| Key::ApiKey(KeyId::from_bits(n));
        pollster::block_on(async {
            store.commit(&batch).await.unwrap();
            for n in [1, 4] {
                store.tables().records.remove(&key(n).to_bytes());
            }
            let (index, mut after) = (Index::KeysOf(user), None);
            let (mut rows, mut damaged) = (Vec::new(), Vec::new());
            loop {
                let limit = PageLimit::rows(1);
                let page = store.scan(&index, after.as_ref(), limit).await.unwrap();
                assert_eq!(page.rows.len() + page.damaged.len(), 1);
                rows.extend(page.rows.iter().map(Record::key));
                damaged.extend(page.damaged.into_iter().map(|damaged| damaged.key));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(rows, [2, 3, 5].map(key));
            assert_eq!(damaged, [1, 4].map(key).map(Some));
        });
    }
}
