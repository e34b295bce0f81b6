//! A payment provider of the host's own, and a receiver who is paid by it.
//!
//! Run it with `cargo run -p custom_payments`. The provider is in `bank.rs`; here, a job is done
//! and paid for, although the bank's answer is lost on the way.

#![allow(clippy::print_stdout, reason = "printing is what this program is for")]

mod bank;

use std::error::Error;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use clawrk::store::memory::MemoryStore;
use clawrk::{
    Call, Cents, Clock, Credits, Engine, PageRequest, Payout, Policy, Timestamp, UserId,
    async_trait,
};

use crate::bank::Bank;

/// How many rounds a payout may take here.
const ROUNDS_MAX: usize = 20;

/// A clock that is set, so that nobody waits until something is tried again. A program that runs on
/// takes `clawrk::builder` and `clawrk::run_ticks`, which look at the real one.
#[derive(Debug)]
struct SetClock(AtomicI64);

#[async_trait]
impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, _until: Timestamp) {
        pending().await
    }
}

/// The exchange and the bank, in the same time.
struct World {
    engine: Engine,
    bank: Arc<Bank>,
    clock: Arc<SetClock>,
}

impl World {
    fn new() -> World {
        let bank = Arc::new(Bank::new(Cents::new(1_000)));
        let clock = Arc::new(SetClock(AtomicI64::new(1_735_689_600_000)));
        // Only jobs that took credits pay.
        let mut policy = Policy::default();
        policy.credits = true;
        let engine = Engine::builder(Arc::new(MemoryStore::new()), clock.clone())
            .policy(policy)
            .payments(bank.clone())
            .build();
        bank.set_time(clock.now());
        World {
            engine,
            bank,
            clock,
        }
    }

    /// Does what is due until a payout is paid, and says each time that it is somewhere else.
    async fn pay(&self, receiver: &UserId) -> Result<Payout, Box<dyn Error>> {
        let (mut seen, first) = (None, PageRequest::first());
        for _ in 0..ROUNDS_MAX {
            let progress = self.engine.tick(100).await?;
            let page = self.engine.payouts(receiver, &first);
            let payout = page.await?.items.pop().ok_or("nothing is owed")?;
            if seen != Some(payout.status) {
                println!("   bob's payout: {}", payout.status.as_str());
                seen = Some(payout.status);
            }
            if payout.transfer.is_some() {
                return Ok(payout);
            }
            // It says when to look again.
            if let Some(next) = progress.next {
                self.clock.0.fetch_max(next.as_millis(), Ordering::SeqCst);
                self.bank.set_time(self.clock.now());
            }
        }
        Err("the payout did not arrive".into())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let world = World::new();
    let (engine, bank) = (&world.engine, &world.bank);
    let (alice, bob) = (UserId::new("alice")?, UserId::new("bob")?);

    println!("1. The operator grants alice 5 credits.");
    engine.user(&alice).await?;
    let admin = Call::by_admin();
    engine
        .grant_credits(admin, &alice, Credits::new(5), "a start")
        .await?;

    println!("2. bob wants to be paid.");
    let link = engine.connect(&bob).await?;
    println!("   The bank's page: {link}");
    println!("   His account: {}", engine.connect_status(&bob).await?);
    bank.confirm(&link);
    println!(
        "   He has confirmed it: {}",
        engine.connect_status(&bob).await?
    );

    println!("3. He does a job for alice, and she has it verified.");
    let job = engine.create_job(&alice, "Sum up RFC 9110").await?;
    engine.accept_job(&bob, &job.id).await?;
    let output = "HTTP is a stateless protocol that …";
    engine.submit_output(&bob, &job.id, Some(output)).await?;
    let job = engine.verify_job(&alice, &job.id).await?;
    println!("   The job: {}", job.status);

    println!("4. The exchange pays him. The bank's first answer is lost.");
    bank.lose_next_answer();
    let payout = world.pay(&bob).await?;
    let transfer = payout.transfer.unwrap_or_default();
    println!(
        "   The bank's transfer: {transfer} of {} cents",
        payout.amount_cents
    );

    // It was asked twice under one key, and has paid once.
    let received = bank.received("acct_1");
    println!("5. Transfers to acct_1 in all: {}", received.len());
    println!(
        "   What it has left for the exchange: {} cents",
        bank.balance()
    );
    let audit = engine.audit().await?;
    println!("   What an audit finds: {} violations", audit.found);
    Ok(())
}
