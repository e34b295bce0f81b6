//! The record that marks a store as the half of an import.

use crate::id::CommitId;
use crate::record::{Body, OnceRecord, OnceState, Record, Scope};
use crate::store::{Batch, Guard, Key, Store, StoreError};
use crate::time::Timestamp;

const NAME: &str = "import";

pub(super) fn key() -> Key {
    Key::Once(Scope::Import, NAME.to_owned())
}

/// Whether an import into this store began and did not come to its end. Then it holds a part of an
/// exchange, and must not be served: remove what is in it, and import again.
///
/// # Errors
/// What the store says.
pub async fn is_unfinished(store: &dyn Store) -> Result<bool, StoreError> {
    let found = store.read(&[key()]).await?;
    Ok(found.into_iter().flatten().next().is_some())
}

/// The commit that marks an empty store, for an export with that checksum.
pub(super) fn set(sha256: [u8; 32]) -> Batch {
    let id = commit(&sha256, 0);
    let record = OnceRecord {
        scope: Scope::Import,
        key: NAME.to_owned(),
        request: sha256,
        command: NAME.to_owned(),
        state: OnceState::Proof,
        // It never goes by itself.
        expires_at: Timestamp::MAX,
        commit: id,
    };
    Batch {
        guards: vec![Guard::Absent(key())],
        puts: vec![Record::new(1, Body::Once(record))],
        ..Batch::new(id)
    }
}

/// The commit that takes the mark away.
pub(super) fn remove(sha256: [u8; 32]) -> Batch {
    Batch {
        guards: vec![Guard::At(key(), 1)],
        deletes: vec![key()],
        ..Batch::new(commit(&sha256, 1))
    }
}

/// An id made of the checksum: the first half for the beginning, the second for the end.
fn commit(sha256: &[u8; 32], half: usize) -> CommitId {
    let (halves, _) = sha256.as_chunks::<16>();
    CommitId::from_bits(u128::from_be_bytes(
        halves.get(half).copied().unwrap_or_default(),
    ))
}
