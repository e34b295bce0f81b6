//! What `scan` answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clawrk_core::job::{State, Status};
use clawrk_core::ledger::Account;
use clawrk_core::record::{Body, Kind, PayoutStatus, Record, Scope};
use clawrk_core::store::{Batch, Guard, Index, Key, PageLimit, Store};

use super::Home;
use super::check::{all, census};
use super::fixtures::*;
use crate::run::spawn;

async fn jobs(store: &Arc<dyn Store>, index: &Index) -> Vec<u64> {
    let rows = all(store.as_ref(), index, 3).await.unwrap();
    rows.iter().filter_map(id_of).collect()
}

fn id_of(record: &Record) -> Option<u64> {
    match &record.body {
        Body::Job(job) => u64::try_from(job.id.bits()).ok(),
        Body::Payout(payout) => u64::try_from(payout.id.job().bits()).ok(),
        Body::ApiKey(key) => Some(key.id.bits()),
        Body::Event(event) => Some(event.seq),
        _ => None,
    }
}

/// Newest first means by time of creation, then by commit order; oldest first likewise; a user's
/// rows are that user's alone.
pub async fn scan_follows_the_index_order(home: &dyn Home) {
    let store = home.open().await;
    // Ids, times and commit order all disagree. Three of one millisecond, in three commits.
    for (id, made) in [(50, 10), (90, 30), (10, 20), (70, 20), (40, 20), (60, 5)] {
        pass(&store, &puts([queued(id, "ann", made)])).await;
    }
    pass(&store, &puts([queued(1, "ann b", 20), queued(2, "an", 20)])).await;
    let by_ann = Index::JobsBySender(user("ann"));
    assert_eq!(jobs(&store, &by_ann).await, [90, 40, 70, 10, 50, 60]);
    assert_eq!(
        jobs(&store, &Index::Board).await,
        [60, 50, 10, 70, 40, 1, 2, 90]
    );
    let other = Index::JobsBySender(user("ann b"));
    assert_eq!(jobs(&store, &other).await, [1]);

    // A job keeps its place when it changes, also where a later commit writes it first.
    let take = |id, made, due| job(id, "ann", made, 2, accepted_by("bob", due));
    pass(
        &store,
        &puts([take(40, 20, Some(9)), take(10, 20, Some(1))]),
    )
    .await;
    pass(&store, &puts([take(90, 30, None), take(60, 5, Some(4))])).await;
    assert_eq!(jobs(&store, &by_ann).await, [90, 40, 70, 10, 50, 60]);
    let by_bob = Index::JobsByReceiver(user("bob"));
    assert_eq!(jobs(&store, &by_bob).await, [90, 40, 10, 60]);
    assert_eq!(jobs(&store, &Index::Board).await, [50, 70, 1, 2]);
    assert_eq!(
        jobs(&store, &Index::Due).await,
        [10, 60, 40],
        "soonest first"
    );

    for (id, made) in [(3, 7), (9, 7), (5, 6)] {
        pass(
            &store,
            &puts([payout(id, "bob", made), api_key(id, "bob", made)]),
        )
        .await;
    }
    pass(
        &store,
        &puts([payout(4, "bobby", 1), api_key(4, "bobby", 1)]),
    )
    .await;
    let paid = Index::PayoutsOf(user("bob"));
    assert_eq!(jobs(&store, &paid).await, [9, 3, 5]);
    let owed = Index::Payouts(PayoutStatus::Owed);
    assert_eq!(jobs(&store, &owed).await, [4, 5, 3, 9]);
    assert_eq!(jobs(&store, &Index::KeysOf(user("bob"))).await, [5, 3, 9]);

    let history = (1..=300).rev().map(|seq| event(50, seq));
    for events in history.collect::<Vec<_>>().chunks(100) {
        pass(&store, &puts(events.to_vec())).await;
    }
    pass(&store, &puts([event(51, 1), event(49, 9)])).await;
    let history = jobs(&store, &Index::EventsOf(job_id(50))).await;
    assert_eq!(history, (1..=300).collect::<Vec<_>>());

    let names = ["b", "a", "c\0", "c", "c\u{1}"];
    for (place, name) in names.iter().enumerate() {
        let expires = 100 - place as i64;
        pass(&store, &puts([once(Scope::User(user("x")), name, expires)])).await;
    }
    let rows = all(store.as_ref(), &Index::Expiring, 2).await.unwrap();
    let shown: Vec<_> = rows.iter().filter_map(once_key).collect();
    assert_eq!(shown, ["c\u{1}", "c", "c\0", "a", "b"]);
    let rows = all(store.as_ref(), &Index::All(Kind::Once), 2).await;
    let shown: Vec<_> = rows.as_ref().unwrap().iter().filter_map(once_key).collect();
    assert_eq!(shown, ["a", "b", "c", "c\0", "c\u{1}"]);
    census(store.as_ref()).await.unwrap();
}

