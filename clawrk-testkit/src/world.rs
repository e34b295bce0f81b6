//! An exchange in which everything is there once: every kind of record, every status, every event.
//!
//! It is what is moved from store to store, and kept as a fixture that later releases must open.

mod features;
mod money;

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use clawrk_core::engine::{EngineBuilder, JobFilter, Once, PageRequest};
use clawrk_core::id::{JobId, UserId};
use clawrk_core::job::{OnRejected, Status};
use clawrk_core::money::Credits;
use clawrk_core::policy::Policy;
use clawrk_core::skill::{Skill, SkillContext, SkillError};
use clawrk_core::store::Store;
use clawrk_core::{Call, Engine};

use crate::clock::{SeededIds, VirtualClock};
use crate::payments::OfflinePayments;

pub use features::{FEATURES, features, missing};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Fills an empty store with such an exchange; one output is of that length, in bytes.
///
/// # Panics
/// If the exchange refuses what it should take.
pub async fn settle(store: &Arc<dyn Store>, output_bytes: usize) {
    let world = World {
        store: Arc::clone(store),
        clock: VirtualClock::new(),
        engines: AtomicU64::new(1),
    };
    let engine = world.engine(OnRejected::Refund, Research::Works);
    world.people(&engine).await;
    world.ends(&engine, output_bytes).await;
    world.money().await;
    world.remembered(&engine).await;
    world.rejections().await;
    world.runs().await;
    // Last, so that what is open stays open.
    world.open_jobs(&engine).await;
    engine.create_login_code(&bob()).await.unwrap();
}

#[derive(Debug)]
struct World {
    store: Arc<dyn Store>,
    clock: VirtualClock,
    /// How many engines were made, and 1.
    engines: AtomicU64,
}

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

fn alice() -> UserId {
    user("alice")
}

fn bob() -> UserId {
    user("bob")
}

/// Output that passes in mock mode.
const GOOD: &str = "HTTP is a protocol without state. — Ende gut, alles gut. 🦀";
/// Output that does not.
const BAD: &str = "no";

impl World {
    fn engine(&self, on_rejected: OnRejected, skill: Research) -> Engine {
        self.builder(Self::policy(on_rejected), skill)
            .payments(Arc::new(OfflinePayments))
            .build()
    }

    fn policy(on_rejected: OnRejected) -> Policy {
        let mut policy = Policy::default();
        policy.credits = true;
        policy.on_rejected = on_rejected;
        policy.max_attempts = 2;
        policy.idempotency_retention = 10_000 * DAY;
        policy
    }

    fn builder(&self, policy: Policy, skill: Research) -> EngineBuilder {
        // No two engines may draw the same ids.
        let seed = self.engines.fetch_add(1, Ordering::SeqCst);
        Engine::builder(Arc::clone(&self.store), Arc::new(self.clock.clone()))
            .policy(policy)
            .ids(Arc::new(SeededIds::new(seed)))
            .skill(Prepared(skill, Arc::default()))
    }

    /// Users, with and without a name, with keys, disabled, with names that want care.
    async fn people(&self, engine: &Engine) {
        for (name, credits) in [("alice", 100), ("bob", 5), ("zoë ø \"q\" \\ 🦀", 1)] {
            let person = engine.user(&user(name)).await.unwrap().id;
            let reason = "a gift; \"quoted\"\n\tand — ünïcode 🦀";
            let given = Credits::new(credits);
            let granted = engine.grant_credits(Call::by_admin(), &person, given, reason);
            granted.await.unwrap();
        }
        let taken = Credits::new(-2);
        let taken = engine
            .grant_credits(Call::by_admin(), &bob(), taken, "taken back")
            .await;
        taken.unwrap();
        let made = engine.create_user(Some("carol"), Some("Carol C.")).await;
        let carol = made.unwrap().user.id;
        engine.create_key(&carol, Some("laptop")).await.unwrap();
        engine.create_key(&carol, None).await.unwrap();
        let disabled = engine.set_user_disabled(Call::by_admin(), &carol, true);
        disabled.await.unwrap();
    }

    async fn job(&self, engine: &Engine, prompt: &str) -> JobId {
        self.clock.advance(Duration::from_millis(7));
        engine.create_job(&alice(), prompt).await.unwrap().id
    }

    async fn accepted(&self, engine: &Engine, prompt: &str) -> JobId {
        let job = self.job(engine, prompt).await;
        engine.accept_job(&bob(), &job).await.unwrap();
        job
    }

    async fn judged(&self, engine: &Engine, prompt: &str, output: &str) -> Status {
        let job = self.accepted(engine, prompt).await;
        let output = Some(output);
        engine.submit_output(&bob(), &job, output).await.unwrap();
        engine.verify_job(&alice(), &job).await.unwrap().status
    }

