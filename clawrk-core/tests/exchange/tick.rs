//! What happens by itself, and that it never happens too early.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use clawrk_core::clock::Clock;
use clawrk_core::engine::EngineBuilder;
use clawrk_core::engine::PageRequest;
use clawrk_core::id::{JobId, UserId};
use clawrk_core::job::{Actor, Status};
use clawrk_core::record::{Record, Scope};
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::store::{
    Batch, CommitError, Counts, Cursor, Index, Key, Page, PageLimit, Store, StoreError,
};
use clawrk_core::{Call, Engine, Once};

use crate::payments::OfflinePayments;
use crate::support::{GOOD, ManualClock, clean, history, rich, user, with_credits};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const MS: Duration = Duration::from_millis(1);

struct Exchange {
    engine: Engine,
    clock: Arc<ManualClock>,
    alice: UserId,
    bob: UserId,
}

/// An exchange with credits on, and so with the documented timeouts.
async fn exchange() -> Exchange {
    exchange_with(|builder| builder).await
}

async fn exchange_with(with: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Exchange {
    let clock = ManualClock::new();
    let builder = Engine::builder(Arc::new(MemoryStore::new()), clock.clone());
    let engine = with(builder.policy(with_credits())).build();
    let alice = rich(&engine, "alice", 100).await;
    Exchange {
        engine,
        clock,
        alice,
        bob: user("bob"),
    }
}

impl Exchange {
    async fn accepted(&self) -> JobId {
        let job = self.engine.create_job(&self.alice, "Anything").await;
        let job = job.unwrap().id;
        self.engine.accept_job(&self.bob, &job).await.unwrap();
        job
    }

    async fn submitted(&self, output: &str) -> JobId {
        let job = self.accepted().await;
        let submit = self.engine.submit_output(&self.bob, &job, Some(output));
        submit.await.unwrap();
        job
    }

    async fn status(&self, job: &JobId) -> Status {
        self.engine.job(&self.alice, job).await.unwrap().status
    }

    /// What a tick did.
    async fn tick(&self) -> usize {
        let progress = self.engine.tick(100).await.unwrap();
        let now = self.clock.now();
        assert!(progress.next.is_none_or(|next| next > now), "{progress:?}");
        clean(&self.engine).await;
        progress.done
    }
}

#[test]
fn an_overdue_receiver_loses_the_job_and_no_other_does() {
    pollster::block_on(async {
        let it = exchange().await;
        let first = it.accepted().await;
        it.clock.advance(DAY);
        let second = it.accepted().await;
        it.clock.advance(6 * DAY - MS);
        assert_eq!(it.tick().await, 0);
        it.clock.advance(MS);
        assert_eq!(it.tick().await, 1);
        assert_eq!(it.status(&first).await, Status::Queued);
        assert_eq!(it.status(&second).await, Status::Accepted);
        assert_eq!(
            history(&it.engine, &first).await,
            ["created", "accepted", "accept_expired"]
        );
        assert_eq!(it.tick().await, 0);
        // Somebody else may take it.
        let job = it.engine.accept_job(&user("carol"), &first).await.unwrap();
        assert_eq!(job.receiver, Some(user("carol")));
    });
}

#[test]
fn a_tick_says_when_to_call_again() {
    pollster::block_on(async {
        let it = exchange().await;
        // The proof of the commit that made alice rich is forgotten after 30 days.
        let idle = it.engine.tick(100).await.unwrap();
        assert_eq!(idle.next, Some(it.clock.now().after(30 * DAY)));
        it.accepted().await;
        let progress = it.engine.tick(100).await.unwrap();
        assert_eq!(
            (progress.done, progress.next),
            (0, Some(it.clock.now().after(7 * DAY)))
        );
    });
}

#[test]
fn a_tick_keeps_to_its_budget_and_loses_nothing() {
    pollster::block_on(async {
        let it = exchange().await;
        for _ in 0..5 {
            it.accepted().await;
        }
        it.clock.advance(7 * DAY);
        let mut done = Vec::new();
        loop {
            let progress = it.engine.tick(2).await.unwrap();
            assert!(progress.done <= 2);
            done.push(progress.done);
            if progress.next.is_none_or(|next| next > it.clock.now()) {
                break;
            }
        }
        assert_eq!(done.iter().sum::<usize>(), 5, "{done:?}");
    });
}

#[test]
fn an_output_that_nobody_reviews_is_verified_by_the_exchange() {
    pollster::block_on(async {
        let it = exchange_with(|builder| builder.payments(Arc::new(OfflinePayments))).await;
        let good = it.submitted(GOOD).await;
        let bad = it.submitted("short").await;
        it.clock.advance(3 * DAY - MS);
        it.tick().await;
        assert_eq!(it.status(&good).await, Status::Submitted);
        it.clock.advance(MS);
        it.tick().await;
        assert_eq!(it.status(&good).await, Status::Verified);
        assert_eq!(it.status(&bad).await, Status::Rejected);
        let events = it.engine.events(&it.alice, &good, 0).await.unwrap();
        assert_eq!(events.last().unwrap().actor, Actor::System);
        let payouts = it
            .engine
            .payouts(&it.bob, &PageRequest::first())
            .await
            .unwrap()
            .items;
        assert_eq!(payouts.len(), 1);
        assert_eq!(payouts[0].job, good);
    });
}

#[test]
fn without_credits_nothing_is_ever_overdue() {
    pollster::block_on(async {
        let clock = ManualClock::new();
        let engine = Engine::builder(Arc::new(MemoryStore::new()), clock.clone()).build();
        let (alice, bob) = (user("alice"), user("bob"));
        let job = engine.create_job(&alice, "Anything").await.unwrap().id;
        engine.accept_job(&bob, &job).await.unwrap();
        clock.advance(10_000 * DAY);
        let progress = engine.tick(100).await.unwrap();
        assert_eq!((progress.done, progress.next), (0, None));
    });
}

#[test]
fn a_request_is_remembered_for_30_days_and_then_forgotten() {
    pollster::block_on(async {
        let it = exchange().await;
        let once = || Once::new("key", b"create").unwrap();
        let create = async |once: &Once| {
            let call = Call::by(&it.alice).once(once);
            it.engine.create_job(call, "Anything").await.unwrap().id
        };
        let job = create(&once()).await;
        it.clock.advance(30 * DAY - MS);
        it.tick().await;
        assert_eq!(create(&once()).await, job);
        it.clock.advance(MS);
        // The request, and the proof of the commit that made alice rich.
        assert_eq!(it.tick().await, 2);
        let key = Key::Once(Scope::User(it.alice.clone()), "key".to_owned());
        let found = it.engine.store().read(&[key]).await.unwrap();
        assert_eq!(found, [None]);
        assert_ne!(create(&once()).await, job);
    });
}

#[test]
fn a_request_is_no_longer_remembered_once_its_time_is_up_even_before_a_tick() {
    pollster::block_on(async {
        let it = exchange().await;
        let once = Once::new("key", b"create").unwrap();
        let create = async |request: &[u8]| {
            let once = Once::new("key", request).unwrap();
            let call = Call::by(&it.alice).once(&once);
            it.engine.create_job(call, "Anything").await
        };
        let call = Call::by(&it.alice).once(&once);
        let job = it.engine.create_job(call, "Anything").await.unwrap().id;
        it.clock.advance(30 * DAY);
        // Even another request may have the key now, and is remembered in its turn.
        let second = create(b"another").await.unwrap().id;
        assert_ne!(second, job);
        assert_eq!(create(b"another").await.unwrap().id, second);
    });
}

/// Shows what is due as it is, and then lets something else happen before the answer arrives.
struct OldLook {
    inner: MemoryStore,
    meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl fmt::Debug for OldLook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OldLook")
    }
}

