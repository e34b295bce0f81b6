//! What a person finds out about a store.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use clawrk_core::id::UserId;
use clawrk_core::ledger::Account;
use clawrk_core::record::{Body, Kind, PayoutStatus, Record};
use clawrk_core::store::{Index, Key, PageLimit, Store, StoreError, index_entries};
use clawrk_store_sled::{OpenError, SledStore};
use clawrk_testkit::run::block_on;

use crate::stores::engine;

/// What became of a damaged store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// It opens, and everything is there.
    Whole,
    /// It does not open, and says that it is damaged.
    Refused,
    /// It opens, and whoever needs what is damaged is told.
    Told,
    /// It opens with less than there was, or with older records, and the audit alone says so.
    Audited,
    /// It opens with less than there was, and nothing says so.
    Lost,
    /// Everything is there, and something says that it is not.
    Alarm,
    /// It does not open, and what it says is not that it is damaged.
    Misnamed,
}

impl Outcome {
    pub(crate) const ALL: [Outcome; 7] = [
        Outcome::Whole,
        Outcome::Refused,
        Outcome::Told,
        Outcome::Audited,
        Outcome::Lost,
        Outcome::Alarm,
        Outcome::Misnamed,
    ];

    pub(crate) fn is_wrong(self) -> bool {
        matches!(self, Outcome::Lost | Outcome::Alarm | Outcome::Misnamed)
    }

    pub(crate) fn from_name(name: &str) -> Option<Outcome> {
        Self::ALL.into_iter().find(|it| it.to_string() == name)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{self:?}").to_lowercase())
    }
}

type Records = BTreeMap<Vec<u8>, Record>;

/// What was noticed so far.
#[derive(Default)]
struct Notes {
    /// The first thing that an error told.
    told: Option<String>,
    /// The first thing that differs without a word.
    silent: Option<String>,
}

impl Notes {
    fn tell(&mut self, error: &StoreError) {
        let told = matches!(
            error,
            StoreError::Corrupt { .. } | StoreError::Poisoned { .. }
        );
        let note = if told {
            &mut self.told
        } else {
            &mut self.silent
        };
        note.get_or_insert_with(|| format!("{error}: {error:?}"));
    }

    fn miss(&mut self, what: impl FnOnce() -> String) {
        self.silent.get_or_insert_with(what);
    }
}

/// Opens the store, and compares all that it shows with what it held.
pub(crate) fn look(path: &Path, known: &Records) -> (Outcome, String) {
    let store: Arc<dyn Store> = match SledStore::open(path) {
        Ok(store) => Arc::new(store),
        Err(error) => return (refused(path, &error), format!("{error}")),
    };
    let mut notes = Notes::default();
    read(store.as_ref(), known, &mut notes);
    for index in indexes(known) {
        scan(store.as_ref(), &index, &rows_of(&index, known), &mut notes);
    }
    let audit = block_on(engine(store, 1).audit());
    let (sound, audited) = match &audit {
        Ok(audit) => (
            audit.ok() && audit.counted,
            format!("{:?}", audit.violations.first()),
        ),
        Err(error) => (false, format!("{error:?}")),
    };
    match (notes.silent, notes.told) {
        (Some(silent), _) if sound => (Outcome::Lost, silent),
        (Some(silent), None) => (Outcome::Audited, format!("{silent}; {audited}")),
        (_, Some(told)) if !sound => (Outcome::Told, told),
        (_, Some(told)) => (Outcome::Alarm, format!("not in the audit: {told}")),
        (None, None) if sound => (Outcome::Whole, String::new()),
        (None, None) => (Outcome::Alarm, audited),
    }
}

/// A refusal says which folder, what is wrong, and what to do.
fn refused(path: &Path, error: &OpenError) -> Outcome {
    let text = error.to_string();
    let says = |what: &str| text.contains(what);
    let damaged = matches!(error, OpenError::Damaged { .. });
    if damaged && says(&path.display().to_string()) && says("backup") && says("Copy the folder") {
        Outcome::Refused
    } else {
        Outcome::Misnamed
    }
}

fn read(store: &dyn Store, known: &Records, notes: &mut Notes) {
    let records: Vec<&Record> = known.values().collect();
    for records in records.chunks(20) {
        let keys: Vec<Key> = records.iter().map(|record| record.key()).collect();
        match block_on(store.read(&keys)) {
            Ok(found) => compare(&found, records, notes),
            Err(_) => {
                for (key, record) in keys.iter().zip(records) {
                    match block_on(store.read(std::slice::from_ref(key))) {
                        Ok(found) => compare(&found, &[record], notes),
                        Err(error) => notes.tell(&error),
                    }
                }
            }
        }
    }
}

fn compare(found: &[Option<Record>], records: &[&Record], notes: &mut Notes) {
    for (found, record) in found.iter().zip(records) {
        if found.as_ref() != Some(*record) {
            let version = found.as_ref().map(|found| found.version);
            notes.miss(|| format!("{} reads as version {version:?}", record.key()));
        }
    }
}

fn scan(store: &dyn Store, index: &Index, expected: &[&Record], notes: &mut Notes) {
    let (mut rows, mut damaged, mut after) = (Vec::new(), BTreeSet::new(), None);
    loop {
        let page = match block_on(store.scan(index, after.as_ref(), PageLimit::rows(100))) {
            Ok(page) => page,
            Err(error) => return notes.tell(&error),
        };
        rows.extend(page.rows);
        for row in page.damaged {
            notes.tell(&StoreError::corrupt(row.detail));
            damaged.extend(row.key);
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let left = expected
        .iter()
        .filter(|record| !damaged.contains(&record.key()));
    if !left.copied().eq(rows.iter()) {
        let (shown, expected) = (rows.len(), expected.len());
        notes.miss(|| format!("{index:?} shows {shown} of {expected} rows, or others"));
    }
}

/// Every index that shows one of the records.
fn indexes(known: &Records) -> Vec<Index> {
    let mut users: BTreeSet<UserId> = BTreeSet::new();
    let mut indexes: Vec<Index> = Kind::ALL.into_iter().map(Index::All).collect();
    indexes.extend([Index::Board, Index::Due, Index::Expiring]);
    indexes.extend(PayoutStatus::ALL.into_iter().map(Index::Payouts));
    for record in known.values() {
        match &record.body {
            Body::Job(job) => {
                users.insert(job.sender.clone());
                users.extend(job.state.receiver().cloned());
                indexes.push(Index::EventsOf(job.id));
            }
            Body::User(user) => drop(users.insert(user.id.clone())),
            _ => {}
        }
    }
    for user in users {
        indexes.extend([
            Index::JobsBySender(user.clone()),
            Index::JobsByReceiver(user.clone()),
            Index::PayoutsOf(user.clone()),
            Index::EntriesOf(Account::User(user.clone())),
            Index::KeysOf(user),
        ]);
    }
    indexes
}

/// What an index has to show.
fn rows_of<'a>(index: &Index, known: &'a Records) -> Vec<&'a Record> {
    if let Some(prefix) = index.record_prefix() {
        let under = known.iter().filter(|(key, _)| key.starts_with(&prefix));
        return under.map(|(_, record)| record).collect();
    }
    let prefix = index.entry_prefix().unwrap();
    let mut rows = BTreeMap::new();
    for record in known.values() {
        let entries = index_entries(record).into_iter();
        rows.extend(
            entries
                .filter(|entry| entry.starts_with(&prefix))
                .map(|entry| (entry, record)),
        );
    }
    rows.into_values().collect()
}
