//! Commits whose outcome the store cannot tell.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use clawrk_core::error::Retry;
use clawrk_core::id::{JobId, UserId};
use clawrk_core::job::Status;
use clawrk_core::money::Credits;
use clawrk_core::record::Record;
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::store::{
    Batch, CommitError, Counts, Cursor, Index, Key, Page, PageLimit, Store, StoreError,
};
use clawrk_core::{Call, Engine, Error};

use crate::payments::OfflinePayments;
use crate::support::{GOOD, ManualClock, clean, rich, user, with_credits};

/// What becomes of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is written, and then nobody can tell.
    Written,
    /// It is not written, and nobody can tell.
    NotWritten,
    /// It is not written, and the store says so.
    Refused,
    /// Nothing special.
    Plain,
}

/// A memory store whose next commits have these fates.
#[derive(Debug, Default)]
struct Doubtful {
    inner: MemoryStore,
    fates: Mutex<VecDeque<Fate>>,
}

impl Doubtful {
    fn expect(&self, fates: &[Fate]) {
        let mut left = self.fates.lock().unwrap();
        assert!(left.is_empty(), "{left:?}");
        left.extend(fates);
    }

    fn is_spent(&self) -> bool {
        self.fates.lock().unwrap().is_empty()
    }
}

fn lost() -> StoreError {
    StoreError::unavailable("the connection was lost")
}

#[async_trait]
impl Store for Doubtful {
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        self.inner.read(keys).await
    }

    async fn scan(
        &self,
        index: &Index,
        after: Option<&Cursor>,
        limit: PageLimit,
    ) -> Result<Page, StoreError> {
        self.inner.scan(index, after, limit).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.inner.counts().await
    }

    async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        let fate = self.fates.lock().unwrap().pop_front();
        match fate.unwrap_or(Fate::Plain) {
            Fate::Plain => self.inner.commit(batch).await,
            // Whatever would be wrong with it, nobody hears of it.
            Fate::Written => {
                let _unheard = self.inner.commit(batch).await;
                Err(CommitError::Ambiguous(lost()))
            }
            Fate::NotWritten => Err(CommitError::Ambiguous(lost())),
            Fate::Refused => Err(CommitError::Refused(lost())),
        }
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

struct Exchange {
    engine: Engine,
    store: Arc<Doubtful>,
    alice: UserId,
    bob: UserId,
}

async fn exchange() -> Exchange {
    let store = Arc::new(Doubtful::default());
    let engine = Engine::builder(store.clone(), ManualClock::new())
        .policy(with_credits())
        .payments(Arc::new(OfflinePayments))
        .build();
    let alice = rich(&engine, "alice", 10).await;
    Exchange {
        engine,
        store,
        alice,
        bob: user("bob"),
    }
}

impl Exchange {
    async fn credits(&self) -> i64 {
        self.engine.user(&self.alice).await.unwrap().credits.units()
    }

    async fn grant(&self) -> Result<Credits, Error> {
        let (admin, one) = (Call::by_admin(), Credits::new(1));
        self.engine
            .grant_credits(admin, &self.alice, one, "more")
            .await
    }

    /// A whole life, each of whose commits has these fates.
    async fn live(&self, fates: &[Fate]) {
        let (engine, alice, bob) = (&self.engine, &self.alice, &self.bob);
        self.store.expect(fates);
        let job = engine.create_job(alice, "Anything").await.unwrap().id;
        assert!(self.store.is_spent());
        self.store.expect(fates);
        engine.accept_job(bob, &job).await.unwrap();
        self.store.expect(fates);
        engine.submit_output(bob, &job, Some(GOOD)).await.unwrap();
        self.store.expect(fates);
        engine.verify_job(alice, &job).await.unwrap();
        self.store.expect(fates);
        self.grant().await.unwrap();
        self.store.expect(fates);
        engine.create_user(Some("carol"), None).await.unwrap();
        self.store.expect(fates);
        engine
            .create_key(&user("carol"), Some("second"))
            .await
            .unwrap();
        self.store.expect(fates);
        let carol = user("carol");
        let disabled = engine.set_user_disabled(Call::by_admin(), &carol, true);
        assert!(disabled.await.unwrap().disabled);
        assert!(self.store.is_spent());
    }
}

#[test]
fn every_command_has_one_effect_whatever_the_store_could_not_tell() {
    use Fate::*;
    let doubts: &[&[Fate]] = &[
        &[Written],
        &[NotWritten],
        &[Written, Written],
        &[Written, NotWritten],
        &[NotWritten, Written],
        &[NotWritten, NotWritten],
        &[Written, Refused],
        &[NotWritten, Refused],
    ];
    for fates in doubts {
        pollster::block_on(async {
            let it = exchange().await;
            it.live(fates).await;
            // Ten, less two for the job, and one more.
            assert_eq!(it.credits().await, 9, "{fates:?}");
            let audit = it.engine.audit().await.unwrap();
            assert!(audit.ok(), "{:#?}", audit.violations);
            let seen = (audit.jobs, audit.events, audit.payouts, audit.users);
            assert_eq!(seen, (1, 4, 1, 2), "{fates:?}");
        });
    }
}

