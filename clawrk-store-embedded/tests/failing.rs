//! What an engine that fails, panics or rots does to a store.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::pin::pin;
use std::sync::Arc;

use clawrk_core::job::State;
use clawrk_core::record::{Kind, Record};
use clawrk_core::store::{
    CommitError, Guard, Index, Key, PageLimit, Store, StoreError, index_entries,
};
use clawrk_store_embedded::{HEAD_KEY, Head, OpenError, STORE_FORMAT, Space};
use clawrk_testkit::run::{block_on, poll_once, spawn};

use support::*;

fn is_poisoned<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Poisoned { .. }))
}

/// After a write or a sync that fails or panics the batch is in doubt, and nothing is answered
/// until the store is opened again; then it is there as a whole or not at all.
#[test]
fn a_failed_write_or_sync_poisons() {
    for call in [Call::Apply, Call::Sync] {
        for fault in [
            Fault::Fails,
            Fault::FailsAfter,
            Fault::Breaks,
            Fault::Panics,
        ] {
            let disk = Disk::default();
            let store = disk.open();
            block_on(store.commit(&puts(1, [person("ann", 1)]))).unwrap();
            disk.break_call(call, 1, fault);
            let both = puts(2, [person("ann", 2), person("bob", 1)]);
            let answer = block_on(store.commit(&both));
            let Err(CommitError::Ambiguous(StoreError::Poisoned { cause })) = &answer else {
                panic!("{call:?} {fault:?}: {answer:?}");
            };
            let said = match fault {
                Fault::Panics => "the engine fell over",
                Fault::Breaks => "the disk is gone",
                _ => "the disk said no",
            };
            assert!(cause.contains(said), "{cause}");

            let read = block_on(store.read(&[user_key("eve")]));
            assert!(is_poisoned(&read), "{call:?} {fault:?}: {read:?}");
            let page = block_on(store.scan(&Index::Board, None, PageLimit::rows(1)));
            assert!(is_poisoned(&page), "{call:?} {fault:?}: {page:?}");
            let late = block_on(store.commit(&puts(3, [person("eve", 1)])));
            let refused = matches!(
                &late,
                Err(CommitError::Refused(StoreError::Poisoned { .. }))
            );
            assert!(refused, "{call:?} {fault:?}: {late:?}");
            block_on(store.changed(&job_id(1), 0));
            drop(store);

            disk.cut_power();
            let store = disk.open();
            let keys = [user_key("ann"), user_key("bob"), user_key("eve")];
            let found = block_on(store.read(&keys)).unwrap();
            let found: Vec<_> = found
                .iter()
                .map(|r| r.as_ref().map(|r| r.version))
                .collect();
            let done = (call, fault) == (Call::Sync, Fault::FailsAfter);
            let expected = if done {
                [Some(2), Some(1), None]
            } else {
                [Some(1), None, None]
            };
            assert_eq!(found, expected, "{call:?} {fault:?}");
            block_on(store.commit(&puts(4, [person("eve", 1)]))).unwrap();
        }
    }
}

/// Who waits for a group that fails is told, and so are all who are queued behind it.
#[test]
fn a_failed_sync_answers_everybody() {
    let disk = Disk::default();
    let store = Arc::new(disk.open());
    disk.hold();
    let commit = |n: u128, name: &'static str| {
        let store = Arc::clone(&store);
        spawn(async move { store.commit(&puts(n, [person(name, 1)])).await })
    };
    let first = commit(1, "ann");
    disk.wait_until_held();
    let keys = [user_key("ann")];
    let mut read = pin!(store.read(&keys));
    assert!(poll_once(read.as_mut()).is_pending());
    let batch = puts(2, [person("bob", 1)]);
    let mut behind = pin!(store.commit(&batch));
    assert!(poll_once(behind.as_mut()).is_pending());
    disk.break_call(Call::Sync, 1, Fault::Fails);
    disk.release();
    let first = block_on(first.join());
    assert!(matches!(first, Err(CommitError::Ambiguous(_))));
    assert!(is_poisoned(&block_on(read)));
    let behind = block_on(behind);
    assert!(matches!(
        behind,
        Err(CommitError::Refused(StoreError::Poisoned { .. }))
    ));
}

