//! What is to be committed, made ready on the thread of its caller, so that the committer has less
//! to do.

use clawrk_core::record::Record;
use clawrk_core::store::{Batch, CommitError, encode_restored};

/// Something valid, with its records as bytes.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) work: Work,
    /// The puts, or the records to be restored, encoded, in order.
    pub(crate) encoded: Vec<Vec<u8>>,
    /// How many bytes that are.
    pub(crate) bytes: usize,
}

/// What is to be committed.
#[derive(Debug)]
pub(crate) enum Work {
    Batch(Batch),
    Restore(Vec<Record>),
}

impl Prepared {
    /// Checks and encodes a batch.
    pub(crate) fn batch(batch: &Batch) -> Result<Prepared, CommitError> {
        let encoded = batch.encode_valid().map_err(CommitError::Invalid)?;
        Ok(Prepared::new(Work::Batch(batch.clone()), encoded))
    }

    /// Checks and encodes records to be restored.
    pub(crate) fn restore(records: &[Record]) -> Result<Prepared, CommitError> {
        let encoded = encode_restored(records).map_err(CommitError::Invalid)?;
        Ok(Prepared::new(Work::Restore(records.to_vec()), encoded))
    }

    fn new(work: Work, encoded: Vec<Vec<u8>>) -> Prepared {
        let bytes = encoded.iter().map(Vec::len).sum();
        Prepared {
            work,
            encoded,
            bytes,
        }
    }
}
