//! A copy of a store in which records and index entries can be damaged at will.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use clawrk_core::id::JobId;
use clawrk_core::record::{Kind, Record};
use clawrk_core::store::{
    Batch, CommitError, Counts, Cursor, Index, Key, Page, PageLimit, Store, StoreError,
    index_entries,
};

/// What was copied, open to damage. It takes no commits.
#[derive(Debug, Default)]
pub(crate) struct Tampered {
    pub(crate) records: BTreeMap<Vec<u8>, Record>,
    pub(crate) index: BTreeMap<Vec<u8>, Vec<u8>>,
    /// What is counted whatever is damaged; none counts what is there.
    pub(crate) counts: Option<Counts>,
    /// Where set, there was one more commit at each look at the counts.
    pub(crate) commits: Option<AtomicU64>,
}

impl Tampered {
    pub(crate) async fn copy(store: &dyn Store) -> Tampered {
        let mut copy = Tampered::default();
        for kind in Kind::ALL {
            let (index, mut after) = (Index::All(kind), None);
            loop {
                let limit = PageLimit::rows(100);
                let page = store.scan(&index, after.as_ref(), limit).await.unwrap();
                page.rows.into_iter().for_each(|record| copy.put(record));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        copy
    }

    /// Writes the record, with its index entries where it is new.
    pub(crate) fn put(&mut self, record: Record) {
        let key = record.key().to_bytes();
        self.remove(&record.key());
        for entry in index_entries(&record) {
            self.index.insert(entry, key.clone());
        }
        self.records.insert(key, record);
    }

    /// Removes the record with its index entries.
    pub(crate) fn remove(&mut self, key: &Key) {
        let key = key.to_bytes();
        if let Some(record) = self.records.remove(&key) {
            for entry in index_entries(&record) {
                self.index.remove(&entry);
            }
        }
    }

    /// All records of a kind.
    pub(crate) fn all(&self, kind: Kind) -> Vec<Record> {
        let records = self.records.values();
        records.filter(|r| r.kind() == kind).cloned().collect()
    }
}

#[async_trait]
impl Store for Tampered {
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        let get = |key: &Key| self.records.get(&key.to_bytes()).cloned();
        Ok(keys.iter().map(get).collect())
    }

    async fn scan(
        &self,
        index: &Index,
        after: Option<&Cursor>,
        limit: PageLimit,
    ) -> Result<Page, StoreError> {
        let rows: Vec<(Vec<u8>, Record)> = match (index.record_prefix(), index.entry_prefix()) {
            (Some(prefix), _) => behind(&self.records, &prefix, after)
                .map(|(key, record)| (key.clone(), record.clone()))
                .collect(),
            (None, Some(prefix)) => behind(&self.index, &prefix, after)
                .filter_map(|(entry, key)| Some((entry.clone(), self.records.get(key)?.clone())))
                .collect(),
            (None, None) => Vec::new(),
        };
        let next = rows
            .get(limit.rows)
            .is_some()
            .then(|| rows[limit.rows - 1].0.clone());
        let rows = rows.into_iter().take(limit.rows);
        Ok(Page {
            rows: rows.map(|(_, record)| record).collect(),
            damaged: Vec::new(),
            next: next.map(Cursor),
        })
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        let mut counts = self.counts.unwrap_or_else(|| {
            let mut counts = Counts::default();
            self.records.values().for_each(|record| counts.add(record));
            counts
        });
        if let Some(commits) = &self.commits {
            counts.seq += commits.fetch_add(1, Ordering::SeqCst);
        }
        Ok(counts)
    }

    async fn commit(&self, _batch: &Batch) -> Result<(), CommitError> {
        Err(CommitError::Refused(StoreError::Closed))
    }

    async fn restore(&self, _records: &[Record]) -> Result<(), CommitError> {
        Err(CommitError::Refused(StoreError::Closed))
    }

    async fn changed(&self, _job: &JobId, _seen: u64) {}

    async fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

fn behind<'a, V>(
    map: &'a BTreeMap<Vec<u8>, V>,
    prefix: &'a [u8],
    after: Option<&Cursor>,
) -> impl Iterator<Item = (&'a Vec<u8>, &'a V)> {
    let start = match after {
        Some(Cursor(at)) => Bound::Excluded(at.clone()),
        None => Bound::Included(prefix.to_vec()),
    };
    map.range((start, Bound::Unbounded))
        .skip_while(move |(key, _)| key.as_slice() < prefix)
        .take_while(move |(key, _)| key.starts_with(prefix))
}
