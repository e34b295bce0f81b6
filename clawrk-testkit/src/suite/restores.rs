//! What `restore` writes, or does not.

use std::sync::Arc;

use clawrk_core::job::State;
use clawrk_core::ledger::Account;
use clawrk_core::record::{AccountRecord, Body, EntryRecord, Kind, Record, Scope};
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::store::{
    InvalidBatch, Key, NUMBER_MAX, RECORD_BYTES_MAX, RESTORE_BYTES_MAX, RESTORE_RECORDS_MAX, Store,
};

use super::check::census;
use super::fixtures::*;
use super::random::random_batch;
use super::{Home, reopened};
use crate::rng::Rng;
use crate::run::together;

async fn restore(store: &Arc<dyn Store>, records: &[Record]) -> Outcome {
    store.restore(records).await.into()
}

/// The record with that version and number.
fn numbered(version: u64, seq: u64, record: Record) -> Record {
    Record {
        version,
        seq,
        ..record
    }
}

fn balance_of(name: &str, balance: i64) -> Record {
    Record::new(
        1,
        Body::Account(AccountRecord {
            account: account(name),
            balance,
        }),
    )
}

fn entry_one(name: &str, delta: i64) -> Record {
    let posting = post(&account(name), delta);
    Record::new(
        1,
        Body::Entry(EntryRecord {
            number: Some(1),
            balance: Some(delta),
            ..entry_of(&posting, batch().id, 0)
        }),
    )
}

/// One of every kind, numbered as no commit would number them.
fn one_of_each() -> Vec<Record> {
    let loose = entry_of(&post(&Account::Spent, -9), batch().id, 1);
    let records = [
        job(1, "ann", 0, 1, accepted_by("bob", Some(5))),
        queued(2, "ann", 0),
        brief(1, "Say it."),
        event(1, 1),
        balance_of("ann", 9),
        entry_one("ann", 9),
        Record::new(1, Body::Entry(loose)),
        payout(1, "bob", 0),
        person("ann", 1, "Ann"),
        api_key(5, "ann", 0),
        once(Scope::Admin, "k", 3),
        meta(1),
    ];
    (30..)
        .zip(records)
        .map(|(number, record)| match record.kind() {
            // An account counts its entries.
            Kind::Account => numbered(1, number, record),
            _ => numbered(number + 7, number, record),
        })
        .collect()
}

/// What is restored is read, scanned and counted exactly as it was given, also when the store is
/// opened again.
pub async fn restore_writes_records_as_they_are(home: &dyn Home) {
    let mut store = home.open().await;
    let records = one_of_each();
    assert_eq!(restore(&store, &records).await, Outcome::Passed);
    for again in [false, true] {
        if again {
            store = reopened(home, store).await;
        }
        for record in &records {
            assert_eq!(found(&store, &record.key()).await, *record);
        }
        let census = census(store.as_ref()).await.unwrap();
        assert_eq!(census.records.len(), records.len());
        let counts = store.counts().await.unwrap();
        assert_eq!(counts.all_records(), records.len() as u64);
        assert_eq!(counts.records(Kind::Job), 2);
    }
    // It is a store like any other from then on.
    let take = job(2, "ann", 0, 2, accepted_by("bob", None));
    pass(&store, &puts([take])).await;
    pass(&store, &posts([post_above(0, &account("ann"), -9)])).await;
    assert_eq!(balance(&store, &account("ann")).await, (0, 2));
    census(store.as_ref()).await.unwrap();
}

/// The first key that is there already is named, and nothing is written.
pub async fn restore_refuses_what_exists(home: &dyn Home) {
    let store = home.open().await;
    pass(&store, &puts([person("ann", 1, "Ann")])).await;
    pass(&store, &posts([post(&account("ann"), 5)])).await;
    let before = census(store.as_ref()).await.unwrap();
    let counts = store.counts().await.unwrap();
    let fresh = numbered(1, 90, queued(1, "ann", 0));
    for there in [
        person("ann", 1, "Ann"),
        balance_of("ann", 5),
        entry_one("ann", 5),
    ] {
        let there = numbered(1, 91, there);
        let late = numbered(1, 92, person("ann", 1, "Other"));
        for records in [vec![there.clone()], vec![fresh.clone(), there.clone()]] {
            let refused = restore(&store, &records).await;
            assert_eq!(refused, Outcome::Conflict(there.key()));
        }
        if there.key() != late.key() {
            let refused = restore(&store, &[fresh.clone(), there.clone(), late]).await;
            assert_eq!(
                refused,
                Outcome::Conflict(there.key()),
                "the first is named"
            );
        }
    }
    assert_eq!(census(store.as_ref()).await.unwrap(), before);
    assert_eq!(store.counts().await.unwrap(), counts);

    for round in 0..10 {
        let outcomes = together(4, |caller| {
            let store = Arc::clone(&store);
            async move {
                let contested = numbered(1, 100, queued(100 + round, "ann", 0));
                let own = numbered(1, 100, person(&format!("{round}-{caller}"), 1, "x"));
                restore(&store, &[own, contested]).await
            }
        })
        .await;
        let passed: Vec<usize> = (0..4)
            .filter(|caller| outcomes[*caller] == Outcome::Passed)
            .collect();
        assert_eq!(passed.len(), 1, "{outcomes:?}");
        for caller in 0..4 {
            let own = Key::User(user(&format!("{round}-{caller}")));
            let is_there = read(&store, &own).await.is_some();
            assert_eq!(is_there, passed == [caller], "all of a call, or nothing");
        }
    }
}