#[async_trait]
impl Store for OldLook {
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        self.inner.read(keys).await
    }

    async fn scan(
        &self,
        index: &Index,
        after: Option<&Cursor>,
        limit: PageLimit,
    ) -> Result<Page, StoreError> {
        let page = self.inner.scan(index, after, limit).await;
        if *index == Index::Due {
            let meanwhile = self.meanwhile.lock().unwrap().take();
            meanwhile.into_iter().for_each(|happens| happens());
        }
        page
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.inner.counts().await
    }

    async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        self.inner.commit(batch).await
    }

    async fn restore(&self, records: &[Record]) -> Result<(), CommitError> {
        self.inner.restore(records).await
    }

    async fn changed(&self, job: &JobId, seen: u64) {
        self.inner.changed(job, seen).await;
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.inner.close().await
    }
}

#[test]
fn a_job_that_was_taken_again_meanwhile_is_not_expired_by_an_old_look() {
    pollster::block_on(async {
        let clock = ManualClock::new();
        let store = Arc::new(OldLook {
            inner: MemoryStore::new(),
            meanwhile: Mutex::new(None),
        });
        let engine = Engine::builder(store.clone(), clock.clone())
            .policy(with_credits())
            .build();
        let alice = rich(&engine, "alice", 10).await;
        let bob = user("bob");
        let job = engine.create_job(&alice, "Anything").await.unwrap().id;
        engine.accept_job(&bob, &job).await.unwrap();
        clock.advance(7 * DAY);
        let (again, by) = (engine.clone(), bob.clone());
        *store.meanwhile.lock().unwrap() = Some(Box::new(move || {
            pollster::block_on(async {
                again.release_job(&by, &job).await.unwrap();
                again.accept_job(&by, &job).await.unwrap();
            });
        }));
        engine.tick(100).await.unwrap();
        assert!(store.meanwhile.lock().unwrap().is_none());
        assert_eq!(
            history(&engine, &job).await,
            ["created", "accepted", "released", "accepted"]
        );
        // Its own time comes.
        clock.advance(7 * DAY);
        engine.tick(100).await.unwrap();
        let status = engine.job(&alice, &job).await.unwrap().status;
        assert_eq!(status, Status::Queued);
    });
}

#[test]
fn a_damaged_job_keeps_no_other_waiting() {
    pollster::block_on(async {
        let it = exchange().await;
        let damaged = it.submitted(GOOD).await;
        it.clock.advance(MS);
        let sound = it.submitted(GOOD).await;
        let mut batch = Batch::new(clawrk_core::id::CommitId::from_bits(1));
        let output = clawrk_core::store::Part::Output(1);
        batch.deletes.push(Key::Text(damaged, output));
        it.engine.store().commit(&batch).await.unwrap();
        it.clock.advance(3 * DAY);
        // Not even where the budget is for one.
        assert_eq!(it.engine.tick(1).await.unwrap().done, 1);
        assert_eq!(it.status(&sound).await, Status::Verified);
        assert_eq!(it.engine.tick(1).await.unwrap().done, 0);
    });
}
