//! Records as values: a checksum, then the record. Engines pass rotten bytes on without a word.

use clawrk_core::record::Record;
use clawrk_core::store::{Key, StoreError};

const SUM_BYTES: usize = 4;
/// Where the number of the first commit stands in an encoded record.
const SEQ_AT: std::ops::Range<usize> = 10..18;

/// A value out of a record that was encoded with another `seq`, which is set here.
pub(crate) fn with_seq(mut encoded: Vec<u8>, seq: u64) -> Vec<u8> {
    encoded[SEQ_AT].copy_from_slice(&seq.to_be_bytes());
    frame(encoded)
}

/// A value out of a record.
pub(crate) fn of(record: &Record) -> Result<Vec<u8>, StoreError> {
    let encoded = record.encode().map_err(StoreError::unavailable)?;
    Ok(frame(encoded))
}

/// The checksum goes behind, so that nothing has to be moved.
fn frame(mut encoded: Vec<u8>) -> Vec<u8> {
    encoded.extend_from_slice(&crc32fast::hash(&encoded).to_be_bytes());
    encoded
}

/// The record that a value is, read from under `key`.
///
/// # Errors
/// What is wrong with it, with the name of the key.
pub(crate) fn record(key: &[u8], bytes: &[u8]) -> Result<Record, String> {
    let damaged = |why: &str| format!("{}: {why}", name_of(key));
    let (encoded, sum) = bytes
        .split_last_chunk::<SUM_BYTES>()
        .ok_or_else(|| damaged("cut short"))?;
    if crc32fast::hash(encoded) != u32::from_be_bytes(*sum) {
        return Err(damaged("the checksum is wrong"));
    }
    let record = Record::decode(encoded).map_err(|error| damaged(&error.to_string()))?;
    if record.key().to_bytes() == key {
        Ok(record)
    } else {
        let found = format!("the record of {} lies there", record.key());
        Err(damaged(&found))
    }
}

/// The bytes of the encoded record in a value of this length.
pub(crate) fn record_bytes(value: usize) -> usize {
    value.saturating_sub(SUM_BYTES)
}

/// A key for a message: what it says, or at least its bytes.
pub(crate) fn name_of(key: &[u8]) -> String {
    Key::from_bytes(key).map_or_else(|| format!("key {}", hex(key)), |key| key.to_string())
}

/// Bytes for a message.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
