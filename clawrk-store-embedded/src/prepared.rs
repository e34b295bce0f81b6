//! A batch made ready on the thread of its caller, so that the committer has less to do.

use clawrk_core::store::{Batch, CommitError};

/// A valid batch with its puts as bytes.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) batch: Batch,
    /// The puts, encoded, in order.
    pub(crate) encoded: Vec<Vec<u8>>,
    /// How many bytes that are.
    pub(crate) bytes: usize,
}

impl Prepared {
    /// Checks and encodes a batch.
    pub(crate) fn new(batch: &Batch) -> Result<Prepared, CommitError> {
        let encoded = batch.encode_valid().map_err(CommitError::Invalid)?;
        Ok(Prepared {
            bytes: encoded.iter().map(Vec::len).sum(),
            batch: batch.clone(),
            encoded,
        })
    }
}