fn once_key(record: &Record) -> Option<&str> {
    match &record.body {
        Body::Once(once) => Some(&once.key),
        _ => None,
    }
}

/// Pages follow each other by cursor, while others write; what is there all the time appears
/// exactly once, in order.
pub async fn scan_pages_without_gaps_or_repeats(home: &dyn Home) {
    let store = home.open().await;
    // Even ids stay; odd ones come, change and go around them.
    let stay: Vec<u64> = (0..40).map(|n| 2 * n).collect();
    for ids in stay.chunks(10) {
        let made = |id: u64| i64::try_from(id / 4).unwrap();
        pass(
            &store,
            &puts(ids.iter().map(|id| queued(*id, "ann", made(*id)))),
        )
        .await;
    }
    let fund = |n| post(&account("ann"), n);
    pass(&store, &posts((1..=40).map(fund))).await;
    let stop = Arc::new(AtomicBool::new(false));
    let churn = spawn({
        let (store, stop) = (Arc::clone(&store), Arc::clone(&stop));
        async move {
            let mut rounds = 0_u64;
            while !stop.load(Ordering::SeqCst) {
                let id = 2 * (rounds * 7 % 40) + 1;
                let made = i64::try_from(id / 4).unwrap();
                let mut batch = puts([queued(id, "ann", made)]);
                batch.postings = vec![post(&account("ann"), 1)];
                pass(&store, &batch).await;
                let change = job(id, "ann", made, 2, accepted_by("bob", Some(made)));
                pass(&store, &puts([change])).await;
                let delete = Batch {
                    deletes: vec![Key::Job(job_id(id))],
                    ..super::fixtures::batch()
                };
                pass(&store, &delete).await;
                rounds += 1;
            }
        }
    });
    let mut newest_first = stay.clone();
    newest_first.sort_by_key(|id| std::cmp::Reverse(id / 4));
    let mut entries_seen = 0;
    // A fast store could answer one round before the other's thread has begun.
    let mut page_sizes = [1, 3, 7, 1_000].into_iter().cycle().enumerate();
    while let Some((round, rows)) = page_sizes.next()
        && (round < 4 || entries_seen == 40)
    {
        for index in [Index::All(Kind::Job), Index::Board] {
            let shown = jobs_by(&store, &index, rows).await;
            assert_eq!(shown, stay, "{index:?} by {rows}");
        }
        let shown = jobs_by(&store, &Index::JobsBySender(user("ann")), rows).await;
        let times = |ids: &[u64]| ids.iter().map(|id| id / 4).collect::<Vec<_>>();
        assert_eq!(
            times(&shown),
            times(&newest_first),
            "newest first by {rows}"
        );
        let mut once: Vec<u64> = shown;
        once.sort_unstable();
        assert_eq!(once, stay, "each exactly once by {rows}");

        let entries = Index::EntriesOf(account("ann"));
        let shown = all(store.as_ref(), &entries, rows).await.unwrap();
        let numbers: Vec<u64> = shown.iter().filter_map(entry_number).collect();
        let from = numbers[0];
        assert!(from >= 40);
        assert_eq!(numbers, (1..=from).rev().collect::<Vec<_>>(), "by {rows}");
        entries_seen = from;
    }
    stop.store(true, Ordering::SeqCst);
    churn.join().await;
    census(store.as_ref()).await.unwrap();
}

/// The even jobs that an index shows.
async fn jobs_by(store: &Arc<dyn Store>, index: &Index, rows: usize) -> Vec<u64> {
    let rows = all(store.as_ref(), index, rows).await.unwrap();
    let ids = rows.iter().filter_map(id_of);
    ids.filter(|id| id % 2 == 0).collect()
}

fn entry_number(record: &Record) -> Option<u64> {
    match &record.body {
        Body::Entry(entry) => entry.number,
        _ => None,
    }
}

