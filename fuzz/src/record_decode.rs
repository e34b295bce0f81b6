//! Damaged or foreign bytes where a record should be.

use clawrk_core::record::Record;
use clawrk_core::store::index_entries;

/// Decoding never panics, and whatever decodes is encoded again to bytes that mean the same, under
/// a key and index entries that can be made.
pub fn record_decode(bytes: &[u8]) {
    let Ok(record) = Record::decode(bytes) else {
        return;
    };
    let encoded = record.encode().expect("a decoded record can be encoded");
    let again = Record::decode(&encoded).expect("an encoded record can be decoded");
    assert_eq!(again, record, "decoding is not the inverse of encoding");
    assert_eq!(
        again.encode().expect("a decoded record can be encoded"),
        encoded,
        "a record has two encodings"
    );
    assert!(!record.key().to_bytes().is_empty());
    for entry in index_entries(&record) {
        assert!(
            entry.ends_with(&record.key().to_bytes()),
            "an index entry does not lead back to its record"
        );
    }
}
