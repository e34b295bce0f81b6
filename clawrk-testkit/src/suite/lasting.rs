//! What lasts, who is woken, and how it ends.

use std::future::Future;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use clawrk_core::job::State;
use clawrk_core::ledger::Account;
use clawrk_core::record::Scope;
use clawrk_core::store::{Index, Key, PageLimit, Store, StoreError};

use super::check::census;
use super::fixtures::*;
use super::{Home, reopened, skipped};
use crate::run::{spawn, together};

/// Long enough for any store on any machine; who hangs is found out.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was acknowledged is there when the store is opened again, closed before or not.
///
/// That it outlives a crash of the process or the machine, a store proves by tests of its own.
pub async fn acknowledged_is_durable(home: &dyn Home) {
    let mut store = home.open().await;
    for round in 0..6_u64 {
        let threads = 6_u64;
        together(6, |thread| {
            let store: Arc<dyn Store> = Arc::clone(&store);
            async move {
                let id = round * threads + thread as u64;
                let mut batch = puts([
                    queued(id, "ann", 5),
                    brief(id, "Say it."),
                    event(id, 1),
                    once(Scope::Commit, &id.to_string(), 9),
                ]);
                batch.postings = vec![post(&account("ann"), 3), post(&Account::Spent, -3)];
                pass(&store, &batch).await;
                let take = job(id, "ann", 5, 2, accepted_by("bob", Some(8)));
                pass(&store, &puts([take])).await;
            }
        })
        .await;
        let before = census(store.as_ref()).await.unwrap();
        let jobs = (round + 1) * threads;
        assert_eq!(before.records.len() as u64, jobs * (4 + 2) + 1);
        if home.lasts() && round % 2 == 0 {
            store.close().await.unwrap();
        }
        store = reopened(home, store).await;
        assert_eq!(
            census(store.as_ref()).await.unwrap(),
            before,
            "round {round}"
        );
    }
}

/// Ends the test if the future does not end by itself.
async fn in_time(what: &'static str, future: impl Future<Output = ()> + Send + 'static) {
    let (done, ended) = channel();
    let running = spawn(async move {
        future.await;
        let _ = done.send(());
    });
    let patience = spawn(async move { ended.recv_timeout(PATIENCE) });
    match patience.join().await {
        Err(RecvTimeoutError::Timeout) => panic!("{what} did not return"),
        Ok(()) | Err(RecvTimeoutError::Disconnected) => running.join().await,
    }
}

/// At once if the version is passed already, else when a commit passes it.
pub async fn changed_returns_once_the_version_is_passed(home: &dyn Home) {
    let store = home.open().await;
    pass(&store, &puts([job(1, "ann", 0, 5, State::Queued)])).await;
    let waiting = |seen| {
        let store: Arc<dyn Store> = Arc::clone(&store);
        async move { store.changed(&job_id(1), seen).await }
    };
    in_time("`changed` with a version long passed", waiting(0)).await;
    in_time("`changed` with a version just passed", waiting(4)).await;
    for round in 0..20 {
        let waiters: Vec<_> = (0..4).map(|_| spawn(waiting(5 + round))).collect();
        let writer = spawn({
            let store: Arc<dyn Store> = Arc::clone(&store);
            async move {
                let next = job(1, "ann", 0, 6 + round, State::Queued);
                pass(&store, &puts([next])).await;
            }
        });
        in_time("`changed` when the job changed", async move {
            writer.join().await;
            for waiter in waiters {
                waiter.join().await;
            }
        })
        .await;
    }
    let made = {
        let store: Arc<dyn Store> = Arc::clone(&store);
        spawn(async move { store.changed(&job_id(2), 0).await })
    };
    pass(&store, &puts([queued(2, "ann", 0)])).await;
    in_time("`changed` when the job was made", made.join()).await;
}

/// After `close`, everything answers [`StoreError::Closed`], and nobody waits for a change.
pub async fn closed_store_refuses(home: &dyn Home) {
    let store = home.open().await;
    pass(&store, &puts([queued(1, "ann", 0)])).await;
    let waiter = {
        let store: Arc<dyn Store> = Arc::clone(&store);
        spawn(async move { store.changed(&job_id(1), 99).await })
    };
    let writers: Vec<_> = (0..4_u64)
        .map(|thread| {
            let store: Arc<dyn Store> = Arc::clone(&store);
            spawn(async move {
                for n in 0.. {
                    let name = format!("{thread}-{n}");
                    match commit(&store, &puts([person(&name, 1, "x")])).await {
                        Outcome::Passed => {}
                        Outcome::Closed => return n,
                        other => panic!("closing made a commit {other:?}"),
                    }
                }
                unreachable!("the numbers ended before the store did")
            })
        })
        .collect();
    while read(&store, &Key::User(user("0-2"))).await.is_none() {
        std::thread::yield_now();
    }
    store.close().await.unwrap();

    let mut passed = Vec::new();
    for writer in writers {
        passed.push(writer.join().await);
    }
    in_time("`changed` when the store closed", waiter.join()).await;
    let late: Arc<dyn Store> = Arc::clone(&store);
    in_time("`changed` of a closed store", async move {
        late.changed(&job_id(1), 99).await;
    })
    .await;
    let refused = commit(&store, &puts([queued(2, "ann", 0)])).await;
    assert_eq!(refused, Outcome::Closed);
    let refused = commit(&store, &batch()).await;
    assert_eq!(refused, Outcome::Closed, "an empty batch");
    let refused = store.restore(&[]).await.into();
    assert_eq!(Outcome::Closed, refused, "restoring nothing");
    let read = store.read(&[Key::Job(job_id(1))]).await;
    assert!(matches!(read, Err(StoreError::Closed)), "{read:?}");
    let page = store.scan(&Index::Board, None, PageLimit::rows(1)).await;
    assert!(matches!(page, Err(StoreError::Closed)), "{page:?}");
    let counts = store.counts().await;
    assert!(matches!(counts, Err(StoreError::Closed)), "{counts:?}");

    if !home.lasts() {
        return skipped("opening the closed store again: it does not outlive itself");
    }
    let store = reopened(home, store).await;
    census(store.as_ref()).await.unwrap();
    for (thread, count) in passed.into_iter().enumerate() {
        for n in 0..count {
            found(&store, &Key::User(user(&format!("{thread}-{n}")))).await;
        }
        let refused = Key::User(user(&format!("{thread}-{count}")));
        let left = super::fixtures::read(&store, &refused).await;
        assert_eq!(left, None, "what was refused is not there");
    }
}
