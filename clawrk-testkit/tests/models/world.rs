//! An exchange with a language model, money in it, and Stripe's books beside it.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use clawrk_core::clock::Clock;
use clawrk_core::engine::{ConnectStatus, EngineBuilder};
use clawrk_core::error::{Code, Error};
use clawrk_core::id::{JobId, UserId};
use clawrk_core::job::{Job, OnRejected, Status};
use clawrk_core::model::LanguageModel;
use clawrk_core::money::Credits;
use clawrk_core::policy::Policy;
use clawrk_core::record::{Body, OnceState};
use clawrk_core::store::Store;
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::{Call, Engine};
use clawrk_testkit::books::{BookPayments, Standing};
use clawrk_testkit::clock::{SeededIds, VirtualClock};
use clawrk_testkit::invariants::check;
use clawrk_testkit::models::{ScriptedModel, Turn, honest};
use clawrk_testkit::run::{block_on, poll_once};
use clawrk_testkit::suite::{Census, census};
use serde_json::{Value, json};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) const PROMPT: &str = "Sum up what HTTP caching is for";
pub(crate) const OUTPUT: &str =
    "HTTP caching spares round trips. The header Cache-Control rules it.";

/// What alice has at the start.
const CREDITS: i64 = 1_000;

/// What outlives an engine.
pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: VirtualClock,
    pub(crate) stripe: BookPayments,
    pub(crate) policy: Policy,
}

pub(crate) fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

pub(crate) fn policy(on_rejected: OnRejected) -> Policy {
    let mut policy = Policy::default();
    policy.credits = true;
    policy.on_rejected = on_rejected;
    policy
}

pub(crate) fn code<T>(result: &Result<T, Error>) -> Option<Code> {
    result.as_ref().err().map(Error::code)
}

impl World {
    /// An exchange in which alice has credits and bob can be paid.
    pub(crate) fn new() -> World {
        World::with(policy(OnRejected::Refund))
    }

    pub(crate) fn with(policy: Policy) -> World {
        let clock = VirtualClock::new();
        let world = World {
            store: Arc::new(MemoryStore::new()),
            stripe: BookPayments::new(1, Arc::new(clock.clone())),
            clock,
            policy,
        };
        block_on(world.settle());
        world
    }

    async fn settle(&self) {
        let engine = self.plain();
        let (alice, bob) = (user("alice"), user("bob"));
        engine.user(&alice).await.unwrap();
        let grant = engine.grant_credits(Call::by_admin(), &alice, Credits::new(CREDITS), "start");
        grant.await.unwrap();
        engine.connect(&bob).await.unwrap();
        let account = engine.user(&bob).await.unwrap().account_id.unwrap();
        {
            let mut books = self.stripe.books();
            books.test().set_standing(&account, Standing::Complete);
        }
        let status = engine.connect_status(&bob).await.unwrap();
        assert_eq!(status, ConnectStatus::Active);
    }

    fn builder(&self) -> EngineBuilder {
        use std::sync::atomic::{AtomicU64, Ordering};
        static STARTS: AtomicU64 = AtomicU64::new(1);
        let seed = STARTS.fetch_add(1, Ordering::Relaxed);
        Engine::builder(self.store.clone(), Arc::new(self.clock.clone()))
            .policy(self.policy.clone())
            .ids(Arc::new(SeededIds::new(seed)))
            .payments(Arc::new(self.stripe.clone()))
    }

    /// A new engine without a language model.
    pub(crate) fn plain(&self) -> Engine {
        self.builder().build()
    }

    /// A new engine that asks that model.
    pub(crate) fn engine(&self, model: &(impl LanguageModel + Clone + 'static)) -> Engine {
        self.builder()
            .language_model(Arc::new(model.clone()))
            .build()
    }

    /// The same, where the model is shared.
    pub(crate) fn engine_of(&self, model: Arc<dyn LanguageModel>) -> Engine {
        self.builder().language_model(model).build()
    }

    /// A new engine that asks that model, with more.
    pub(crate) fn engine_with(
        &self,
        model: &ScriptedModel,
        more: impl FnOnce(EngineBuilder) -> EngineBuilder,
    ) -> Engine {
        self.engine_more(Arc::new(model.clone()), more)
    }

    /// The same, where the model is shared.
    pub(crate) fn engine_more(
        &self,
        model: Arc<dyn LanguageModel>,
        more: impl FnOnce(EngineBuilder) -> EngineBuilder,
    ) -> Engine {
        more(self.builder().language_model(model)).build()
    }

    /// A job of alice's that an honest model structured.
    pub(crate) fn queued(&self) -> JobId {
        let engine = self.engine(&ScriptedModel::by(|request| Turn::json(&honest(request))));
        block_on(engine.create_job(&user("alice"), PROMPT))
            .unwrap()
            .id
    }

    /// One that bob has taken.
    pub(crate) fn accepted(&self) -> JobId {
        let job = self.queued();
        block_on(self.plain().accept_job(&user("bob"), &job)).unwrap();
        job
    }

    /// One that bob has handed that output in for.
    pub(crate) fn submitted(&self, output: &str) -> JobId {
        let job = self.accepted();
        let plain = self.plain();
        block_on(plain.submit_output(&user("bob"), &job, Some(output))).unwrap();
        job
    }

    pub(crate) fn job(&self, job: &JobId) -> Job {
        block_on(self.plain().job(&user("alice"), job)).unwrap()
    }

    pub(crate) fn status(&self, job: &JobId) -> Status {
        self.job(job).status
    }

    pub(crate) fn credits(&self, name: &str) -> i64 {
        let user = user(name);
        let engine = self.plain();
        block_on(engine.user(&user)).unwrap().credits.units()
    }

    /// All that there is, after both audits found it in order.
    pub(crate) fn checked(&self) -> Census {
        let audit = block_on(self.plain().audit()).unwrap();
        assert!(audit.ok(), "{:#?}", audit.violations);
        let census = block_on(census(self.store.as_ref())).unwrap();
        check(&census);
        census
    }

    /// What came of it, where time passes whenever it is waited for.
    pub(crate) fn drive<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            if let Poll::Ready(done) = poll_once(work.as_mut()) {
                return done;
            }
            let wake = self.clock.next_wake();
            let wake = wake.expect("it waits, and not for time to pass");
            self.clock.advance(wake.since(self.clock.now()));
        }
    }
}

/// How many requests have their key kept or reserved; proofs of the exchange's own do not count.
pub(crate) fn keys(census: &Census) -> usize {
    let bodies = census.records.values().map(|record| &record.body);
    let keys = bodies.filter(|body| match body {
        Body::Once(once) => matches!(once.state, OnceState::Reserved { .. } | OnceState::Done(_)),
        _ => false,
    });
    keys.count()
}

/// The one criterion that an honest model makes of [`PROMPT`], judged as given.
pub(crate) fn verdicts(passed: bool, quote: &str) -> Value {
    json!({"criterion_1": {"passed": passed, "reason": "So it is.", "quote": quote}})
}

/// A verdict by which [`OUTPUT`] passes.
pub(crate) fn pass() -> Turn {
    Turn::json(&verdicts(true, "spares round trips"))
}

/// A verdict by which it does not.
pub(crate) fn fail() -> Turn {
    Turn::json(&verdicts(false, "spares round trips"))
}
