//! Damage to indexes.

use clawrk_core::audit::ViolationKind;
use clawrk_core::id::PayoutId;
use clawrk_core::job::Status;
use clawrk_core::record::Kind;
use clawrk_core::store::{Index, Key};

use crate::damage::*;
use crate::support::user;
use crate::tampered::Tampered;
use ViolationKind::*;

/// The index entry of a record in an index.
fn index_entry(store: &Tampered, index: &Index, key: &Key) -> Vec<u8> {
    let (prefix, key) = (index.entry_prefix().unwrap(), key.to_bytes());
    let of = |(entry, at): &(&Vec<u8>, &Vec<u8>)| entry.starts_with(&prefix) && **at == key;
    store.index.iter().find(of).unwrap().0.clone()
}

#[test]
fn a_record_that_an_index_lacks() {
    let find = |store: &Tampered, index: &Index| {
        let id = match index {
            Index::JobsByReceiver(_) | Index::PayoutsOf(_) | Index::Payouts(_) => paid_job(store),
            _ => job(store, Status::Submitted).1.id,
        };
        match index {
            Index::PayoutsOf(_) | Index::Payouts(_) => Key::Payout(PayoutId::of(id)),
            _ => Key::Job(id),
        }
    };
    for index in [
        Index::JobsBySender(user("alice")),
        Index::JobsByReceiver(user("bob")),
        Index::Due,
        Index::PayoutsOf(user("bob")),
        Index::Payouts(clawrk_core::record::PayoutStatus::Owed),
    ] {
        let kinds = found(|store| {
            let key = find(store, &index);
            let entry = index_entry(store, &index, &key);
            store.index.remove(&entry);
        });
        assert_eq!(kinds, [IndexMissing], "{index:?}");
    }
}

#[test]
fn a_key_that_its_users_index_lacks() {
    let kinds = found(|store| {
        let key = store.all(Kind::ApiKey)[0].key();
        let entry = index_entry(store, &Index::KeysOf(user("alice")), &key);
        store.index.remove(&entry);
    });
    assert_eq!(kinds, [IndexMissing]);
}

#[test]
fn a_record_that_an_index_lists_wrongly() {
    for index in [
        Index::Board,
        Index::Due,
        Index::JobsBySender(user("bob")),
        Index::JobsByReceiver(user("alice")),
    ] {
        let kinds = found(|store| {
            let rejected = job(store, Status::Rejected).1.id;
            let mut entry = index.entry_prefix().unwrap();
            entry.extend([0; 8]);
            store.index.insert(entry, Key::Job(rejected).to_bytes());
        });
        assert_eq!(kinds, [IndexStray], "{index:?}");
    }
}

#[test]
fn a_record_that_an_index_lists_twice() {
    let kinds = found(|store| {
        let submitted = job(store, Status::Submitted).1.id;
        let mut entry = Index::JobsBySender(user("alice")).entry_prefix().unwrap();
        entry.extend([0xff; 8]);
        store.index.insert(entry, Key::Job(submitted).to_bytes());
    });
    assert_eq!(kinds, [IndexOrder]);
}
