//! Who waits for a sync, and who does not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};

use clawrk_core::job::State;
use clawrk_core::record::Record;
use clawrk_core::store::{Index, Key, PageLimit, Store};
use clawrk_store_embedded::EmbeddedStore;
use clawrk_testkit::run::{block_on, poll_once, spawn};

use support::*;

type Shared = Arc<EmbeddedStore<DiskEngine>>;

/// A store with these records, whose syncs are held from now on.
fn held(records: impl IntoIterator<Item = Record>) -> (Disk, Shared) {
    let disk = Disk::default();
    let store = Arc::new(disk.open());
    block_on(store.commit(&puts(1, records))).unwrap();
    disk.hold();
    (disk, store)
}

fn start(store: &Shared, batch: clawrk_core::store::Batch) -> clawrk_testkit::run::Running<()> {
    let store = Arc::clone(store);
    spawn(async move { store.commit(&batch).await.unwrap() })
}

fn versions(records: &[Option<Record>]) -> Vec<u64> {
    let version = |record: &Option<Record>| record.as_ref().map_or(0, |record| record.version);
    records.iter().map(version).collect()
}

async fn board(store: &Shared) -> Vec<Record> {
    let page = store.scan(&Index::Board, None, PageLimit::rows(10)).await;
    page.unwrap().rows
}

#[test]
fn a_read_of_a_key_just_written_does_not_return_before_its_sync() {
    let (disk, store) = held([person("ann", 1), person("bob", 1)]);
    let commit = start(&store, puts(2, [person("ann", 2), person("eve", 1)]));
    disk.wait_until_held();

    for keys in [
        vec![user_key("ann")],
        vec![user_key("eve")],
        vec![user_key("bob"), user_key("ann")],
    ] {
        let mut read = pin!(store.read(&keys));
        assert!(poll_once(read.as_mut()).is_pending(), "{keys:?}");
        assert!(poll_once(read.as_mut()).is_pending(), "{keys:?} again");
    }
    let others = [user_key("bob"), user_key("nobody")];
    let Poll::Ready(read) = poll_once(pin!(store.read(&others))) else {
        panic!("a read of other keys waits");
    };
    assert_eq!(versions(&read.unwrap()), [1, 0]);

    let keys = [user_key("ann"), user_key("eve")];
    let mut read = pin!(store.read(&keys));
    assert!(poll_once(read.as_mut()).is_pending());
    disk.release();
    assert_eq!(versions(&block_on(read).unwrap()), [2, 1]);
    block_on(commit.join());
}

#[test]
fn a_scan_that_meets_what_is_in_flight_waits_for_it() {
    let (disk, store) = held([job(1, 1, State::Queued), job(2, 1, State::Queued)]);
    let commit = start(
        &store,
        puts(2, [job(1, 2, accepted()), job(3, 1, State::Queued)]),
    );
    disk.wait_until_held();

    let mut waiting = pin!(board(&store));
    assert!(poll_once(waiting.as_mut()).is_pending());
    // There is one reader thread. Once it has answered this scan, it has been through the first.
    let others = block_on(store.scan(&Index::KeysOf(user("ann")), None, PageLimit::rows(10)));
    assert!(others.unwrap().rows.is_empty());
    assert!(poll_once(waiting.as_mut()).is_pending());

    disk.release();
    let rows = block_on(waiting);
    let ids: Vec<_> = rows.iter().map(Record::key).collect();
    assert_eq!(ids, [Key::Job(job_id(2)), Key::Job(job_id(3))]);
    block_on(commit.join());
}

