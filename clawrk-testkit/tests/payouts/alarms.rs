//! What stops all payouts, and what an operator waives by taking them up again.

use clawrk_core::Call;
use clawrk_core::money::Cents;
use clawrk_core::payments::{Payments, SendTransfer, TransferTerms};
use clawrk_core::record::{Alarm, Body};
use clawrk_core::store::{Key, Store};
use clawrk_testkit::run::block_on;

use super::world::{HOUR, MINUTE, Process, World};

/// A payout that the store does not have.
const STRAY: &str = "01jgfjjz0160vyee2qxsny8fak";

/// Somebody sends a transfer by hand that looks as if the exchange had.
fn send(world: &World, job: &str, key: &str) -> String {
    let meta = block_on(world.memory.read(&[Key::Meta])).unwrap().remove(0);
    let Body::Meta(meta) = meta.unwrap().body else {
        panic!("the meta record is something else");
    };
    let terms = TransferTerms {
        amount: Cents::new(100),
        currency: "usd".to_owned(),
        destination: world.account.clone(),
        group: job.to_owned(),
        payout: format!("po_{job}"),
        job: job.to_owned(),
        store: meta.commit.to_string(),
    };
    let send = SendTransfer {
        key: key.to_owned(),
        body: world.stripe.draft(&terms),
        api_version: world.stripe.api_version().to_owned(),
    };
    block_on(world.stripe.send_transfer(&send)).unwrap().id
}

fn resume(process: &Process) {
    let seen = process.engine.resume_outbox(Call::by_admin(), Some("seen"));
    block_on(seen).unwrap();
}

#[test]
fn two_alarms_of_one_look_are_both_shown_and_the_graver_one_first() {
    let mut world = World::new(41, 2);
    let process = world.start();
    world.run(&process, 10);
    let paid = world.payouts().remove(0);
    world.advance(HOUR);
    let second = send(&world, &paid.job.to_string(), "double:1");
    world.advance(MINUTE);
    let stray = send(&world, STRAY, "stray:1");
    world.advance(HOUR);
    world.tick(&process);

    let state = block_on(process.engine.outbox(Call::by_admin())).unwrap();
    let stop = state.stop.unwrap();
    assert_eq!(stop.alarm, Alarm::DoubleTransfer);
    assert!(stop.detail.contains(&second), "{stop:?}");
    assert_eq!(state.also.len(), 1);
    assert_eq!(state.also[0].alarm, Alarm::StoreBehindStripe);
    assert!(state.also[0].detail.contains(&stray), "{:?}", state.also);

    resume(&process);
    for _ in 0..5 {
        world.advance(HOUR);
        world.tick(&process);
    }
    assert_eq!(world.stop(&process), None, "both were shown");
}

#[test]
fn what_was_there_and_not_shown_is_not_waived() {
    let mut world = World::new(42, 2);
    let process = world.start();
    world.run(&process, 10);
    let paid = world.payouts().remove(0);
    send(&world, STRAY, "stray:1");
    world.advance(2 * HOUR);
    world.tick(&process);
    assert_eq!(world.stop(&process), Some(Alarm::StoreBehindStripe));
    // It comes while everything is stopped, and nobody looks.
    send(&world, &paid.job.to_string(), "double:1");
    world.advance(HOUR);
    resume(&process);
    world.tick(&process);
    assert_eq!(world.stop(&process), Some(Alarm::DoubleTransfer));
}
