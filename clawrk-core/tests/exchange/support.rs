//! A clock that is moved by hand, and the people of the tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use clawrk_core::clock::Clock;
use clawrk_core::id::UserId;
use clawrk_core::money::Credits;
use clawrk_core::payments::Payments;
use clawrk_core::policy::Policy;
use clawrk_core::record::PayoutRecord;
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

/// A provider that no test may reach: nothing is sent in this release.
#[derive(Debug)]
pub(crate) struct NoTransfers;

#[async_trait]
impl Payments for NoTransfers {
    async fn send_transfer(
        &self,
        payout: &PayoutRecord,
    ) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        panic!("{} was sent", payout.id);
    }
}

pub(crate) fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

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
