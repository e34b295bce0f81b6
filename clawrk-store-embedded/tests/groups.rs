//! What is committed together.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::future::Future;
use std::pin::{Pin, pin};

use clawrk_core::store::{Batch, CommitError, Guard, Store, StoreError};
use clawrk_store_embedded::{EmbeddedStore, GROUP_BATCHES_MAX, GROUP_BYTES_MAX, QUEUE_BATCHES_MAX};
use clawrk_testkit::run::{block_on, poll_once};

use support::*;

type Answer<'a> = Pin<Box<dyn Future<Output = Result<(), CommitError>> + Send + 'a>>;

/// Submits these in order while the sync of an earlier group is held, so that they are in the queue
/// together.
fn queued<'a>(
    disk: &Disk,
    store: &'a EmbeddedStore<DiskEngine>,
    batches: &'a [Batch],
) -> (Answer<'a>, Vec<Answer<'a>>) {
    disk.hold();
    let blocker: &'static Batch = Box::leak(Box::new(puts(u128::MAX, [person("first", 1)])));
    let mut first: Answer<'a> = Box::pin(store.commit(blocker));
    assert!(poll_once(first.as_mut()).is_pending());
    disk.wait_until_held();
    let mut answers: Vec<Answer<'a>> = Vec::new();
    for batch in batches {
        let mut answer: Answer<'a> = Box::pin(store.commit(batch));
        assert!(poll_once(answer.as_mut()).is_pending());
        answers.push(answer);
    }
    (first, answers)
}

fn settle(
    disk: &Disk,
    first: Answer<'_>,
    answers: Vec<Answer<'_>>,
) -> Vec<Result<(), CommitError>> {
    disk.release();
    block_on(first).unwrap();
    answers.into_iter().map(block_on).collect()
}

#[test]
fn a_batch_may_rest_on_another_of_its_group() {
    let (disk, ann) = (Disk::default(), user_key("ann"));
    let store = disk.open();
    let batches = [
        guarded(Guard::Absent(ann.clone()), puts(1, [person("ann", 1)])),
        guarded(Guard::At(ann.clone(), 1), puts(2, [person("ann", 2)])),
        guarded(Guard::At(ann.clone(), 1), puts(3, [person("ann", 2)])),
        guarded(Guard::At(ann.clone(), 2), puts(4, [person("bob", 1)])),
    ];
    let (first, answers) = queued(&disk, &store, &batches);
    let answers = settle(&disk, first, answers);
    assert!(answers[0].is_ok() && answers[1].is_ok() && answers[3].is_ok());
    assert!(matches!(&answers[2], Err(CommitError::Conflict(key)) if *key == ann));
    let stats = store.stats();
    assert_eq!(
        (stats.groups, stats.commits, stats.largest_group),
        (2, 4, 3)
    );
    let found = block_on(store.read(&[ann, user_key("bob")])).unwrap();
    let seqs: Vec<_> = found
        .into_iter()
        .flatten()
        .map(|r| (r.version, r.seq))
        .collect();
    assert_eq!(seqs, [(2, 2), (1, 4)]);
}

#[test]
fn of_two_that_make_the_same_key_in_a_group_one_wins() {
    let disk = Disk::default();
    let store = disk.open();
    let absent = || Guard::Absent(user_key("ann"));
    let batches = [
        guarded(absent(), puts(1, [called("ann", 1, "first")])),
        guarded(absent(), puts(2, [called("ann", 1, "second")])),
    ];
    let (first, answers) = queued(&disk, &store, &batches);
    let answers = settle(&disk, first, answers);
    assert!(answers[0].is_ok());
    assert!(matches!(answers[1], Err(CommitError::Conflict(_))));
    assert_eq!(store.stats().groups, 2);
    let found = block_on(store.read(&[user_key("ann")])).unwrap();
    let expected = called("ann", 1, "first").body;
    assert_eq!(
        found[0].as_ref().map(|record| &record.body),
        Some(&expected)
    );
}

#[test]
fn what_comes_and_goes_within_a_group_leaves_nothing() {
    let disk = Disk::default();
    let store = disk.open();
    let (new, gone) = (job(1, 1, clawrk_core::job::State::Queued), new_delete(1));
    let batches = [puts(1, [new]), gone];
    let (first, answers) = queued(&disk, &store, &batches);
    assert!(settle(&disk, first, answers).iter().all(Result::is_ok));
    let board = store.scan(
        &clawrk_core::store::Index::Board,
        None,
        clawrk_core::store::PageLimit::rows(1),
    );
    assert!(block_on(board).unwrap().rows.is_empty());
    let stats = store.stats();
    assert_eq!(
        (stats.records, stats.entries),
        (1, 0),
        "the first batch has one"
    );
}

