//! The engine over its default store, with credits and payouts: the dearest life that a job can
//! have.

use std::path::Path;
use std::sync::Arc;

use clawrk::TokioClock;
use clawrk_core::id::{JobId, UserId};
use clawrk_core::job::Status;
use clawrk_core::money::Credits;
use clawrk_core::policy::Policy;
use clawrk_core::record::Body;
use clawrk_core::store::{Index, PageLimit, Store};
use clawrk_core::{Call, Engine};
use clawrk_store_sled::{SledStore, Stats};
use clawrk_testkit::payments::OfflinePayments;
use tokio::runtime::Handle;

use crate::output;

/// Enough for every job of a benchmark.
pub const CREDITS: i64 = 1_000_000_000;

/// A sender and a receiver of their own.
#[derive(Debug, Clone)]
pub struct Pair {
    /// Who posts.
    pub sender: UserId,
    /// Who works.
    pub receiver: UserId,
}

/// An engine over that store, with credits on and payouts owed.
pub fn engine(store: Arc<dyn Store>, runtime: &Handle) -> Engine {
    let mut policy = Policy::default();
    policy.credits = true;
    Engine::builder(store, Arc::new(TokioClock::new(runtime.clone())))
        .policy(policy)
        .payments(Arc::new(OfflinePayments))
        .build()
}

/// An exchange in a folder.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The engine.
    pub engine: Engine,
    store: Arc<SledStore>,
}

impl Exchange {
    /// Opens one.
    ///
    /// # Panics
    /// Where that fails, as everything here.
    pub fn open(folder: &Path, runtime: &Handle) -> Exchange {
        let store = Arc::new(SledStore::open(folder).expect("the store opens"));
        Exchange {
            engine: engine(Arc::clone(&store) as Arc<dyn Store>, runtime),
            store,
        }
    }

    /// The ids of all queued jobs, oldest first.
    ///
    /// # Panics
    /// Where the store fails.
    pub fn queued(&self) -> Vec<JobId> {
        let (mut jobs, mut after) = (Vec::new(), None);
        loop {
            let limit = PageLimit::rows(PageLimit::ROWS_MAX);
            let page = self.store.scan(&Index::Board, after.as_ref(), limit);
            let page = pollster::block_on(page).expect("the board");
            jobs.extend(page.rows.into_iter().filter_map(|row| match row.body {
                Body::Job(job) => Some(job.id),
                _ => None,
            }));
            after = page.next;
            if after.is_none() {
                return jobs;
            }
        }
    }

    /// What group commit has done so far.
    pub fn stats(&self) -> Stats {
        self.store.stats()
    }
}

/// Makes so many pairs of people, the senders rich.
///
/// # Panics
/// Where that fails.
pub async fn pairs(engine: &Engine, count: usize) -> Vec<Pair> {
    let mut pairs = Vec::with_capacity(count);
    for n in 0..count {
        let id = format!("sender-{n}");
        let sender = engine.create_user(Some(&id), None).await.expect("a user");
        let (sender, credits) = (sender.user.id, Credits::new(CREDITS));
        let grant = engine.grant_credits(Call::by_admin(), &sender, credits, "benchmark");
        grant.await.expect("credits");
        let receiver = UserId::new(format!("receiver-{n}")).expect("an id");
        pairs.push(Pair { sender, receiver });
    }
    pairs
}

/// Posts a job.
///
/// # Panics
/// Where it is refused.
pub async fn create(engine: &Engine, pair: &Pair, prompt: &str) -> JobId {
    let job = engine.create_job(&pair.sender, prompt).await;
    job.expect("created").id
}

/// Takes one step with a job: 1 accepts, 2 submits, 3 verifies.
///
/// # Panics
/// Where it is refused, or the job does not pass.
pub async fn step(engine: &Engine, pair: &Pair, job: &JobId, step: usize) {
    let (done, status) = match step {
        1 => (
            engine.accept_job(&pair.receiver, job).await,
            Status::Accepted,
        ),
        2 => {
            let submit = engine.submit_output(&pair.receiver, job, Some(output()));
            (submit.await, Status::Submitted)
        }
        _ => (engine.verify_job(&pair.sender, job).await, Status::Verified),
    };
    assert_eq!(done.expect("done").status, status);
}

/// A job's whole life.
pub async fn live(engine: &Engine, pair: &Pair, prompt: &str) {
    let job = create(engine, pair, prompt).await;
    for number in 1..4 {
        step(engine, pair, &job, number).await;
    }
}