#[test]
fn an_error_while_checking_refuses_that_batch_alone() {
    let disk = Disk::default();
    let store = disk.open();
    disk.break_call(Call::Get, 1, Fault::Fails);
    let batch = guarded(Guard::Absent(user_key("ann")), puts(1, [person("ann", 1)]));
    let answer = block_on(store.commit(&batch));
    assert!(matches!(
        answer,
        Err(CommitError::Refused(StoreError::Unavailable(_)))
    ));
    block_on(store.commit(&batch)).unwrap();
    disk.break_call(Call::Get, 1, Fault::Fails);
    let read = block_on(store.read(&[user_key("ann")]));
    assert!(matches!(read, Err(StoreError::Unavailable(_))));
    assert!(block_on(store.read(&[user_key("ann")])).is_ok());
    disk.break_call(Call::Scan, 1, Fault::Fails);
    let page = block_on(store.scan(&Index::Board, None, PageLimit::rows(1)));
    assert!(matches!(page, Err(StoreError::Unavailable(_))));
}

#[test]
fn a_panic_or_a_broken_engine_poisons_wherever_it_is_met() {
    for (call, fault) in [
        (Call::Get, Fault::Panics),
        (Call::Scan, Fault::Panics),
        (Call::Get, Fault::Breaks),
        (Call::Scan, Fault::Breaks),
    ] {
        let disk = Disk::default();
        let store = disk.open();
        disk.break_call(call, 1, fault);
        let said = match call {
            Call::Get => block_on(store.commit(&puts(1, [person("ann", 1)]))).map_err(|error| {
                let CommitError::Refused(error) = error else {
                    panic!("{error:?}");
                };
                error
            }),
            _ => block_on(store.scan(&Index::Board, None, PageLimit::rows(1))).map(drop),
        };
        assert!(is_poisoned(&said), "{call:?} {fault:?}: {said:?}");
        assert!(is_poisoned(&block_on(store.read(&[user_key("ann")]))));
        assert!(is_poisoned(&block_on(store.close())), "closing hides it");
    }
}

/// Breaks every call in turn, cuts the power, and compares what is there with what was answered.
#[test]
fn nothing_acknowledged_is_lost_wherever_it_breaks() {
    let mut broken = 0;
    for call in [Call::Get, Call::Apply, Call::Sync] {
        for fault in [Fault::Fails, Fault::FailsAfter, Fault::Panics] {
            for nth in 1.. {
                let disk = Disk::default();
                let store = disk.open();
                disk.break_call(call, nth, fault);
                let before = disk.calls(call);
                let answers: Vec<_> = (1..=6_u64)
                    .map(|n| {
                        let next = [person("ann", n), job(n.into(), 1, State::Queued)];
                        block_on(store.commit(&puts(n.into(), next)))
                    })
                    .collect();
                let reached = disk.calls(call) - before >= nth;
                drop(store);
                disk.cut_power();
                check(&disk, &answers);
                if !reached {
                    break;
                }
                broken += 1;
            }
        }
    }
    assert!(broken > 3 * (6 + 6), "{broken} calls were broken");
}

fn check(disk: &Disk, answers: &[Result<(), CommitError>]) {
    let store = disk.open();
    for (n, answer) in (1_u64..).zip(answers) {
        let found = block_on(store.read(&[Key::Job(job_id(n.into()))])).unwrap();
        match answer {
            Ok(()) => assert!(found[0].is_some(), "{n} was acknowledged"),
            Err(CommitError::Refused(_)) => assert!(found[0].is_none(), "{n} was refused"),
            Err(CommitError::Ambiguous(_)) => {}
            Err(other) => panic!("{n}: {other:?}"),
        }
    }
    let page = block_on(store.scan(&Index::Board, None, PageLimit::rows(10))).unwrap();
    let jobs = block_on(store.scan(&Index::All(Kind::Job), None, PageLimit::rows(10))).unwrap();
    assert_eq!(page.rows, jobs.rows, "index and records agree");
    let ann = block_on(store.read(&[user_key("ann")])).unwrap();
    let last = jobs.rows.last().map(Record::key);
    let written = ann[0]
        .as_ref()
        .map(|ann| Key::Job(job_id(ann.version.into())));
    assert_eq!(written, last, "a batch is there as a whole");
}