/// No page has more rows or bytes than asked, but one row at least while there are any; the last
/// one says that it is the last.
pub async fn scan_keeps_to_its_limits(home: &dyn Home) {
    let store = home.open().await;
    let index = Index::All(Kind::Text);
    let nothing = store.scan(&index, None, PageLimit::rows(5)).await.unwrap();
    assert_eq!((nothing.rows.len(), nothing.next), (0, None));

    let sizes = [10, 5_000, 20, 30, 9_000, 9_000, 40, 50, 60];
    let texts = (0_u64..)
        .zip(sizes)
        .map(|(n, size)| brief(n, &"x".repeat(size)));
    pass(&store, &puts(texts)).await;
    let records = all(store.as_ref(), &index, 100).await.unwrap();
    let bytes_of = |record: &Record| record.encode().unwrap().len();
    let total: usize = records.iter().map(bytes_of).sum();
    let first_two = bytes_of(&records[0]) + bytes_of(&records[1]);
    for rows in [1, 2, 3, 8, 9, 10] {
        for bytes in [1, 500, first_two - 1, first_two, 10_000, total - 1, total] {
            let limit = PageLimit { rows, bytes };
            let (mut shown, mut after) = (Vec::new(), None);
            loop {
                let page = store.scan(&index, after.as_ref(), limit).await.unwrap();
                assert!(!page.rows.is_empty(), "something was left to show");
                assert!(page.rows.len() <= rows, "{limit:?}");
                let sum: usize = page.rows.iter().map(bytes_of).sum();
                assert!(
                    sum <= bytes || page.rows.len() == 1,
                    "{limit:?}: {sum} bytes"
                );
                shown.extend(page.rows);
                assert_eq!(
                    page.next.is_none(),
                    shown.len() == records.len(),
                    "{limit:?}: the last page, and no other, has no next one"
                );
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
            assert_eq!(shown, records, "{limit:?}");
        }
    }
    let page = |rows, bytes| store.scan(&index, None, PageLimit { rows, bytes });
    assert_eq!(page(9, total).await.unwrap().rows.len(), 9);
    assert_eq!(page(9, first_two).await.unwrap().rows.len(), 2);
}

/// A row is the record as it is now, and one that no longer belongs does not appear.
pub async fn scan_shows_what_is_true_now(home: &dyn Home) {
    let store = home.open().await;
    pass(&store, &puts([queued(1, "ann", 0), queued(2, "ann", 1)])).await;
    let moved = |version, receiver, due| job(1, "ann", 0, version, accepted_by(receiver, due));
    let (board, due) = (Index::Board, Index::Due);
    let (bob, eve) = (
        Index::JobsByReceiver(user("bob")),
        Index::JobsByReceiver(user("eve")),
    );
    pass(&store, &puts([moved(2, "bob", Some(5))])).await;
    assert_eq!(jobs(&store, &board).await, [2]);
    assert_eq!(jobs(&store, &bob).await, [1]);
    assert_eq!(jobs(&store, &due).await, [1]);
    pass(&store, &puts([moved(3, "eve", Some(9))])).await;
    assert_eq!(jobs(&store, &bob).await, [0_u64; 0]);
    assert_eq!(jobs(&store, &eve).await, [1]);
    assert_eq!(jobs(&store, &due).await, [1], "once, at the new time");
    pass(&store, &puts([moved(4, "eve", None)])).await;
    assert_eq!(jobs(&store, &due).await, [0_u64; 0]);
    let rows = all(store.as_ref(), &eve, 5).await.unwrap();
    assert_eq!(
        (rows[0].version, &rows[0].body),
        (4, &moved(4, "eve", None).body)
    );
    pass(&store, &puts([job(1, "ann", 0, 5, State::Queued)])).await;
    assert_eq!(jobs(&store, &board).await, [1, 2]);
    assert_eq!(jobs(&store, &eve).await, [0_u64; 0]);
    row_is_never_out_of_date(&store).await;
    let loose = all(store.as_ref(), &Index::EntriesOf(Account::Spent), 5).await;
    assert_eq!(
        loose.unwrap(),
        [],
        "an account without a balance lists nothing"
    );
    census(store.as_ref()).await.unwrap();
}

/// Scans the board while jobs jump on and off it.
async fn row_is_never_out_of_date(store: &Arc<dyn Store>) {
    let stop = Arc::new(AtomicBool::new(false));
    let writer = spawn({
        let (store, stop) = (Arc::clone(store), Arc::clone(&stop));
        async move {
            let (key, mut version) = (Key::Job(job_id(1)), 5);
            while !stop.load(Ordering::SeqCst) || version % 2 == 0 {
                let state = match version % 2 {
                    0 => State::Queued,
                    _ => accepted_by("bob", Some(3)),
                };
                let batch = Batch {
                    guards: vec![Guard::At(key.clone(), version)],
                    ..puts([job(1, "ann", 0, version + 1, state)])
                };
                pass(&store, &batch).await;
                version += 1;
            }
            version
        }
    });
    let (mut last, mut rounds) = (0, 0);
    // A fast store could answer 200 rounds before the writer's thread has begun.
    while rounds < 200 || last <= 5 {
        rounds += 1;
        for (index, status) in [
            (Index::Board, Status::Queued),
            (Index::Due, Status::Accepted),
            (Index::JobsByReceiver(user("bob")), Status::Accepted),
        ] {
            let rows = all(store.as_ref(), &index, 5).await.unwrap();
            for row in rows.iter().filter(|row| id_of(row) == Some(1)) {
                let Body::Job(job) = &row.body else {
                    panic!("{index:?} shows {row:?}");
                };
                assert_eq!(job.state.status(), status, "{index:?}");
                assert!(row.version >= last, "the past came back");
                last = row.version;
            }
        }
    }
    stop.store(true, Ordering::SeqCst);
    let version = writer.join().await;
    assert_eq!(found(store, &Key::Job(job_id(1))).await.version, version);
}
