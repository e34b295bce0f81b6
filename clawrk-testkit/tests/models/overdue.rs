//! Outputs that nobody verified: `tick` has them judged.

use std::pin::pin;

use clawrk_core::id::JobId;
use clawrk_core::job::Status;
use clawrk_core::model::ModelFailure;
use clawrk_testkit::models::{ScriptedModel, Turn};
use clawrk_testkit::run::{block_on, poll_once};

use crate::world::{DAY, OUTPUT, SECOND, World, pass, user};

const AT_ONCE: usize = 8;

fn overdue(world: &World, count: usize) -> Vec<JobId> {
    let jobs = (0..count).map(|_| world.submitted(OUTPUT)).collect();
    world.clock.advance(4 * DAY);
    jobs
}

fn verified(world: &World, jobs: &[JobId]) -> usize {
    let jobs = jobs.iter().map(|job| world.status(job));
    jobs.filter(|status| *status == Status::Verified).count()
}

#[test]
fn a_tick_has_overdue_outputs_judged_eight_at_once_at_most() {
    let world = World::new();
    let jobs = overdue(&world, 20);
    let model = ScriptedModel::by(|_| pass().held());
    let engine = world.engine(&model);
    let mut asked = 0;
    for round in [AT_ONCE, AT_ONCE, 4] {
        model.hold();
        let mut tick = pin!(engine.tick(100));
        assert!(poll_once(tick.as_mut()).is_pending());
        asked += round;
        assert_eq!(model.asked(), asked, "all of a round are asked at once");
        model.release();
        let progress = block_on(tick).unwrap();
        assert!(progress.done >= round, "{progress:?}");
        assert_eq!(verified(&world, &jobs), asked);
        if asked < jobs.len() {
            let now = clawrk_core::clock::Clock::now(&world.clock);
            assert!(
                progress.next.is_some_and(|next| next <= now),
                "{progress:?}"
            );
        }
    }
    assert_eq!(model.most_at_once(), AT_ONCE);
    world.checked();
}

#[test]
fn no_more_are_judged_than_the_budget_has() {
    let world = World::new();
    let jobs = overdue(&world, 6);
    let model = ScriptedModel::by(|_| pass());
    let engine = world.engine(&model);
    for done in [2, 4, 6] {
        block_on(engine.tick(2)).unwrap();
        assert_eq!(verified(&world, &jobs), done);
        assert_eq!(model.asked(), done);
    }
}

#[test]
fn a_model_that_fails_is_left_alone_for_a_while_and_keeps_nobody_waiting() {
    let world = World::new();
    let reviews: Vec<JobId> = (0..3).map(|_| world.submitted(OUTPUT)).collect();
    let expiring: Vec<JobId> = (0..3).map(|_| world.accepted()).collect();
    let due = |status: Status| {
        let jobs = reviews.iter().chain(&expiring);
        jobs.filter(|job| world.status(job) == status).count()
    };
    // Reviews are due after three days, what was accepted after seven.
    world.clock.advance(8 * DAY);
    let model = ScriptedModel::by(|_| Turn::fail(ModelFailure::Unreachable));
    let engine = world.engine(&model);
    block_on(engine.tick(100)).unwrap();
    assert_eq!(model.asked(), 3);
    assert_eq!(due(Status::Submitted), 3, "it is neither pass nor fail");
    assert_eq!(due(Status::Queued), 3, "what else is due was done");

    // Nobody asks it, and what comes due is done all the same.
    let late = world.accepted();
    let asked = model.asked();
    world.clock.advance(SECOND);
    for _ in 0..10 {
        block_on(engine.tick(100)).unwrap();
    }
    assert_eq!(model.asked(), asked);
    world.checked();

    // Three failures in a row are a pause of four minutes.
    world.clock.advance(241 * SECOND);
    model.then([pass(), pass(), pass()]);
    block_on(engine.tick(100)).unwrap();
    assert_eq!(due(Status::Verified), 3);
    block_on(engine.release_job(&user("bob"), &late)).unwrap();
    world.checked();
}

#[test]
fn many_that_wait_for_a_model_do_not_use_up_the_budget_of_others() {
    let world = World::new();
    let reviews: Vec<JobId> = (0..12).map(|_| world.submitted(OUTPUT)).collect();
    let expiring = world.accepted();
    world.clock.advance(8 * DAY);
    let model = ScriptedModel::by(|_| Turn::fail(ModelFailure::Busy));
    let engine = world.engine(&model);
    // The budget is less than what waits.
    for _ in 0..3 {
        block_on(engine.tick(5)).unwrap();
    }
    assert_eq!(world.status(&expiring), Status::Queued);
    assert_eq!(verified(&world, &reviews), 0);
    assert!(model.asked() <= AT_ONCE, "{}", model.asked());
    world.checked();
}

/// The pause of a tick is no pause of the sender's.
#[test]
fn a_sender_may_ask_while_ticks_do_not() {
    let world = World::new();
    let jobs = overdue(&world, 1);
    let model = ScriptedModel::new([Turn::fail(ModelFailure::Busy), pass()]);
    let engine = world.engine(&model);
    block_on(engine.tick(100)).unwrap();
    block_on(engine.tick(100)).unwrap();
    assert_eq!(model.asked(), 1);
    let judged = block_on(engine.verify_job(&user("alice"), &jobs[0])).unwrap();
    assert_eq!(judged.status, Status::Verified);
    world.checked();
}

#[test]
fn one_that_panics_or_hangs_does_not_keep_the_others_from_being_judged() {
    let world = World::new();
    let jobs = overdue(&world, 3);
    let model = ScriptedModel::new([Turn::Panic, pass().held(), pass()]);
    let engine = world.engine(&model);
    world.drive(engine.tick(100)).unwrap();
    assert_eq!(verified(&world, &jobs), 1);
    world.checked();
}