#[test]
fn when_all_tries_are_in_doubt_the_caller_is_told_to_look() {
    use Fate::*;
    for (fates, made) in [
        ([NotWritten, NotWritten, NotWritten], 0),
        ([NotWritten, NotWritten, Written], 1),
        ([Written, NotWritten, Refused], 1),
        ([NotWritten, Refused, Refused], 0),
    ] {
        pollster::block_on(async {
            let it = exchange().await;
            // With the first job the store knows its kind of money.
            it.engine.create_job(&it.alice, "First").await.unwrap();
            it.store.expect(&fates);
            let unknown = it.engine.create_job(&it.alice, "Anything").await;
            let unknown = unknown.unwrap_err();
            assert!(it.store.is_spent());
            assert_eq!(unknown.code().as_str(), "outcome_unknown", "{fates:?}");
            assert_eq!(unknown.retry(), Retry::CheckFirst);
            let source = std::error::Error::source(&unknown).unwrap();
            assert_eq!(source.to_string(), lost().to_string());
            let audit = it.engine.audit().await.unwrap();
            assert!(audit.ok(), "{:#?}", audit.violations);
            assert_eq!(audit.jobs, 1 + made, "{fates:?}");
            let held = 2 * i64::try_from(made).unwrap();
            assert_eq!(it.credits().await, 8 - held);
        });
    }
}

#[test]
fn what_the_store_refuses_at_once_was_not_done() {
    pollster::block_on(async {
        let it = exchange().await;
        it.store.expect(&[Fate::Refused]);
        let failed = it.grant().await.unwrap_err();
        assert_eq!(failed.code().as_str(), "store_unavailable");
        assert_eq!(failed.retry(), Retry::SameRequest);
        assert_eq!(it.credits().await, 10);
        clean(&it.engine).await;
    });
}

#[test]
fn a_run_whose_end_is_refused_is_not_said_to_have_changed_nothing() {
    pollster::block_on(async {
        let it = exchange().await;
        let job = it.engine.create_job(&it.alice, "Anything").await;
        let job = job.unwrap().id;
        it.engine.accept_job(&it.bob, &job).await.unwrap();
        it.store.expect(&[Fate::Plain, Fate::Refused]);
        let unknown = it.engine.submit_output(&it.bob, &job, None).await;
        let unknown = unknown.unwrap_err();
        assert!(it.store.is_spent());
        assert_eq!(unknown.code().as_str(), "outcome_unknown");
        assert_eq!(unknown.retry(), Retry::CheckFirst);
        let job = it.engine.job(&it.bob, &job).await.unwrap();
        assert_eq!(job.status, Status::InProgress);
        clean(&it.engine).await;
    });
}

/// The job that bob and carol both accept, bob's commit lost without a word and carol's in between.
#[test]
fn a_commit_that_was_lost_is_not_taken_for_somebody_elses() {
    pollster::block_on(async {
        let it = exchange().await;
        let job = it
            .engine
            .create_job(&it.alice, "Anything")
            .await
            .unwrap()
            .id;
        let carol = user("carol");
        let others = Engine::builder(it.store.clone(), ManualClock::new()).build();
        let race = Race {
            store: it.store.clone(),
            meanwhile: Mutex::new(Some((others, carol.clone(), job))),
        };
        let engine = Engine::builder(Arc::new(race), ManualClock::new()).build();
        let refused = engine.accept_job(&it.bob, &job).await.unwrap_err();
        assert_eq!(refused.code().as_str(), "wrong_status");
        let job = it.engine.job(&it.alice, &job).await.unwrap();
        assert_eq!((job.status, job.receiver), (Status::Accepted, Some(carol)));
        clean(&it.engine).await;
    });
}

/// Loses the first commit, and lets somebody else accept the job then.
#[derive(Debug)]
struct Race {
    store: Arc<Doubtful>,
    meanwhile: Mutex<Option<(Engine, UserId, JobId)>>,
}

#[async_trait]
impl Store for Race {
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        self.store.read(keys).await
    }

    async fn scan(
        &self,
        index: &Index,
        after: Option<&Cursor>,
        limit: PageLimit,
    ) -> Result<Page, StoreError> {
        self.store.scan(index, after, limit).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.store.counts().await
    }

    async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        let meanwhile = self.meanwhile.lock().unwrap().take();
        if let Some((engine, user, job)) = meanwhile {
            engine.accept_job(&user, &job).await.unwrap();
            return Err(CommitError::Ambiguous(lost()));
        }
        self.store.commit(batch).await
    }

    async fn restore(&self, records: &[Record]) -> Result<(), CommitError> {
        self.store.restore(records).await
    }

    async fn changed(&self, job: &JobId, seen: u64) {
        self.store.changed(job, seen).await;
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.store.close().await
    }
}
