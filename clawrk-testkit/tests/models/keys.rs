//! Idempotency keys while a model thinks: nobody asks it twice for one request.

use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use clawrk_core::error::{Code, Error, Rejection};
use clawrk_core::id::JobId;
use clawrk_core::job::{Job, Status};
use clawrk_core::money::Credits;
use clawrk_core::{Call, Engine, Once};
use clawrk_testkit::models::{ScriptedModel, Turn, honest};
use clawrk_testkit::run::{block_on, poll_once};

use crate::world::{OUTPUT, PROMPT, SECOND, World, code, user};

type Given<'a> = Pin<Box<dyn Future<Output = Result<Job, Error>> + Send + 'a>>;

fn create<'a>(engine: &'a Engine, _: &'a JobId, once: &'a Once) -> Given<'a> {
    let alice = user("alice");
    Box::pin(async move { engine.create_job(Call::by(&alice).once(once), PROMPT).await })
}

fn verify<'a>(engine: &'a Engine, job: &'a JobId, once: &'a Once) -> Given<'a> {
    let alice = user("alice");
    Box::pin(async move { engine.verify_job(Call::by(&alice).once(once), job).await })
}

fn research<'a>(engine: &'a Engine, job: &'a JobId, once: &'a Once) -> Given<'a> {
    let bob = user("bob");
    Box::pin(async move {
        engine
            .submit_output(Call::by(&bob).once(once), job, None)
            .await
    })
}

type Give = for<'a> fn(&'a Engine, &'a JobId, &'a Once) -> Given<'a>;

/// While the first one waits, the same request waits too, and another one is told what it is.
fn one_question(world: &World, job: &JobId, give: Give, patience: Duration) {
    let model = ScriptedModel::by(|request| Turn::json(&honest(request)).held());
    let engine = world.engine(&model);
    let once = || Once::new("the-key", b"the request").unwrap();
    let (first, same, other) = (once(), once(), Once::new("the-key", b"another").unwrap());

    let mut asking = pin!(give(&engine, job, &first));
    assert!(poll_once(asking.as_mut()).is_pending());
    assert_eq!(model.asked(), 1);
    world.clock.advance(SECOND);
    let mut waiting = pin!(give(&engine, job, &same));
    let told = poll_once(waiting.as_mut());
    let Poll::Ready(Err(Error::Rejected(Rejection::RequestInProgress { retry_after }))) = told
    else {
        panic!("the same request was not told to wait: {told:?}");
    };
    assert_eq!(retry_after, patience - SECOND);
    let reused = block_on(give(&engine, job, &other));
    assert_eq!(code(&reused), Some(Code::IdempotencyKeyReused));
    assert_eq!(model.asked(), 1);

    model.release();
    let answer = block_on(asking).unwrap();
    assert!(!first.was_replayed());
    world.clock.advance(SECOND);
    let again = once();
    let replayed = block_on(give(&engine, job, &again)).unwrap();
    assert!(again.was_replayed());
    let bytes = |job: &Job| serde_json::to_vec(job).unwrap();
    assert_eq!(bytes(&replayed), bytes(&answer));
    let reused = block_on(give(&engine, job, &other));
    assert_eq!(code(&reused), Some(Code::IdempotencyKeyReused));
    assert_eq!(model.asked(), 1, "it was asked once for all of them");
    world.checked();
}

#[test]
fn a_model_is_asked_once_for_one_key() {
    let margin = 5 * SECOND;
    let world = World::new();
    let thinks = world.policy.model_timeout + margin;
    one_question(&world, &world.queued(), create, thinks);
    let world = World::new();
    one_question(&world, &world.submitted(OUTPUT), verify, thinks);
    let world = World::new();
    let runs = world.policy.skill_timeout + margin;
    one_question(&world, &world.accepted(), research, runs);
}

/// The caller went away, and its key was left behind.
#[test]
fn a_key_whose_caller_went_away_is_free_after_a_while() {
    for give in [create as Give, verify, research] {
        let world = World::new();
        let job = match give as usize == research as Give as usize {
            true => world.accepted(),
            false => world.submitted(OUTPUT),
        };
        let model = ScriptedModel::by(|request| Turn::json(&honest(request)).held());
        let engine = world.engine(&model);
        let once = || Once::new("the-key", b"the request").unwrap();
        {
            let key = once();
            let mut asking = pin!(give(&engine, &job, &key));
            assert!(poll_once(asking.as_mut()).is_pending());
        }
        model.release();
        let waits = block_on(give(&engine, &job, &once()));
        assert_eq!(code(&waits), Some(Code::RequestInProgress));
        world.clock.advance(world.policy.model_timeout + 5 * SECOND);
        while block_on(engine.tick(100)).unwrap().done > 0 {}
        let done = block_on(give(&engine, &job, &once()));
        assert!(done.is_ok(), "{done:?}");
        world.checked();
    }
}

/// The model answers after the reservation ran out, and after somebody else has used the key.
fn late(world: &World, job: &JobId, give: Give) -> (Job, Job) {
    let slow = ScriptedModel::by(|request| Turn::json(&honest(request)).held());
    let first = world.engine(&slow);
    let second = world.engine(&ScriptedModel::by(|request| Turn::json(&honest(request))));
    let once = || Once::new("the-key", b"the request").unwrap();
    let key = once();
    let mut asking = pin!(give(&first, job, &key));
    assert!(poll_once(asking.as_mut()).is_pending());
    // Nobody polls it meanwhile, as where the machine slept.
    world.clock.advance(world.policy.model_timeout + 6 * SECOND);
    let done = block_on(give(&second, job, &once())).unwrap();
    slow.release();
    let late = block_on(asking).unwrap();
    world.checked();
    (done, late)
}

#[test]
fn a_verify_that_was_overtaken_under_its_own_key_is_given_that_answer() {
    let world = World::new();
    let job = world.submitted(OUTPUT);
    let (done, told) = late(&world, &job, verify);
    assert_eq!(done.status, Status::Verified);
    assert_eq!(told, done);
}

#[test]
fn a_create_that_was_overtaken_under_its_own_key_is_given_that_answer() {
    // There are credits for one job, and it is made.
    let world = World::new();
    let job = world.queued();
    let fee = Credits::new(2 - world.credits("alice"));
    block_on(
        world
            .plain()
            .grant_credits(Call::by_admin(), &user("alice"), fee, "fee"),
    )
    .unwrap();
    let (done, told) = late(&world, &job, create);
    assert_eq!(told, done);
    assert_eq!(world.credits("alice"), 0);
}
