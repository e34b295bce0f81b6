//! What `counts` answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clawrk_core::id::CommitId;
use clawrk_core::job::{Run, State};
use clawrk_core::ledger::Account;
use clawrk_core::record::{Kind, Scope};
use clawrk_core::store::{Batch, Counts, Guard, Key, Store};

use super::check::census;
use super::fixtures::*;
use super::{Home, reopened};
use crate::rng::Rng;
use crate::run::{spawn, together};

const BATCHES: u64 = 300;

/// Whatever came, moved and went, the counts are those of a look at all records; so they are while
/// others commit, and when the store is opened again.
pub async fn counts_are_those_of_the_records(home: &dyn Home) {
    let mut rng = Rng::new(7);
    let mut store = home.open().await;
    assert_eq!(store.counts().await.unwrap(), Counts::default());
    let mut last = 0;
    for round in 0..BATCHES {
        commit(&store, &random_batch(&mut rng)).await;
        if round % 20 == 19 {
            if round % 60 == 59 {
                store = reopened(home, store).await;
            }
            last = are_those_of_the_records(&store, last).await;
        }
    }
    let before = store.counts().await.unwrap();
    let guarded = Key::Job(job_id(1));
    let mut refused = puts([person("nobody", 1, "x")]);
    refused.guards = vec![Guard::At(guarded.clone(), u64::MAX)];
    assert_eq!(
        commit(&store, &refused).await,
        Outcome::Conflict(guarded),
        "what is refused"
    );
    assert_eq!(store.counts().await.unwrap(), before, "counts for nothing");
    hold_while_others_commit(&store).await;
    are_those_of_the_records(&store, last).await;
}

/// Compares with a look at all records, and gives the number of the last commit.
async fn are_those_of_the_records(store: &Arc<dyn Store>, last: u64) -> u64 {
    let counts = store.counts().await.unwrap();
    let mut expected = Counts::default();
    expected.seq = counts.seq;
    let census = census(store.as_ref()).await.unwrap();
    census
        .records
        .values()
        .for_each(|record| expected.add(record));
    assert_eq!(counts, expected);
    assert_eq!(counts.all_records(), census.records.len() as u64);
    let newest = census.records.values().map(|record| record.seq).max();
    assert!(Some(counts.seq) >= newest, "{counts:?} behind {newest:?}");
    assert!(counts.seq > last, "commits have numbers that grow");
    counts.seq
}

/// A commit writes two records at once, so that an odd number of them was never there; and who was
/// answered is counted.
async fn hold_while_others_commit(store: &Arc<dyn Store>) {
    let before = store.counts().await.unwrap();
    let acknowledged = Arc::new(AtomicU64::new(0));
    let ended = Arc::new(AtomicU64::new(0));
    let (writers, commits) = (4_u64, 25_u64);
    let watcher = spawn({
        let (store, ended) = (Arc::clone(store), Arc::clone(&ended));
        let acknowledged = Arc::clone(&acknowledged);
        async move {
            let mut seen = before;
            while ended.load(Ordering::SeqCst) < writers {
                let least = acknowledged.load(Ordering::SeqCst);
                let now = store.counts().await.unwrap();
                let came = now.records(Kind::User) - before.records(Kind::User);
                assert_eq!(came % 2, 0, "half a commit");
                assert!(came >= 2 * least, "{came} came, {least} were acknowledged");
                assert!(now.seq >= seen.seq, "{now:?} after {seen:?}");
                seen = now;
            }
        }
    });
    together(writers as usize, |writer| {
        let (store, ended) = (Arc::clone(store), Arc::clone(&ended));
        let acknowledged = Arc::clone(&acknowledged);
        async move {
            for n in 0..commits {
                let pair = ["a", "b"].map(|half| person(&format!("{writer}{half}{n}"), 1, "x"));
                pass(&store, &puts(pair)).await;
                acknowledged.fetch_add(1, Ordering::SeqCst);
            }
            ended.fetch_add(1, Ordering::SeqCst);
        }
    })
    .await;
    watcher.join().await;
    let after = store.counts().await.unwrap();
    let came = after.records(Kind::User) - before.records(Kind::User);
    assert_eq!(came, 2 * writers * commits);
}

fn random_batch(rng: &mut Rng) -> Batch {
    let mut batch = batch();
    for n in 0..12 {
        let record = match rng.below(5) {
            0 => continue,
            1 => payout(n, "ann", 0),
            2 => once(Scope::Admin, &n.to_string(), 0),
            3 => api_key(n, "ann", 0),
            _ => job(n, "ann", 0, 1, random_state(rng)),
        };
        if rng.chance(30) {
            batch.deletes.push(record.key());
        } else {
            batch.puts.push(record);
        }
    }
    if rng.chance(50) {
        let rich = account(rng.pick(&["ann", "bob"]));
        // One that fails now and then counts for nothing.
        let delta = i64::try_from(rng.below(20)).unwrap() - 8;
        batch.postings = vec![post_above(0, &rich, delta), post(&Account::Spent, -delta)];
    }
    batch
}

fn random_state(rng: &mut Rng) -> State {
    let receiver = user("bob");
    match rng.below(8) {
        0 => State::Queued,
        1 => accepted_by("bob", None),
        2 => State::InProgress {
            receiver,
            accept_due: None,
            run: Run {
                id: CommitId::from_bits(3),
                until: at(9),
            },
        },
        3 => State::Submitted {
            receiver,
            review_due: None,
        },
        4 => State::Verified { receiver },
        5 => State::Rejected { receiver },
        6 => State::Cancelled,
        _ => State::Failed { receiver },
    }
}