/// A key that every group changes would hold a reader for ever if it waited for each.
#[test]
fn a_reader_waits_for_one_group_only() {
    let (disk, store) = held([person("ann", 1), job(1, 1, State::Queued)]);
    let first = [person("ann", 2), job(2, 1, State::Queued)];
    let first = start(&store, puts(2, first));
    disk.wait_until_held();
    let keys = [user_key("ann"), user_key("eve")];
    let mut read = pin!(store.read(&keys));
    let mut scan = pin!(board(&store));
    assert!(poll_once(read.as_mut()).is_pending());
    assert!(poll_once(scan.as_mut()).is_pending());
    // Both have met the first group once this is answered.
    block_on(store.scan(&Index::Due, None, PageLimit::rows(1))).unwrap();
    assert!(poll_once(scan.as_mut()).is_pending());

    let second = [
        person("ann", 3),
        person("eve", 1),
        job(1, 2, accepted()),
        job(3, 1, State::Queued),
    ];
    let second = start(&store, puts(3, second));
    disk.step();
    // The second group is held by now, and the readers get what the first one left.
    assert_eq!(versions(&block_on(read).unwrap()), [2, 0]);
    let rows = block_on(scan);
    let ids: Vec<_> = rows.iter().map(|row| (row.key(), row.version)).collect();
    let (one, two) = (Key::Job(job_id(1)), Key::Job(job_id(2)));
    assert_eq!(ids, [(one, 1), (two, 1)]);

    disk.release();
    block_on(first.join());
    block_on(second.join());
    let ids: Vec<_> = block_on(board(&store)).iter().map(Record::key).collect();
    assert_eq!(ids, [Key::Job(job_id(2)), Key::Job(job_id(3))]);
    assert_eq!(versions(&block_on(store.read(&keys)).unwrap()), [3, 1]);
}

/// The same for an index that is a range of records.
#[test]
fn a_scan_of_records_shows_what_was_before_the_group_in_flight() {
    let (disk, store) = held([person("ann", 1), person("cleo", 1)]);
    let first = start(&store, puts(2, [person("ann", 2)]));
    disk.wait_until_held();
    let index = Index::All(clawrk_core::record::Kind::User);
    let mut scan = pin!(store.scan(&index, None, PageLimit::rows(10)));
    assert!(poll_once(scan.as_mut()).is_pending());
    block_on(store.scan(&Index::Due, None, PageLimit::rows(1))).unwrap();
    assert!(poll_once(scan.as_mut()).is_pending());
    let mut second = puts(3, [person("ann", 3), person("bob", 1)]);
    second.deletes = vec![user_key("cleo")];
    let second = start(&store, second);
    disk.step();
    let rows = block_on(scan).unwrap().rows;
    let found: Vec<_> = rows.iter().map(|row| (row.key(), row.version)).collect();
    assert_eq!(found, [(user_key("ann"), 2), (user_key("cleo"), 1)]);
    disk.release();
    block_on(first.join());
    block_on(second.join());
    let page = block_on(store.scan(&index, None, PageLimit::rows(10))).unwrap();
    let found: Vec<_> = page.rows.iter().map(Record::key).collect();
    assert_eq!(found, [user_key("ann"), user_key("bob")]);
}

#[test]
fn changed_returns_after_the_sync() {
    let (disk, store) = held([job(1, 1, State::Queued)]);
    let id = job_id(1);
    let mut changed = pin!(store.changed(&id, 1));
    assert!(poll_once(changed.as_mut()).is_pending());
    let commit = start(&store, puts(2, [job(1, 2, accepted())]));
    disk.wait_until_held();
    assert!(poll_once(changed.as_mut()).is_pending());
    let mut late = pin!(store.changed(&id, 1));
    assert!(poll_once(late.as_mut()).is_pending());
    disk.release();
    block_on(changed);
    block_on(late);
    block_on(commit.join());
}

/// A task that its wakers own, as of an executor that is gone when it is woken.
struct Task(Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>);

impl Wake for Task {
    fn wake(self: Arc<Self>) {}
}

#[test]
fn a_store_that_goes_with_a_waker_ends_without_a_panic() {
    let disk = Disk::default();
    let store = disk.open();
    disk.hold();
    let (gone, went) = mpsc::channel();
    let task = Arc::new(Task(Mutex::new(Some(Box::pin(async move {
        let _last = Last(gone);
        let store = store;
        store.commit(&puts(1, [person("ann", 1)])).await.unwrap();
    })))));
    let waker = Waker::from(Arc::clone(&task));
    {
        let mut future = task.0.lock().unwrap();
        let future = future.as_mut().unwrap().as_mut();
        assert!(future.poll(&mut Context::from_waker(&waker)).is_pending());
    }
    drop((waker, task));
    disk.wait_until_held();
    disk.release();
    assert!(!went.recv().unwrap(), "dropping the store panicked");
    let store = disk.open();
    let found = block_on(store.read(&[user_key("ann")])).unwrap();
    assert_eq!(versions(&found), [1]);
}

/// Says when it is dropped, and whether by a panic.
struct Last(mpsc::Sender<bool>);

impl Drop for Last {
    fn drop(&mut self) {
        // Nobody listens any more where the test has failed.
        let _ = self.0.send(std::thread::panicking());
    }
}
