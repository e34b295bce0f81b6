//! A clock that is moved by hand, and the people of the tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use clawrk_core::clock::Clock;
use clawrk_core::id::{JobId, UserId};
use clawrk_core::money::Credits;
use clawrk_core::policy::Policy;
use clawrk_core::record::Body;
use clawrk_core::store::Key;
use clawrk_core::time::Timestamp;
use clawrk_core::{Call, Engine};
use event_listener::Event;

/// The start of 2025.
const START_MS: i64 = 1_735_689_600_000;

/// Time passes only when it is told to.
#[derive(Debug)]
pub(crate) struct ManualClock {
    now_ms: AtomicI64,
    moved: Event,
}

impl ManualClock {
    pub(crate) fn new() -> Arc<ManualClock> {
        Arc::new(ManualClock {
            now_ms: AtomicI64::new(START_MS),
            moved: Event::new(),
        })
    }

    pub(crate) fn advance(&self, duration: Duration) {
        let ms = i64::try_from(duration.as_millis()).unwrap();
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
        self.moved.notify(usize::MAX);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now_ms.load(Ordering::SeqCst))
    }

    async fn sleep(&self, until: Timestamp) {
        loop {
            let moved = self.moved.listen();
            if self.now() >= until {
                return;
            }
            moved.await;
        }
    }
}

pub(crate) fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

/// Long enough for the mock judge.
pub(crate) const GOOD: &str = "An output of more than twenty characters.";

/// The default settings with credits on.
pub(crate) fn with_credits() -> Policy {
    let mut policy = Policy::default();
    policy.credits = true;
    policy
}

/// Makes a user with that many credits.
pub(crate) async fn rich(engine: &Engine, id: &str, credits: i64) -> UserId {
    let user = engine.create_user(Some(id), None).await.unwrap().user.id;
    let credits = Credits::new(credits);
    let admin = Call::by_admin();
    engine
        .grant_credits(admin, &user, credits, "gift")
        .await
        .unwrap();
    user
}

/// What happened to a job, as the API names it.
pub(crate) async fn history(engine: &Engine, job: &JobId) -> Vec<&'static str> {
    let record = engine.store().read(&[Key::Job(*job)]).await.unwrap();
    let Some(Body::Job(record)) = record.into_iter().flatten().next().map(|r| r.body) else {
        panic!("no such job");
    };
    let events = engine.events(&record.sender, job, 0).await.unwrap();
    events.iter().map(|event| event.kind.as_str()).collect()
}

pub(crate) async fn clean(engine: &Engine) {
    let audit = engine.audit().await.unwrap();
    assert!(audit.ok(), "{:#?}", audit.violations);
}
