//! Records written as they are: how a store is filled with what another one held.

use crate::record::Record;
use crate::store::batch::all_different;
use crate::store::{Change, CommitError, InvalidBatch, Key, RECORD_BYTES_MAX, StoreError};

/// The most records that are restored at once.
pub const RESTORE_RECORDS_MAX: usize = 1_000;

/// The most bytes of encoded records that are restored at once. Any one record fits.
pub const RESTORE_BYTES_MAX: usize = 8 << 20;

/// The greatest version and number that a restored record may have: what every store can keep.
pub const NUMBER_MAX: u64 = i64::MAX as u64;

/// Whether these records may be restored at once: bounded, each key once, numbers and sizes that
/// fit. Gives each as bytes, in order, so that a store need not encode them again.
///
/// # Errors
/// What is wrong with them, the first of: too many, a key that is there twice, a record of its own
/// that does not fit, too many bytes.
pub fn encode_restored(records: &[Record]) -> Result<Vec<Vec<u8>>, InvalidBatch> {
    if records.len() > RESTORE_RECORDS_MAX {
        return Err(InvalidBatch::TooManyRestored(records.len()));
    }
    all_different(records.iter().map(Record::key))?;
    let mut encoded = Vec::with_capacity(records.len());
    for record in records {
        let numbers = 1..=NUMBER_MAX;
        if !numbers.contains(&record.version) || !numbers.contains(&record.seq) {
            return Err(InvalidBatch::Number(record.key()));
        }
        match record.encode() {
            Ok(bytes) if bytes.len() <= RECORD_BYTES_MAX => encoded.push(bytes),
            _ => return Err(InvalidBatch::Unstorable(record.key())),
        }
    }
    let bytes = encoded.iter().map(Vec::len).sum();
    if bytes > RESTORE_BYTES_MAX {
        return Err(InvalidBatch::TooManyBytes(bytes));
    }
    Ok(encoded)
}

/// Works out what changes where records are restored that [`encode_restored`] found valid: one
/// change for each, in order.
///
/// `get` reads a record as it is after all earlier commits. The caller sees to it that nothing is
/// committed in between, and writes all changes at once, or none. The number of this commit is the
/// next one, or the greatest [`Record::seq`] among the records if that is greater.
///
/// # Errors
/// [`CommitError::Conflict`] with the first key that is there already, or [`CommitError::Refused`]
/// with what `get` said.
pub fn plan_restored(
    records: &[Record],
    mut get: impl FnMut(&Key) -> Result<Option<Record>, StoreError>,
) -> Result<Vec<Change>, CommitError> {
    let mut changes = Vec::with_capacity(records.len());
    for record in records {
        let key = record.key();
        if get(&key).map_err(CommitError::Refused)?.is_some() {
            return Err(CommitError::Conflict(key));
        }
        changes.push(Change {
            key,
            old: None,
            new: Some(record.clone()),
        });
    }
    Ok(changes)
}