    /// Jobs that come to each of their ends.
    async fn ends(&self, engine: &Engine, output_bytes: usize) {
        let lines = "Zeile für Zeile, \\ and \"quotes\" \u{1}\u{7f}\u{2028} 🦀\n".chars();
        let long: String = lines.cycle().take(output_bytes / 2).collect();
        assert!((output_bytes / 2..output_bytes).contains(&long.len()));
        let verified = self
            .judged(engine, "Sum up RFC 9110 in ten lines", &long)
            .await;
        assert_eq!(verified, Status::Verified);
        let verified = self
            .judged(engine, "Ünïcode 🦀 \u{202e} \" \\ \r\n\t", GOOD)
            .await;
        assert_eq!(verified, Status::Verified);
        let rejected = self.judged(engine, "Refunded", BAD).await;
        assert_eq!(rejected, Status::Rejected);
        let cancelled = self.job(engine, "Cancelled").await;
        engine.cancel_job(&alice(), &cancelled).await.unwrap();

        let own = self.job(engine, "For myself").await;
        engine.accept_job(&alice(), &own).await.unwrap();
        let output = Some(GOOD);
        engine.submit_output(&alice(), &own, output).await.unwrap();
        engine.verify_job(&alice(), &own).await.unwrap();

        let stuck = self.accepted(engine, "The operator helps").await;
        engine.release_job(Call::by_admin(), &stuck).await.unwrap();
        engine.accept_job(&bob(), &stuck).await.unwrap();
        engine.release_job(&bob(), &stuck).await.unwrap();
        engine.cancel_job(Call::by_admin(), &stuck).await.unwrap();

        self.accepted(engine, "Nobody works on it").await;
        let waits = self.accepted(engine, "Nobody looks at it").await;
        engine.submit_output(&bob(), &waits, output).await.unwrap();
        self.clock.advance(8 * DAY);
        while engine.tick(100).await.unwrap().done > 0 {}

        let mut page = PageRequest::first();
        page.rows = 2;
        let page = engine
            .jobs(&alice(), &JobFilter::sent(), &page)
            .await
            .unwrap();
        assert!(page.next.is_some(), "a cursor is given out");
    }

    /// Requests that were remembered, one for each kind of answer.
    async fn remembered(&self, engine: &Engine) {
        let once = |key: &str| Once::new(key, b"a request").unwrap();
        let create = once("create");
        let call = Call::by(&alice()).once(&create);
        engine.create_job(call, "Once").await.unwrap();
        let grant = once("grant");
        let call = Call::by_admin().once(&grant);
        let credits = Credits::new(3);
        engine
            .grant_credits(call, &bob(), credits, "once")
            .await
            .unwrap();
        let disable = once("disable");
        let call = Call::by_admin().once(&disable);
        engine.set_user_disabled(call, &bob(), true).await.unwrap();
        let enable = Call::by_admin();
        engine
            .set_user_disabled(enable, &bob(), false)
            .await
            .unwrap();
    }

    /// What else a rejection can do.
    async fn rejections(&self) {
        let keeps = self.engine(OnRejected::Keep, Research::Works);
        let kept = self.judged(&keeps, "Kept", BAD).await;
        assert_eq!(kept, Status::Rejected);
        let again = self.engine(OnRejected::Requeue, Research::Works);
        let once = self.judged(&again, "Offered again", BAD).await;
        assert_eq!(once, Status::Queued);
        let job = self.accepted(&again, "Offered again, and failed").await;
        for attempt in 1..=2 {
            if attempt == 2 {
                again.accept_job(&bob(), &job).await.unwrap();
            }
            again.submit_output(&bob(), &job, Some(BAD)).await.unwrap();
            again.verify_job(&alice(), &job).await.unwrap();
        }
    }

    /// Runs of the skill: that ended, that failed, and one that is never heard of again.
    async fn runs(&self) {
        let works = self.engine(OnRejected::Refund, Research::Works);
        let done = self.accepted(&works, "The skill does it").await;
        works.submit_output(&bob(), &done, None).await.unwrap();
        let fails = self.engine(OnRejected::Refund, Research::Fails);
        let failed = self.accepted(&fails, "The skill fails").await;
        assert!(fails.submit_output(&bob(), &failed, None).await.is_err());

        let began = Arc::new(AtomicBool::new(false));
        let stalls = Engine::builder(Arc::clone(&self.store), Arc::new(self.clock.clone()))
            .policy(works.policy().clone())
            .ids(Arc::new(SeededIds::new(99)))
            .skill(Prepared(Research::Stalls, Arc::clone(&began)))
            .build();
        let lost = self.accepted(&stalls, "The skill never ends").await;
        let slow = Once::new("slow", b"a request").unwrap();
        let bob = bob();
        let mut run = pin!(stalls.submit_output(Call::by(&bob).once(&slow), &lost, None));
        poll_fn(|context| match run.as_mut().poll(context) {
            Poll::Ready(ended) => panic!("a run that stalls ended: {ended:?}"),
            Poll::Pending if began.load(Ordering::SeqCst) => Poll::Ready(()),
            Poll::Pending => Poll::Pending,
        })
        .await;
    }

    async fn open_jobs(&self, engine: &Engine) {
        self.job(engine, "Queued").await;
        self.accepted(engine, "Accepted").await;
        let submitted = self.accepted(engine, "Submitted").await;
        let output = Some(GOOD);
        engine
            .submit_output(&bob(), &submitted, output)
            .await
            .unwrap();
    }
}

/// How `research` behaves.
#[derive(Debug, Clone, Copy)]
enum Research {
    Works,
    Fails,
    Stalls,
}

/// `research` as prepared, and whether it began.
#[derive(Debug)]
struct Prepared(Research, Arc<AtomicBool>);

#[async_trait]
impl Skill for Prepared {
    fn name(&self) -> &str {
        "research"
    }

    fn description(&self) -> &str {
        "Behaves as prepared."
    }

    fn credit_cost(&self) -> u32 {
        2
    }

    async fn run(&self, _: &str, _: &SkillContext) -> Result<String, SkillError> {
        self.1.store(true, Ordering::SeqCst);
        match self.0 {
            Research::Works => Ok("# What the skill made\n\nAll of it.".to_owned()),
            Research::Fails => Err(SkillError::new("no luck — \"none\" at all")),
            Research::Stalls => pending().await,
        }
    }
}
