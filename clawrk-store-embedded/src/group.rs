//! A group of batches: planned one on top of the other, written at once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use clawrk_core::id::JobId;
use clawrk_core::record::Record;
use clawrk_core::store::{Change, CommitError, Key, StoreError, plan_restored, plan_valid};

use crate::latch::Latch;
use crate::prepared::{Prepared, Work};
use crate::{HEAD_KEY, Head, Op, Space, Write, value};

/// What lies under a key before the group and, once it is written, after it.
struct Slot {
    before: Option<Record>,
    after: Option<After>,
}

struct After {
    record: Option<Record>,
    value: Option<Vec<u8>>,
}

impl Slot {
    fn now(&self) -> Option<&Record> {
        match &self.after {
            Some(after) => after.record.as_ref(),
            None => self.before.as_ref(),
        }
    }
}

/// An index entry that the group touches.
///
/// Both hold the length of the record's key, which is the end of the entry; none where there is no
/// such entry.
struct Mark {
    before: Option<u16>,
    after: Option<u16>,
}

/// The overlay that a group is planned on. What was read before the group is kept as well, so that
/// no key is read twice.
pub(crate) struct Group<R> {
    read: R,
    head: Head,
    records: BTreeMap<Vec<u8>, Slot>,
    entries: BTreeMap<Vec<u8>, Mark>,
    jobs: Vec<JobId>,
}

impl<R> Group<R>
where
    R: FnMut(&[u8]) -> Result<Option<Record>, StoreError>,
{
    /// A group behind `head`, that asks `read` for what was there before.
    pub(crate) fn new(head: Head, read: R) -> Group<R> {
        Group {
            read,
            head,
            records: BTreeMap::new(),
            entries: BTreeMap::new(),
            jobs: Vec::new(),
        }
    }

    /// Adds a batch, or leaves everything as it was and says why.
    pub(crate) fn add(&mut self, prepared: Prepared) -> Result<(), CommitError> {
        let Prepared { work, encoded, .. } = prepared;
        let seq = self.head.counts.seq + 1;
        let (records, read) = (&mut self.records, &mut self.read);
        let get = |key: &Key| get(records, read, key);
        let changes = match &work {
            Work::Batch(batch) => plan_valid(batch, seq, get)?,
            Work::Restore(records) => plan_restored(records, get)?,
        };
        let mut encoded = encoded.into_iter();
        let mut values = Vec::with_capacity(changes.len());
        for change in &changes {
            let encoded = encoded.next();
            values.push(match (&change.new, encoded) {
                (Some(new), Some(encoded)) => Some(value::with_seq(encoded, new.seq)),
                (Some(new), None) => Some(value::of(new).map_err(CommitError::Refused)?),
                (None, _) => None,
            });
        }
        self.head.counts.seq = seq;
        for (change, value) in changes.into_iter().zip(values) {
            self.apply(change, value);
        }
        Ok(())
    }

    fn apply(&mut self, change: Change, value: Option<Vec<u8>>) {
        let (gone, come) = change.index_changes();
        let key = change.key.to_bytes();
        let length = key.len() as u16;
        for entry in gone {
            self.mark(entry, Some(length), None);
        }
        for entry in come {
            self.mark(entry, None, Some(length));
        }
        self.head.counts.change(&change);
        if let Key::Job(job) = change.key {
            self.jobs.push(job);
        }
        let after = Some(After {
            record: change.new,
            value,
        });
        match self.records.entry(key) {
            Entry::Occupied(slot) => slot.into_mut().after = after,
            Entry::Vacant(slot) => {
                // Only entries of the ledger come without having been read: their keys are new.
                slot.insert(Slot {
                    before: change.old,
                    after,
                });
            }
        }
    }

    fn mark(&mut self, entry: Vec<u8>, before: Option<u16>, after: Option<u16>) {
        self.entries
            .entry(entry)
            .and_modify(|mark| mark.after = after)
            .or_insert(Mark { before, after });
    }

    /// What the engine has to write, and what readers have to know until it is durable.
    pub(crate) fn finish(self) -> (Head, Write, InFlight) {
        let mut ops = vec![Op {
            space: Space::Meta,
            key: HEAD_KEY.to_vec(),
            value: Some(self.head.encode()),
            replaces: true,
        }];
        let mut before = BTreeMap::new();
        for (key, slot) in self.records {
            let Some(after) = slot.after else { continue };
            let replaces = slot.before.is_some();
            if replaces || after.value.is_some() {
                ops.push(Op {
                    space: Space::Records,
                    key: key.clone(),
                    value: after.value,
                    replaces,
                });
            }
            before.insert(key, slot.before);
        }
        let mut entries = BTreeMap::new();
        for (entry, mark) in self.entries {
            if mark.before != mark.after {
                ops.push(Op {
                    space: Space::Index,
                    key: entry.clone(),
                    value: mark.after.map(|length| length.to_be_bytes().to_vec()),
                    replaces: mark.before.is_some(),
                });
            }
            entries.insert(entry, mark.before);
        }
        let in_flight = InFlight {
            records: before,
            entries,
            jobs: self.jobs,
            landed: Latch::default(),
        };
        (self.head, Write { ops }, in_flight)
    }
}

fn get<R>(
    records: &mut BTreeMap<Vec<u8>, Slot>,
    read: &mut R,
    key: &Key,
) -> Result<Option<Record>, StoreError>
where
    R: FnMut(&[u8]) -> Result<Option<Record>, StoreError>,
{
    let bytes = key.to_bytes();
    if let Some(slot) = records.get(&bytes) {
        return Ok(slot.now().cloned());
    }
    let before = read(&bytes)?;
    let slot = Slot {
        before: before.clone(),
        after: None,
    };
    records.insert(bytes, slot);
    Ok(before)
}

/// What a group on its way to the disk changes, as it was before.
#[derive(Debug)]
pub(crate) struct InFlight {
    /// The records.
    pub(crate) records: BTreeMap<Vec<u8>, Option<Record>>,
    /// The index entries: the length of the record's key where there was one.
    pub(crate) entries: BTreeMap<Vec<u8>, Option<u16>>,
    /// The jobs among the records.
    pub(crate) jobs: Vec<JobId>,
    /// Released once the group is durable, or has failed.
    pub(crate) landed: Latch,
}
