//! A busy exchange whose money is real to a fake Stripe: jobs come to all of their ends, credits
//! are granted and bought, payouts are sent through faults, taken back and written off.
//!
//! The same seed does the same things. What the exchange and the [`Books`](crate::books::Books) say
//! of the money is a [`Truth`]: made of balances, jobs and payouts, and of no entry of the ledger,
//! so that the ledger can be compared with it.

mod jobs;
mod money;
mod truth;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use clawrk_core::Engine;
use clawrk_core::id::UserId;
use clawrk_core::job::OnRejected;
use clawrk_core::policy::{PayoutBudget, Policy};
use clawrk_core::skill::{Skill, SkillContext, SkillError};
use clawrk_core::store::Store;

use crate::books::BookPayments;
use crate::clock::{SeededIds, VirtualClock};
use crate::rng::Rng;

pub use truth::{Known, Truth};

/// What jobs ask for, and what that costs.
pub const SKILLS: [(&str, u32); 3] = [("research", 2), ("draw", 3), ("translate", 7)];

/// What is sold, and for how many cents.
const PLANS: [(&str, &str, i64); 3] = [
    ("starter", "price_starter", 1_000),
    ("pro", "price_pro", 2_500),
    ("team", "price_team", 7_500),
];

const MINUTE: Duration = Duration::from_secs(60);

/// How many rounds the exchange is given until everything in doubt is settled: each is what falls
/// due next, and what is in doubt is settled within two days.
const ROUNDS_MAX: usize = 10_000;

/// The exchange, with one engine for each thing that a rejection can do.
#[derive(Debug)]
pub struct Busy {
    engines: Vec<Engine>,
    clock: VirtualClock,
    payments: BookPayments,
    people: Vec<UserId>,
    subscriptions: Vec<String>,
    rng: Rng,
}

impl Busy {
    /// An exchange over an empty store, with these people in it. `seed` says what will happen.
    pub fn new(store: &Arc<dyn Store>, seed: u64, people: Vec<UserId>) -> Busy {
        let clock = VirtualClock::new();
        let mut rng = Rng::new(seed);
        let payments = BookPayments::new(rng.bits(), Arc::new(clock.clone()));
        for (_, price, cents) in PLANS {
            payments.books().test().add_price(price, cents);
        }
        let budget = rng.pick(&[PayoutBudget::Unlimited, PayoutBudget::Receipts]);
        let fates = [OnRejected::Refund, OnRejected::Keep, OnRejected::Requeue];
        let engine = |fate| {
            let [_, draw, translate] = SKILLS.map(|(name, cost)| Costs(name, cost));
            Engine::builder(Arc::clone(store), Arc::new(clock.clone()))
                .policy(policy(fate, budget))
                .ids(Arc::new(SeededIds::new(rng.bits())))
                .payments(Arc::new(payments.clone()))
                .skill(draw)
                .skill(translate)
                .build()
        };
        Busy {
            engines: fates.map(engine).into(),
            clock,
            payments,
            people,
            subscriptions: Vec::new(),
            rng,
        }
    }

    /// One of its engines; all are the same exchange.
    pub fn engine(&self) -> &Engine {
        &self.engines[0]
    }

    /// What its money is at.
    pub fn payments(&self) -> &BookPayments {
        &self.payments
    }

    fn any_engine(&mut self) -> Engine {
        self.rng.pick(&self.engines)
    }

    fn person(&mut self) -> UserId {
        self.rng.pick(&self.people)
    }

    /// Lets up to that many minutes pass, and a millisecond at least.
    fn pass(&mut self, minutes: usize) {
        let minutes = u32::try_from(self.rng.below(minutes)).unwrap_or(0);
        self.clock.advance(MINUTE * minutes);
        self.clock.advance(Duration::from_millis(1));
    }

    /// Something happens.
    ///
    /// # Panics
    /// If the exchange refuses what it should take.
    pub async fn step(&mut self) {
        match self.rng.below(100) {
            0..60 => self.job().await,
            60..70 => self.connect().await,
            70..80 => self.buy().await,
            80..85 => self.renew().await,
            85..90 => self.take_back(),
            _ => self.operate().await,
        }
        if self.rng.chance(20) {
            self.tick().await;
        }
    }

    /// Does what is due by now.
    async fn tick(&mut self) {
        self.deliver().await;
        let engine = self.any_engine();
        while engine.tick(100).await.unwrap().done > 0 {}
        self.deliver().await;
    }

    /// Lets time pass without faults until nothing that was sent is in doubt.
    ///
    /// # Panics
    /// If that takes for ever.
    pub async fn settle(&mut self) {
        self.payments.books().calm();
        for _ in 0..ROUNDS_MAX {
            self.tick().await;
            if self.is_settled().await {
                return;
            }
            self.clock.advance(10 * MINUTE);
        }
        panic!("not settled: {:?}", Truth::of(self).await.payouts);
    }
}

fn policy(fate: OnRejected, budget: PayoutBudget) -> Policy {
    let mut policy = Policy::default();
    policy.credits = true;
    policy.on_rejected = fate;
    policy.max_attempts = 1;
    policy.payout_budget = budget;
    for plan in &mut policy.plans {
        let known = PLANS.iter().find(|(tier, ..)| *tier == plan.tier);
        plan.price_ids = known
            .map(|(_, price, _)| (*price).to_owned())
            .into_iter()
            .collect();
    }
    policy
}

/// A skill of that name and cost.
#[derive(Debug)]
struct Costs(&'static str, u32);

#[async_trait]
impl Skill for Costs {
    fn name(&self) -> &str {
        self.0
    }

    fn description(&self) -> &str {
        "Costs something."
    }

    fn credit_cost(&self) -> u32 {
        self.1
    }

    async fn run(&self, _: &str, _: &SkillContext) -> Result<String, SkillError> {
        Ok(jobs::GOOD.to_owned())
    }
}