fn new_delete(n: u128) -> Batch {
    Batch {
        deletes: vec![clawrk_core::store::Key::Job(job_id(n))],
        ..batch(2)
    }
}

#[test]
fn a_group_keeps_to_its_limits() {
    let disk = Disk::default();
    let store = disk.open();
    let count = 2 * GROUP_BATCHES_MAX + 1;
    let small: Vec<_> = (0..count)
        .map(|n| puts(n as u128, [person(&format!("u{n}"), 1)]))
        .collect();
    let (first, answers) = queued(&disk, &store, &small);
    assert!(settle(&disk, first, answers).iter().all(Result::is_ok));
    let stats = store.stats();
    assert_eq!(stats.groups, 1 + 3);
    assert_eq!(stats.largest_group, GROUP_BATCHES_MAX as u64);

    let disk = Disk::default();
    let store = disk.open();
    let text = "x".repeat(GROUP_BYTES_MAX * 2 / 5);
    let large: Vec<_> = (0..5)
        .map(|n| puts(n, [called(&format!("u{n}"), 1, &text)]))
        .chain([puts(
            9,
            [called("huge", 1, &"x".repeat(2 * GROUP_BYTES_MAX))],
        )])
        .collect();
    let (first, answers) = queued(&disk, &store, &large);
    assert!(settle(&disk, first, answers).iter().all(Result::is_ok));
    let stats = store.stats();
    assert_eq!((stats.groups, stats.largest_group), (1 + 4, 2));
}

#[test]
fn callers_wait_for_a_place_in_a_full_queue() {
    let disk = Disk::default();
    let store = disk.open();
    let over = 10;
    let batches: Vec<_> = (0..QUEUE_BATCHES_MAX + over)
        .map(|n| puts(n as u128, [person(&format!("u{n}"), 1)]))
        .collect();
    let (first, mut answers) = queued(&disk, &store, &batches);
    // One that gives up while it waits for a place was never there.
    drop(answers.pop());
    assert!(settle(&disk, first, answers).iter().all(Result::is_ok));
    assert_eq!(store.stats().commits as usize, QUEUE_BATCHES_MAX + over);
    let last = user_key(&format!("u{}", QUEUE_BATCHES_MAX + over - 1));
    assert_eq!(block_on(store.read(&[last])).unwrap(), [None]);
}

#[test]
fn a_caller_that_goes_away_changes_nothing() {
    let disk = Disk::default();
    let store = disk.open();
    let batches = [puts(1, [person("ann", 1)]), puts(2, [person("bob", 1)])];
    let (first, answers) = queued(&disk, &store, &batches);
    drop(answers);
    drop(first);
    disk.release();
    block_on(store.close()).unwrap();
    disk.cut_power();
    let store = disk.open();
    let keys = [user_key("first"), user_key("ann"), user_key("bob")];
    let found = block_on(store.read(&keys)).unwrap();
    assert!(found.iter().all(Option::is_some));
}

#[test]
fn closing_commits_what_is_queued_and_refuses_the_rest() {
    let disk = Disk::default();
    let store = disk.open();
    let batches = [puts(1, [person("ann", 1)]), puts(2, [person("bob", 1)])];
    let (first, answers) = queued(&disk, &store, &batches);
    let mut close = pin!(store.close());
    assert!(poll_once(close.as_mut()).is_pending());
    let late = puts(3, [person("eve", 1)]);
    let late = block_on(store.commit(&late));
    assert!(matches!(
        late,
        Err(CommitError::Refused(StoreError::Closed))
    ));
    assert!(settle(&disk, first, answers).iter().all(Result::is_ok));
    block_on(close).unwrap();
    block_on(store.close()).unwrap();
    let read = block_on(store.read(&[user_key("ann")]));
    assert!(matches!(read, Err(StoreError::Closed)));
}

#[test]
fn a_group_in_which_nothing_passes_is_not_written() {
    let disk = Disk::default();
    let store = disk.open();
    let syncs = disk.calls(Call::Sync);
    let batch = guarded(Guard::At(user_key("ann"), 3), puts(1, [person("ann", 4)]));
    let answer = block_on(store.commit(&batch));
    assert!(matches!(answer, Err(CommitError::Conflict(_))));
    assert_eq!((disk.calls(Call::Sync), store.stats().groups), (syncs, 0));
}
