//! Damage that shows in the counts alone.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use clawrk_core::audit::ViolationKind;
use clawrk_core::record::{Body, Kind};
use clawrk_core::store::{Counts, Store};
use clawrk_core::watch::Stage;

use crate::damage::*;
use crate::tampered::Tampered;
use ViolationKind::*;

/// What the store counted before it was damaged.
fn count(store: &mut Tampered) {
    let counts = pollster::block_on(Store::counts(store));
    store.counts = Some(counts.unwrap());
}

#[test]
fn a_record_that_nobody_speaks_of() {
    for kind in [Kind::ApiKey, Kind::Once, Kind::User] {
        let kinds = found(|store| {
            count(store);
            let key = store.all(kind)[0].key();
            store.remove(&key);
        });
        assert_eq!(kinds, [Count], "{kind:?}");
    }
}

#[test]
fn a_job_that_is_gone_with_all_that_speaks_of_it() {
    let kinds = found(|store| {
        let cancelled = job(store, clawrk_core::job::Status::Cancelled).1.id;
        count(store);
        let of_job = |body: &Body| match body {
            Body::Job(job) => job.id == cancelled,
            Body::Text(text) => text.job == cancelled,
            Body::Event(event) => event.job == cancelled,
            _ => false,
        };
        for kind in [Kind::Job, Kind::Text, Kind::Event] {
            for record in store.all(kind) {
                if of_job(&record.body) {
                    store.remove(&record.key());
                }
            }
        }
    });
    // Three kinds and a status; and the ledger still speaks of the job.
    assert_eq!(kinds.iter().filter(|kind| **kind == Count).count(), 4);
}

#[test]
fn a_record_that_has_fallen_back() {
    let kinds = found(|store| {
        let mut user = store.all(Kind::User).remove(0);
        user.version += 1;
        store.put(user.clone());
        count(store);
        user.version -= 1;
        store.put(user);
    });
    assert_eq!(kinds, [Count]);
}

#[test]
fn counts_are_compared_where_nothing_was_committed_meanwhile() {
    let audit = |counts: Option<Counts>| {
        pollster::block_on(async {
            let mut store = exchange().await;
            store.counts = counts;
            let clock = crate::support::ManualClock::new();
            let engine = clawrk_core::Engine::builder(std::sync::Arc::new(store), clock).build();
            engine.audit().await.unwrap()
        })
    };
    let sound = audit(None);
    assert!(sound.ok() && sound.counted);
    let wrong = audit(Some(Counts::default()));
    assert!(!wrong.ok() && wrong.counted);
}

#[test]
fn what_stays_for_ever_is_missed_also_where_others_commit_meanwhile() {
    for (kind, expected) in [(Kind::User, &[Count][..]), (Kind::ApiKey, &[])] {
        let kinds = found(|store| {
            count(store);
            store.commits = Some(AtomicU64::new(1));
            let key = store.all(kind)[0].key();
            store.remove(&key);
        });
        assert_eq!(kinds, expected, "{kind:?}");
    }
}

#[test]
fn an_audit_says_how_far_it_is() {
    pollster::block_on(async {
        let store = Arc::new(exchange().await);
        let total = Store::counts(store.as_ref()).await.unwrap().all_records();
        let clock = crate::support::ManualClock::new();
        let engine = clawrk_core::Engine::builder(store, clock).build();
        let mut seen = Vec::new();
        let audit = engine.audit_watched(&mut |now| seen.push(now)).await;
        assert!(audit.unwrap().ok());
        // Those with a row, and those who work without one: alice and bob.
        let users = 2;
        let records = (1..=total).map(|done| (Stage::Auditing, done, total));
        let indexes = (1..=users).map(|done| (Stage::Indexes, done, users));
        let seen: Vec<_> = seen
            .iter()
            .map(|now| (now.stage, now.done, now.total))
            .collect();
        assert_eq!(seen, records.chain(indexes).collect::<Vec<_>>());
    });
}
