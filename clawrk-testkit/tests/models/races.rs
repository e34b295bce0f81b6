//! Many verifies at once, and verdicts that come too late.

use std::pin::pin;

use clawrk_core::error::Code;
use clawrk_core::id::JobId;
use clawrk_core::job::{EventKind, OnRejected, Status};
use clawrk_core::ledger::Account;
use clawrk_core::model::ModelFailure;
use clawrk_core::record::Body;
use clawrk_testkit::models::{ScriptedModel, Turn};
use clawrk_testkit::run::{block_on, poll_once, together};

use crate::world::{OUTPUT, World, code, fail, pass, policy, user};

/// How often the hold of a job was closed, and how often the job was.
fn closings(world: &World, job: &JobId) -> (usize, usize) {
    let census = world.checked();
    let bodies = || census.records.values().map(|record| &record.body);
    let holds = bodies().filter(|body| match body {
        Body::Entry(entry) => entry.account == Account::Hold(*job) && entry.delta < 0,
        _ => false,
    });
    let verdicts = bodies().filter(|body| match body {
        Body::Event(event) => matches!(event.kind, EventKind::Verified | EventKind::Rejected),
        _ => false,
    });
    (holds.count(), verdicts.count())
}

fn of_many_one_closes(callers: usize, mixed: bool) {
    let world = World::new();
    let job = world.submitted(OUTPUT);
    let model = ScriptedModel::new((0..callers).map(|caller| match caller % 2 {
        1 if mixed => fail().held(),
        _ => pass().held(),
    }));
    let engine = world.engine(&model);
    // All have asked before one is answered.
    let (waited, asked) = (model.clone(), callers);
    let gate = clawrk_testkit::run::spawn(async move {
        waited.reached(asked).await;
        waited.release();
    });
    let results = block_on(together(callers, |_| {
        let engine = engine.clone();
        async move { engine.verify_job(&user("alice"), &job).await }
    }));
    block_on(gate.join());
    let won = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(won, 1, "{results:?}");
    for lost in results.iter().filter(|result| result.is_err()) {
        assert_eq!(code(lost), Some(Code::WrongStatus), "{lost:?}");
    }
    assert_eq!(model.asked(), callers, "nobody asks twice");
    assert_eq!(closings(&world, &job), (1, 1));
    let verdict = results.iter().flatten().next().unwrap();
    assert_eq!(
        world.job(&job),
        *verdict,
        "it stands as the winner was told"
    );
}

#[test]
fn of_two_verifies_at_once_one_closes_the_job() {
    for mixed in [false, true] {
        of_many_one_closes(2, mixed);
    }
}

#[test]
fn of_sixteen_verifies_at_once_one_closes_the_job() {
    for mixed in [false, true] {
        of_many_one_closes(16, mixed);
    }
}

#[test]
fn a_verdict_on_an_output_that_is_gone_does_not_close_the_next_one() {
    for late in [pass(), fail()] {
        let world = World::with(policy(OnRejected::Requeue));
        let job = world.submitted(OUTPUT);
        let model = ScriptedModel::new([late.held(), fail()]);
        let engine = world.engine(&model);
        let (alice, bob) = (user("alice"), user("bob"));
        let mut slow = pin!(engine.verify_job(&alice, &job));
        assert!(poll_once(slow.as_mut()).is_pending());
        let rejected = block_on(engine.verify_job(&alice, &job)).unwrap();
        assert_eq!(rejected.status, Status::Queued);
        block_on(engine.accept_job(&bob, &job)).unwrap();
        let another = Some("Something else altogether, and worse.");
        let before = block_on(engine.submit_output(&bob, &job, another)).unwrap();
        model.release();
        let told = block_on(slow);
        assert_eq!(code(&told), Some(Code::WrongStatus), "{told:?}");
        assert_eq!(world.job(&job), before);
        assert_eq!(model.asked(), 2);
        assert_eq!(closings(&world, &job), (0, 0));
    }
}

/// The output is gone while the model thinks; that it gives no answer in the end changes nothing.
#[test]
fn a_failure_that_comes_late_is_a_failure() {
    let world = World::new();
    let job = world.submitted(OUTPUT);
    let model = ScriptedModel::new([Turn::fail(ModelFailure::Busy).held(), pass()]);
    let engine = world.engine(&model);
    let alice = user("alice");
    let mut slow = pin!(engine.verify_job(&alice, &job));
    assert!(poll_once(slow.as_mut()).is_pending());
    block_on(engine.verify_job(&alice, &job)).unwrap();
    model.release();
    let told = block_on(slow);
    assert_eq!(code(&told), Some(Code::LanguageModelUnavailable));
    assert_eq!(closings(&world, &job), (1, 1));
}

#[test]
fn a_create_that_can_no_longer_be_paid_when_the_model_answers_makes_no_job() {
    let world = World::new();
    let model =
        ScriptedModel::by(|request| Turn::json(&clawrk_testkit::models::honest(request)).held());
    let engine = world.engine(&model);
    let alice = user("alice");
    let mut slow = pin!(engine.create_job(&alice, "Sum it up"));
    assert!(poll_once(slow.as_mut()).is_pending());
    let admin = clawrk_core::Call::by_admin();
    let fee = clawrk_core::money::Credits::new(-999);
    block_on(engine.grant_credits(admin, &alice, fee, "fee")).unwrap();
    model.release();
    let told = block_on(slow);
    assert_eq!(code(&told), Some(Code::InsufficientCredits));
    assert_eq!(world.credits("alice"), 1);
    let census = world.checked();
    assert_eq!(census.of(clawrk_core::record::Kind::Job).count(), 0);
}
