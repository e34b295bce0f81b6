//! What a commit writes, or does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clawrk_core::job::State;
use clawrk_core::ledger::Account;
use clawrk_core::record::{Body, Record, Scope, Text};
use clawrk_core::store::{
    BATCH_RECORDS_MAX, Batch, Guard, Index, InvalidBatch, Key, RECORD_BYTES_MAX, Store,
};

use super::check::{all, census};
use super::fixtures::*;
use super::{Home, reopened};
use crate::run::together;

/// A batch that fails leaves nothing behind.
pub async fn commit_is_all_or_nothing(home: &dyn Home) {
    let store = home.open().await;
    pass(
        &store,
        &Batch {
            postings: vec![post(&account("ann"), 5), post(&account("max"), i64::MAX)],
            ..puts([
                queued(1, "ann", 0),
                person("ann", 1, "Ann"),
                once(Scope::Admin, "k", 10),
            ])
        },
    )
    .await;
    let before = census(store.as_ref()).await.unwrap();

    let all_kinds_of_write = Batch {
        guards: vec![Guard::At(Key::User(user("ann")), 1)],
        puts: vec![
            job(1, "ann", 0, 2, accepted_by("bob", Some(50))),
            queued(2, "ann", 1),
            event(2, 1),
            api_key(3, "ann", 0),
            payout(2, "bob", 0),
        ],
        deletes: vec![Key::Once(Scope::Admin, "k".to_owned())],
        postings: vec![
            post(&account("ann"), 2),
            post(&Account::Spent, 1),
            post(&account("new"), 3),
        ],
        ..batch()
    };
    let failing = |change: &dyn Fn(&mut Batch)| {
        let mut batch = all_kinds_of_write.clone();
        change(&mut batch);
        batch
    };
    let last_guard = failing(&|batch| batch.guards.push(Guard::Absent(Key::Job(job_id(1)))));
    let last_floor = failing(&|batch| batch.postings.push(post_above(0, &account("ann"), -8)));
    let overflow = failing(&|batch| batch.postings.push(post(&account("max"), 1)));
    let twice = failing(&|batch| batch.deletes.push(Key::Job(job_id(2))));
    for (batch, expected) in [
        (last_guard, Outcome::Conflict(Key::Job(job_id(1)))),
        (last_floor, Outcome::Short(account("ann"))),
        (overflow, Outcome::Overflow(account("max"))),
        (
            twice,
            Outcome::Invalid(InvalidBatch::Twice(Key::Job(job_id(2)))),
        ),
    ] {
        assert_eq!(commit(&store, &batch).await, expected);
        assert_eq!(
            census(store.as_ref()).await.unwrap(),
            before,
            "{expected:?}"
        );
    }
    let store = reopened(home, store).await;
    assert_eq!(census(store.as_ref()).await.unwrap(), before);

    pass(&store, &all_kinds_of_write).await;
    let after = census(store.as_ref()).await.unwrap();
    // Five puts of which one replaces, one delete, three entries, one new account.
    assert_eq!(after.records.len(), before.records.len() + 4 - 1 + 3 + 1);
}

/// The first write of a key fixes its number, later ones keep it, whatever the batch says.
pub async fn put_replaces_and_keeps_seq(home: &dyn Home) {
    let store = home.open().await;
    let key = Key::Job(job_id(1));
    let claims = |seq: u64, record: Record| Record { seq, ..record };
    let first = [
        claims(77, queued(1, "ann", 0)),
        claims(1 << 60, person("ann", 1, "Ann")),
    ];
    pass(&store, &puts(first)).await;
    let seq = found(&store, &key).await.seq;
    assert_eq!(found(&store, &Key::User(user("ann"))).await.seq, seq);
    assert!(seq != 77 && seq < 1 << 60, "the store makes the number");

    pass(&store, &puts([queued(2, "ann", 0)])).await;
    for (claimed, put) in [
        (0, job(1, "ann", 0, 2, accepted_by("bob", None))),
        (u64::MAX, job(1, "ann", 0, 3, State::Queued)),
    ] {
        pass(&store, &puts([claims(claimed, put.clone())])).await;
        assert_eq!(found(&store, &key).await, claims(seq, put), "replaced");
    }
    let store = reopened(home, store).await;
    assert_eq!(
        found(&store, &key).await,
        claims(seq, job(1, "ann", 0, 3, State::Queued))
    );
    pass(&store, &puts([person("eve", 1, "Eve")])).await;
    let later = found(&store, &Key::User(user("eve"))).await.seq;
    let second = found(&store, &Key::Job(job_id(2))).await.seq;
    assert!(seq < second && second < later, "{seq} {second} {later}");
}

/// A commit that starts after another was acknowledged has a greater number.
pub async fn seq_follows_commit_order(home: &dyn Home) {
    let store = home.open().await;
    let mut last = 0;
    for n in 0..10 {
        pass(&store, &puts([queued(n, "ann", 0)])).await;
        let seq = found(&store, &Key::Job(job_id(n))).await.seq;
        assert!(seq > last, "{seq} after {last}");
        last = seq;
    }
    let acknowledged = Arc::new(AtomicU64::new(last));
    together(8, |thread| {
        let (store, acknowledged): (Arc<dyn Store>, _) =
            (Arc::clone(&store), Arc::clone(&acknowledged));
        async move {
            for n in 0..12 {
                let id = 1_000 * (thread as u64 + 1) + n;
                let before = acknowledged.load(Ordering::SeqCst);
                pass(&store, &puts([queued(id, "ann", 0)])).await;
                let seq = found(&store, &Key::Job(job_id(id))).await.seq;
                assert!(seq > before, "{seq} was given after {before}");
                acknowledged.fetch_max(seq, Ordering::SeqCst);
            }
        }
    })
    .await;
    census(store.as_ref()).await.unwrap();
}

