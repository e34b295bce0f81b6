//! A long output is judged whole or not taken, never cut.

use clawrk_core::error::{Code, Error, Rejection};
use clawrk_core::id::JobId;
use clawrk_core::job::{Job, Status};
use clawrk_core::skill::FnSkill;
use clawrk_testkit::models::ScriptedModel;
use clawrk_testkit::run::block_on;

use crate::world::{DAY, World, code, keys, pass, user};

const LIMIT: usize = 1_000;

fn world() -> World {
    let mut world = World::new();
    world.policy.judged_bytes_max = LIMIT;
    world
}

/// An output of so many bytes, of which the end is what matters.
fn output(bytes: usize) -> String {
    let end = " It spares round trips";
    let start = "Words. ".repeat(bytes);
    format!("{}{end}", &start[..bytes - end.len()])
}

fn handed_in(world: &World, job: &JobId, output: &str) -> Result<Job, Error> {
    let engine = world.engine(&ScriptedModel::new([]));
    block_on(engine.submit_output(&user("bob"), job, Some(output)))
}

fn is_too_long(result: &Result<Job, Error>) -> bool {
    matches!(
        result,
        Err(Error::Rejected(Rejection::TooLong {
            field: "output",
            bytes: 1_001,
            limit: LIMIT
        }))
    )
}

#[test]
fn an_output_that_could_not_be_judged_whole_is_not_taken() {
    let world = world();
    let job = world.accepted();
    let before = world.checked();
    let refused = handed_in(&world, &job, &output(LIMIT + 1));
    assert!(is_too_long(&refused), "{refused:?}");
    assert_eq!(world.checked().records, before.records);
    // Without a model it is not judged by what it says, and may be longer.
    let plain = world.plain();
    block_on(plain.submit_output(&user("bob"), &job, Some(&output(LIMIT + 1)))).unwrap();
}

#[test]
fn one_of_the_longest_that_is_taken_is_shown_to_its_end() {
    let world = world();
    let job = world.accepted();
    handed_in(&world, &job, &output(LIMIT)).unwrap();
    let model = ScriptedModel::new([pass()]);
    let judged = block_on(world.engine(&model).verify_job(&user("alice"), &job)).unwrap();
    assert_eq!(judged.status, Status::Verified);
    assert!(
        model.requests()[0].messages[0]
            .text
            .contains(&output(LIMIT))
    );
}

#[test]
fn one_that_was_taken_before_there_was_a_model_is_refused_and_nothing_changes() {
    let world = world();
    let job = world.submitted(&output(LIMIT + 1));
    let before = world.checked();
    let model = ScriptedModel::by(|_| pass());
    let engine = world.engine(&model);
    let refused = block_on(engine.verify_job(&user("alice"), &job));
    assert!(is_too_long(&refused), "{refused:?}");
    assert_eq!(world.checked().records, before.records);
    // Nor does a tick ask about it, or stop at it.
    let other = world.submitted(&output(LIMIT));
    world.clock.advance(4 * DAY);
    block_on(engine.tick(100)).unwrap();
    assert_eq!(world.status(&job), Status::Submitted);
    assert_eq!(world.status(&other), Status::Verified);
    assert_eq!(model.asked(), 1);
    // A key that was given to it is free.
    let once = clawrk_core::Once::new("the-key", b"").unwrap();
    let call = clawrk_core::Call::by(&user("alice")).once(&once);
    let refused = block_on(engine.verify_job(call, &job));
    assert!(is_too_long(&refused), "{refused:?}");
    assert_eq!(keys(&world.checked()), 0);
}

#[test]
fn a_skill_that_writes_more_than_can_be_judged_fails() {
    let world = world();
    let job = world.accepted();
    let long = FnSkill::new("research", "Writes a lot.", 2, |_, _| async {
        Ok(output(LIMIT + 1))
    });
    let engine = world.engine_with(&ScriptedModel::new([]), |builder| builder.skill(long));
    let failed = block_on(engine.submit_output(&user("bob"), &job, None));
    assert_eq!(code(&failed), Some(Code::SkillFailed));
    assert_eq!(world.status(&job), Status::Accepted);
    world.checked();
}
