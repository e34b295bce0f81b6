//! What is committed at once.

use std::collections::BTreeSet;

use crate::id::CommitId;
use crate::ledger::Posting;
use crate::record::{Kind, Record};
use crate::store::{Key, NUMBER_MAX, RESTORE_BYTES_MAX, RESTORE_RECORDS_MAX};

/// The most records, deletes, guards and postings that a batch may hold in all.
pub const BATCH_RECORDS_MAX: usize = 256;

/// The most bytes that an encoded record may have.
pub const RECORD_BYTES_MAX: usize = 4 << 20;

/// What must be true of a record for a batch to pass, whether or not the batch writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// The record exists with this version.
    At(Key, u64),
    /// There is no such record.
    Absent(Key),
}

impl Guard {
    /// The key that it is about.
    pub fn key(&self) -> &Key {
        match self {
            Guard::At(key, _) | Guard::Absent(key) => key,
        }
    }
}

/// What is written at once, or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Names the commit. The same batch submitted again has the same id.
    pub id: CommitId,
    /// What must be true.
    pub guards: Vec<Guard>,
    /// Records to write. Accounts and entries are not among them: the store makes those.
    pub puts: Vec<Record>,
    /// Records to remove.
    pub deletes: Vec<Key>,
    /// What moves in the ledger, applied in order.
    pub postings: Vec<Posting>,
}

/// A batch, or records to be restored, that no store takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidBatch {
    /// More than [`BATCH_RECORDS_MAX`] items.
    #[error("a batch of {0} items is over the limit of {BATCH_RECORDS_MAX}")]
    TooMany(usize),
    /// The same key is written or guarded twice.
    #[error("the batch names {0} twice")]
    Twice(Key),
    /// Accounts and entries come from postings alone.
    #[error("the batch writes {0}, which only postings may")]
    LedgerRecord(Key),
    /// A floor on an account that has no balance.
    #[error("a floor on {0}, which has no balance")]
    FloorWithoutBalance(String),
    /// A record of more than [`RECORD_BYTES_MAX`] bytes, or one that cannot be encoded.
    #[error("the record {0} cannot be stored: over {RECORD_BYTES_MAX} bytes, or not encodable")]
    Unstorable(Key),
    /// More than [`RESTORE_RECORDS_MAX`] records to be restored.
    #[error("{0} records to be restored at once are over the limit of {RESTORE_RECORDS_MAX}")]
    TooManyRestored(usize),
    /// More than [`RESTORE_BYTES_MAX`] bytes of records to be restored.
    #[error("{0} bytes to be restored at once are over the limit of {RESTORE_BYTES_MAX}")]
    TooManyBytes(usize),
    /// A record to be restored whose version or number no store gives.
    #[error("the version or number of {0} is 0, or over {NUMBER_MAX}")]
    Number(Key),
}

impl Batch {
    /// An empty batch.
    pub fn new(id: CommitId) -> Batch {
        Batch {
            id,
            guards: vec![],
            puts: vec![],
            deletes: vec![],
            postings: vec![],
        }
    }

    /// Whether a store may take the batch: bounded, no key written or guarded twice, ledger
    /// records only by postings, records of a size that fits, floors only where there is a
    /// balance.
    pub fn validate(&self) -> Result<(), InvalidBatch> {
        self.encode_valid().map(drop)
    }

    /// Does what [`validate`](Batch::validate) does, and gives every put as bytes, in order, so
    /// that a store need not encode them again.
    pub fn encode_valid(&self) -> Result<Vec<Vec<u8>>, InvalidBatch> {
        let items = self.guards.len() + self.puts.len() + self.deletes.len() + self.postings.len();
        if items > BATCH_RECORDS_MAX {
            return Err(InvalidBatch::TooMany(items));
        }
        all_different(self.guards.iter().map(|guard| guard.key().clone()))?;
        let written = self
            .puts
            .iter()
            .map(Record::key)
            .chain(self.deletes.iter().cloned());
        for key in written.clone() {
            if matches!(key.kind(), Kind::Account | Kind::Entry | Kind::LooseEntry) {
                return Err(InvalidBatch::LedgerRecord(key));
            }
        }
        all_different(written)?;
        let mut encoded = Vec::with_capacity(self.puts.len());
        for put in &self.puts {
            match put.encode() {
                Ok(bytes) if bytes.len() <= RECORD_BYTES_MAX => encoded.push(bytes),
                _ => return Err(InvalidBatch::Unstorable(put.key())),
            }
        }
        match self
            .postings
            .iter()
            .find(|p| p.floor.is_some() && !p.account.has_balance())
        {
            Some(posting) => Err(InvalidBatch::FloorWithoutBalance(
                posting.account.to_string(),
            )),
            None => Ok(encoded),
        }
    }
}

pub(super) fn all_different(keys: impl Iterator<Item = Key>) -> Result<(), InvalidBatch> {
    let mut seen = BTreeSet::new();
    for key in keys {
        if !seen.insert(key.clone()) {
            return Err(InvalidBatch::Twice(key));
        }
    }
    Ok(())
}