/// Too much at once, a key that is there twice, numbers that no store gives.
pub async fn restore_refuses_what_does_not_fit(home: &dyn Home) {
    let store = home.open().await;
    let ann = numbered(1, 1, person("ann", 1, "Ann"));
    let long = |n: u64, bytes: usize| {
        let empty = brief(n, "").encode().unwrap().len();
        // A long text needs four bytes more for its length than an empty one.
        numbered(1, 1, brief(n, &"x".repeat(bytes - empty - 4)))
    };
    let many = |count: usize| -> Vec<Record> {
        (0..count as u64)
            .map(|n| numbered(1, 1, queued(n, "ann", 0)))
            .collect()
    };
    let whole = RESTORE_BYTES_MAX / RECORD_BYTES_MAX;
    let full: Vec<Record> = (0..whole as u64)
        .map(|n| long(n, RECORD_BYTES_MAX))
        .collect();
    let one_more = numbered(1, 1, queued(9, "ann", 0));
    let too_many_bytes = [&full[..], std::slice::from_ref(&one_more)].concat();
    let bytes = RESTORE_BYTES_MAX + one_more.encode().unwrap().len();
    let key = ann.key();
    for (records, why) in [
        (
            many(RESTORE_RECORDS_MAX + 1),
            InvalidBatch::TooManyRestored(RESTORE_RECORDS_MAX + 1),
        ),
        (
            vec![ann.clone(), numbered(2, 2, person("ann", 2, "Other"))],
            InvalidBatch::Twice(key.clone()),
        ),
        (
            vec![long(1, RECORD_BYTES_MAX + 1)],
            InvalidBatch::Unstorable(brief(1, "").key()),
        ),
        (too_many_bytes, InvalidBatch::TooManyBytes(bytes)),
        (
            vec![one_more, numbered(0, 1, ann.clone())],
            InvalidBatch::Number(key.clone()),
        ),
        (
            vec![numbered(1, 0, ann.clone())],
            InvalidBatch::Number(key.clone()),
        ),
        (
            vec![numbered(NUMBER_MAX + 1, 1, ann.clone())],
            InvalidBatch::Number(key.clone()),
        ),
        (
            vec![numbered(1, NUMBER_MAX + 1, ann.clone())],
            InvalidBatch::Number(key),
        ),
    ] {
        assert_eq!(restore(&store, &records).await, Outcome::Invalid(why));
    }
    assert!(census(store.as_ref()).await.unwrap().records.is_empty());
    assert_eq!(restore(&store, &full).await, Outcome::Passed);
    let most = many(RESTORE_RECORDS_MAX);
    assert_eq!(restore(&store, &most).await, Outcome::Passed);
    assert_eq!(restore(&store, &[]).await, Outcome::Passed);
    let count = store.counts().await.unwrap().all_records();
    assert_eq!(count, (full.len() + most.len()) as u64);
}

/// What is committed later is numbered later, in time of creation and in the indexes.
pub async fn commits_go_on_behind_what_was_restored(home: &dyn Home) {
    let mut store = home.open().await;
    let high = 5_000_000_000;
    let restored = [
        numbered(1, high, queued(1, "ann", 0)),
        numbered(1, 3, queued(2, "ann", 0)),
    ];
    assert_eq!(restore(&store, &restored).await, Outcome::Passed);
    assert!(store.counts().await.unwrap().seq >= high);
    let mut last = high;
    for n in 3..7 {
        if n == 5 {
            store = reopened(home, store).await;
        }
        pass(&store, &puts([job(n, "ann", 0, 1, State::Queued)])).await;
        let seq = found(&store, &queued(n, "ann", 0).key()).await.seq;
        assert!(seq > last, "{seq} follows {last}");
        last = seq;
    }
    // A later one with lower numbers takes nothing back.
    let low = numbered(1, 1, queued(9, "ann", 0));
    assert_eq!(restore(&store, &[low]).await, Outcome::Passed);
    pass(&store, &puts([queued(10, "ann", 0)])).await;
    let seq = found(&store, &queued(10, "ann", 0).key()).await.seq;
    assert!(seq > last, "{seq} follows {last}");
    census(store.as_ref()).await.unwrap();
}

/// A random world of the reference, moved in random pieces.
pub async fn restored_records_agree_with_the_reference(home: &dyn Home) {
    let mut rng = Rng::new(11);
    let source: Arc<dyn Store> = Arc::new(MemoryStore::new());
    for _ in 0..300 {
        commit(&source, &random_batch(&mut rng, &source).await).await;
    }
    let held = census(source.as_ref()).await.unwrap();
    let mut left: Vec<Record> = held.records.values().cloned().collect();
    assert!(left.len() > 50, "a world worth moving");
    let mut store = home.open().await;
    let mut pieces = 0;
    while !left.is_empty() {
        let piece: Vec<Record> = (0..=rng.below(20).min(left.len() - 1))
            .map(|_| left.swap_remove(rng.below(left.len())))
            .collect();
        assert_eq!(restore(&store, &piece).await, Outcome::Passed);
        let again = restore(&store, &piece).await;
        assert_eq!(again, Outcome::Conflict(piece[0].key()), "a second time");
        pieces += 1;
        if pieces % 5 == 0 {
            store = reopened(home, store).await;
        }
    }
    assert!(pieces > 3, "moved in pieces");
    let moved = census(store.as_ref()).await.unwrap();
    assert_eq!(moved, held);
    let (mut ours, theirs) = (
        store.counts().await.unwrap(),
        source.counts().await.unwrap(),
    );
    assert!(
        ours.seq
            >= held
                .records
                .values()
                .map(|record| record.seq)
                .max()
                .unwrap()
    );
    ours.seq = theirs.seq;
    assert_eq!(ours, theirs);
}
