//! Play money and real money.

use std::sync::Arc;

use clawrk_core::Engine;
use clawrk_core::policy::PayoutBudget;
use clawrk_core::record::PayoutStatus;
use clawrk_core::store::memory::MemoryStore;
use clawrk_testkit::run::block_on;

use super::world::{HOUR, World, user};

#[test]
fn what_was_earned_in_play_is_never_paid_with_real_money() {
    let mut world = World::new(43, 2);
    world.policy.payout_budget = PayoutBudget::Unlimited;
    let live = world.start_with(world.stripe.live());
    let (alice, bob) = (user("alice"), user("bob"));
    let refusals = [
        block_on(live.engine.check_money()).unwrap_err(),
        block_on(live.engine.connect(&bob)).unwrap_err(),
        block_on(live.engine.checkout(&alice, "pro"))
            .map(drop)
            .unwrap_err(),
        block_on(live.engine.create_job(&alice, "Sum up RFC 9110"))
            .map(drop)
            .unwrap_err(),
    ];
    for refusal in &refusals[..2] {
        let said = refusal.to_string();
        assert!(
            said.contains("test money") && said.contains("of its own"),
            "{said}"
        );
    }
    assert_eq!(refusals[3].code().as_str(), "not_configured");
    world.stripe.books().live().set_balance("usd", 10_000);
    for _ in 0..30 {
        world.tick(&live);
        world.advance(HOUR);
    }
    assert!(
        world
            .payouts()
            .iter()
            .all(|it| it.status == PayoutStatus::Owed)
    );
    assert!(world.truth().sums.is_empty());

    let test = world.start();
    world.run(&test, 10);
    world.judge();
    assert!(
        world
            .payouts()
            .iter()
            .all(|it| it.status == PayoutStatus::Paid)
    );
}

#[test]
fn a_store_that_knows_no_money_takes_any_key() {
    let world = World::new(44, 0);
    for payments in [world.stripe.live(), world.stripe.clone()] {
        let engine = Engine::builder(Arc::new(MemoryStore::new()), Arc::new(world.ours.clone()))
            .payments(Arc::new(payments))
            .build();
        block_on(engine.tick(10)).unwrap();
        block_on(engine.check_money()).unwrap();
    }
}
