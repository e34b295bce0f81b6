//! What the tests of the engine share.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test uses a part, and a test fails by a panic"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use clawrk_core::engine::{EngineBuilder, Progress};
use clawrk_core::id::UserId;
use clawrk_core::job::OnRejected;
use clawrk_core::money::Credits;
use clawrk_core::policy::Policy;
use clawrk_core::skill::{Skill, SkillContext, SkillError};
use clawrk_core::store::Store;
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::{Call, Engine};
use clawrk_store_sled::SledStore;
use clawrk_testkit::clock::{SeededIds, VirtualClock};
use clawrk_testkit::payments::OfflinePayments;
use clawrk_testkit::suite::{Fleeting, Home};
use tempfile::TempDir;

/// A home in memory.
pub(crate) fn memory() -> Box<dyn Home> {
    Box::new(Fleeting::new(MemoryStore::new()))
}

/// A folder of a sled store.
pub(crate) struct Folder(TempDir);

impl Folder {
    /// A new, empty one.
    pub(crate) fn fresh() -> Box<dyn Home> {
        Box::new(Folder(tempfile::tempdir().unwrap()))
    }
}

#[async_trait]
impl Home for Folder {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(SledStore::open(self.0.path()).unwrap())
    }

    fn lasts(&self) -> bool {
        true
    }
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

/// Credits on, with that fate for rejected jobs.
pub(crate) fn policy(on_rejected: OnRejected) -> Policy {
    let mut policy = Policy::default();
    policy.credits = true;
    policy.on_rejected = on_rejected;
    policy.max_attempts = 2;
    policy
}

/// What outlives an engine.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: VirtualClock,
    pub(crate) policy: Policy,
}

impl World {
    pub(crate) fn new(store: Arc<dyn Store>, policy: Policy) -> World {
        let clock = VirtualClock::new();
        World {
            store,
            clock,
            policy,
        }
    }

    /// A new engine, as a process that starts makes it.
    pub(crate) fn engine(&self) -> Engine {
        self.engine_with(|builder| builder.payments(Arc::new(OfflinePayments)))
    }

    /// A new engine with what is added to it, and nothing else.
    pub(crate) fn engine_with(&self, more: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Engine {
        static STARTS: AtomicU64 = AtomicU64::new(1);
        let seed = STARTS.fetch_add(1, Ordering::Relaxed);
        let builder = Engine::builder(Arc::clone(&self.store), Arc::new(self.clock.clone()))
            .policy(self.policy.clone())
            .ids(Arc::new(SeededIds::new(seed)));
        more(builder).build()
    }

    /// Lets time pass and does all that came due.
    pub(crate) async fn later(&self, by: Duration) {
        self.clock.advance(by);
        let engine = self.engine();
        loop {
            let Progress { done, .. } = engine.tick(100).await.unwrap();
            if done == 0 {
                return;
            }
        }
    }
}

/// A user with that many credits.
pub(crate) async fn funded(engine: &Engine, name: &str, credits: i64) -> UserId {
    let user = engine.user(&user(name)).await.unwrap().id;
    let admin = Call::by_admin();
    let credits = Credits::new(credits);
    engine
        .grant_credits(admin, &user, credits, "start")
        .await
        .unwrap();
    user
}

/// A skill that never gives output.
#[derive(Debug)]
pub(crate) struct Fails;

#[async_trait]
impl Skill for Fails {
    fn name(&self) -> &str {
        "fails"
    }

    fn description(&self) -> &str {
        "Fails."
    }

    fn credit_cost(&self) -> u32 {
        3
    }

    async fn run(&self, _: &str, _: &SkillContext) -> Result<String, SkillError> {
        Err(SkillError::new("as it always does"))
    }
}