#[test]
fn damage_is_named_and_never_a_wrong_answer() {
    let disk = Disk::default();
    let store = disk.open();
    block_on(store.commit(&puts(1, [person("ann", 1), person("bob", 1)]))).unwrap();
    let ann = user_key("ann").to_bytes();
    let intact = disk.value(Space::Records, &ann);
    let bits = intact.len() * 8;
    for bit in 0..bits {
        disk.damage(Space::Records, &ann, |value| {
            value[bit / 8] ^= 1 << (bit % 8)
        });
        let read = block_on(store.read(&[user_key("ann")]));
        let named =
            matches!(&read, Err(StoreError::Corrupt { detail }) if detail.contains("user ann"));
        assert!(named, "bit {bit}: {read:?}");
        disk.put(Space::Records, &ann, intact.clone());
    }
    disk.damage(Space::Records, &ann, |value| value.truncate(3));
    let users = Index::All(Kind::User);
    let page = block_on(store.scan(&users, None, PageLimit::rows(9))).unwrap();
    assert_eq!(page.rows.len(), 1, "bob is sound");
    let [damaged] = &page.damaged[..] else {
        panic!("{page:?}");
    };
    assert_eq!(damaged.key, Some(user_key("ann")));
    assert_eq!(damaged.detail, "user ann: cut short");
    let relying = guarded(Guard::At(user_key("ann"), 1), puts(2, [person("eve", 1)]));
    let refused = block_on(store.commit(&relying));
    assert!(matches!(
        refused,
        Err(CommitError::Refused(StoreError::Corrupt { .. }))
    ));
    let bob = disk.value(Space::Records, &user_key("bob").to_bytes());
    disk.put(Space::Records, &ann, bob);
    let read = block_on(store.read(&[user_key("ann")]));
    let named = matches!(&read, Err(StoreError::Corrupt { detail }) if detail.contains("user bob"));
    assert!(named, "a record in another's place: {read:?}");
    assert!(block_on(store.read(&[user_key("bob")])).is_ok());
}

#[test]
fn an_index_entry_without_its_record_is_damage() {
    let disk = Disk::default();
    let store = disk.open();
    block_on(store.commit(&puts(1, [job(1, 1, State::Queued)]))).unwrap();
    disk.lose(Space::Records, &Key::Job(job_id(1)).to_bytes());
    let page = block_on(store.scan(&Index::Board, None, PageLimit::rows(1))).unwrap();
    assert_eq!(page.rows, []);
    assert_eq!(page.damaged[0].key, Some(Key::Job(job_id(1))));
}

#[test]
fn a_damaged_index_entry_hides_no_other() {
    let disk = Disk::default();
    let store = disk.open();
    let jobs: Vec<Record> = (1..=40).map(|n| job(n, 1, State::Queued)).collect();
    block_on(store.commit(&puts(1, jobs.clone()))).unwrap();
    let entry = |record: &Record| {
        let prefix = Index::Board.entry_prefix().unwrap();
        let mut entries = index_entries(record).into_iter();
        entries.find(|entry| entry.starts_with(&prefix)).unwrap()
    };
    for n in [0, 16, 39] {
        // The first commit: its number is part of the entry.
        let record = Record {
            seq: 1,
            ..jobs[n].clone()
        };
        disk.damage(Space::Index, &entry(&record), |length| length.push(0));
    }
    let page = block_on(store.scan(&Index::Board, None, PageLimit::rows(100))).unwrap();
    assert_eq!(page.rows.len(), 37);
    assert_eq!(page.damaged.len(), 3);
    for damaged in page.damaged {
        assert_eq!(damaged.key, None);
        assert!(damaged.detail.contains("not the length of a key"));
    }
}

#[test]
fn a_store_of_a_later_format_is_refused() {
    let disk = Disk::default();
    drop(disk.open());
    let mut later = Head::default().encode();
    later.truncate(Head::BYTES - 4);
    later[0] = STORE_FORMAT + 1;
    later.extend_from_slice(&crc32fast::hash(&later).to_be_bytes());
    disk.put(Space::Meta, HEAD_KEY, later);
    let error = disk.try_open().unwrap_err();
    assert!(matches!(error, OpenError::LaterFormat { found: 2 }));
    assert!(error.to_string().contains("format 2"), "{error}");
    disk.damage(Space::Meta, HEAD_KEY, |head| head.truncate(9));
    let error = disk.try_open().unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
}