/// Neither the record nor anything that pointed at it is left.
pub async fn delete_removes_record_and_index_entries(home: &dyn Home) {
    let store = home.open().await;
    let before = census(store.as_ref()).await.unwrap();
    let written = [
        job(1, "ann", 0, 1, accepted_by("bob", Some(5))),
        queued(2, "ann", 0),
        brief(1, "x"),
        event(1, 1),
        person("ann", 1, "Ann"),
        api_key(1, "ann", 0),
        payout(1, "bob", 0),
        once(Scope::Commit, "k", 10),
    ];
    pass(&store, &puts(written.clone())).await;
    let seq = found(&store, &Key::Job(job_id(1))).await.seq;
    let delete = Batch {
        deletes: written.iter().map(Record::key).collect(),
        ..batch()
    };
    pass(&store, &delete).await;
    for index in [
        Index::JobsBySender(user("ann")),
        Index::JobsByReceiver(user("bob")),
        Index::Board,
        Index::EventsOf(job_id(1)),
        Index::PayoutsOf(user("bob")),
        Index::Payouts(clawrk_core::record::PayoutStatus::Owed),
        Index::KeysOf(user("ann")),
        Index::Due,
        Index::Expiring,
    ] {
        let rows = all(store.as_ref(), &index, 10).await.unwrap();
        assert_eq!(rows, [], "{index:?}");
    }
    assert_eq!(census(store.as_ref()).await.unwrap(), before);
    pass(&store, &delete).await;

    let store = reopened(home, store).await;
    assert_eq!(census(store.as_ref()).await.unwrap(), before);
    pass(&store, &puts(written)).await;
    let again = found(&store, &Key::Job(job_id(1))).await.seq;
    assert!(again > seq, "what was deleted and is written again is new");
    census(store.as_ref()).await.unwrap();
}

/// What [`Batch::validate`] refuses is refused with its reason, and nothing is written.
pub async fn invalid_batch_is_refused(home: &dyn Home) {
    let store = home.open().await;
    pass(&store, &puts([queued(1, "ann", 0)])).await;
    let before = census(store.as_ref()).await.unwrap();

    let ann = Key::User(user("ann"));
    let many = |count: usize| Batch {
        guards: (0..count as u64)
            .map(|n| Guard::Absent(Key::Job(job_id(n + 1_000))))
            .collect(),
        ..batch()
    };
    let long = |bytes: usize| {
        let empty = brief(1, "").encode().unwrap().len();
        // A long text needs four bytes more for its length than an empty one.
        brief(1, &"x".repeat(bytes - empty - 4))
    };
    assert_eq!(
        long(RECORD_BYTES_MAX).encode().unwrap().len(),
        RECORD_BYTES_MAX
    );
    let balance = Record::new(
        1,
        Body::Account(clawrk_core::record::AccountRecord {
            account: account("ann"),
            balance: 1_000,
        }),
    );
    let entry = entry_of(&post(&Account::Spent, 1), batch().id, 0);
    let loose = Record::new(1, Body::Entry(entry));
    for (batch, why) in [
        (
            many(BATCH_RECORDS_MAX + 1),
            InvalidBatch::TooMany(BATCH_RECORDS_MAX + 1),
        ),
        (
            puts([person("ann", 1, "A"), person("ann", 2, "B")]),
            InvalidBatch::Twice(ann.clone()),
        ),
        (
            Batch {
                deletes: vec![ann.clone()],
                ..puts([person("ann", 1, "A")])
            },
            InvalidBatch::Twice(ann.clone()),
        ),
        (
            Batch {
                guards: vec![Guard::Absent(ann.clone()), Guard::At(ann.clone(), 1)],
                ..batch()
            },
            InvalidBatch::Twice(ann),
        ),
        (
            puts([balance.clone()]),
            InvalidBatch::LedgerRecord(balance.key()),
        ),
        (
            puts([loose.clone()]),
            InvalidBatch::LedgerRecord(loose.key()),
        ),
        (
            Batch {
                deletes: vec![Key::Entry(account("ann"), 1)],
                ..batch()
            },
            InvalidBatch::LedgerRecord(Key::Entry(account("ann"), 1)),
        ),
        (
            posts([post_above(0, &Account::Spent, 1)]),
            InvalidBatch::FloorWithoutBalance(Account::Spent.to_string()),
        ),
        (
            puts([long(RECORD_BYTES_MAX + 1)]),
            InvalidBatch::Unstorable(brief(1, "").key()),
        ),
    ] {
        let batch = Batch {
            puts: batch
                .puts
                .into_iter()
                .chain([queued(9, "ann", 0)])
                .collect(),
            ..batch
        };
        let why = match why {
            InvalidBatch::TooMany(items) => InvalidBatch::TooMany(items + 1),
            other => other,
        };
        assert_eq!(commit(&store, &batch).await, Outcome::Invalid(why));
    }
    assert_eq!(census(store.as_ref()).await.unwrap(), before);

    pass(&store, &many(BATCH_RECORDS_MAX)).await;
    pass(&store, &puts([long(RECORD_BYTES_MAX)])).await;
    let Body::Text(text) = found(&store, &brief(1, "").key()).await.body else {
        panic!("not a text");
    };
    let Text::Brief { prompt, .. } = text.text else {
        panic!("not a brief");
    };
    assert!(prompt.len() > RECORD_BYTES_MAX - 1_000 && prompt.bytes().all(|b| b == b'x'));
}
