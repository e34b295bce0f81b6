//! Every payload, as a prompt; and the job that became of it, through its whole life.

use clawrk_core::engine::EngineBuilder;
use clawrk_core::error::Error;
use clawrk_core::id::JobId;
use clawrk_core::job::{OnRejected, Status, Terms};
use clawrk_core::money::{Cents, Credits};
use clawrk_core::policy::Policy;
use clawrk_core::skill::FnSkill;
use clawrk_testkit::models::ObedientModel;
use clawrk_testkit::run::block_on;

use crate::judged::{nobody_else_has_anything, record};
use crate::oracle;
use crate::payloads::Payload;
use crate::tape::Tape;
use crate::world::{World, user};

/// The skills of the exchange, with what they cost.
const SKILLS: [(&str, i64); 2] = [("research", 2), ("translate", 7)];

fn skills(builder: EngineBuilder) -> EngineBuilder {
    builder.skill(FnSkill::new(
        "translate",
        "Translates.",
        7,
        |intent, _| async move { Ok(format!("Traduction : {intent}")) },
    ))
}

/// The terms that a job has whatever its prompt says.
fn terms(cost: i64) -> Terms {
    Terms {
        cost: Credits::new(cost),
        held: Credits::new(cost),
        payout: Cents::new(cost * 50),
        currency: "usd".to_owned(),
        on_rejected: OnRejected::Refund,
        max_attempts: 3,
        accept_timeout: Some(Policy::ACCEPT_TIMEOUT),
        review_timeout: Some(Policy::REVIEW_TIMEOUT),
    }
}

/// What came of the payload as a prompt: of the job, and of its output.
pub(crate) fn outcome(payload: &Payload, model: ObedientModel) -> String {
    let what = &payload.title();
    let (world, tape) = (World::new(), Tape::default());
    let engine = world.engine_more(tape.of(model), skills);
    let before = world.checked();
    let created = block_on(engine.create_job(&user("alice"), &payload.text));
    let after = world.checked();
    nobody_else_has_anything(what, &after);
    let job = match created {
        Ok(job) => job,
        Err(error) => {
            assert_eq!(before.records, after.records, "{what}");
            return match error {
                Error::Rejected(_) => "refused".to_owned(),
                Error::Model { .. } => "unusable".to_owned(),
                other => panic!("{what}: {other:?}"),
            };
        }
    };
    let cost = SKILLS.iter().find(|(name, _)| *name == job.skill);
    let cost = cost
        .unwrap_or_else(|| panic!("{what}: the skill {}", job.skill))
        .1;
    let made = record(&after, &job.id);
    assert_eq!(made.terms, terms(cost), "{what}");
    assert_eq!(
        (made.sender, made.skill),
        (user("alice"), job.skill.clone()),
        "{what}"
    );
    assert_eq!(
        (job.status, &job.receiver),
        (Status::Queued, &None),
        "{what}"
    );
    assert_eq!((job.output, job.verification), (None, None), "{what}");
    assert_eq!(job.prompt, payload.text, "{what}");
    assert_eq!(world.credits("alice"), 1_000 - cost, "{what}");
    assert!(
        job.title.chars().count() <= 60 && !job.title.contains('\n'),
        "{what}: {}",
        job.title
    );
    let criteria: Vec<&str> = job.criteria.lines().collect();
    assert!((1..=8).contains(&criteria.len()), "{what}: {criteria:?}");
    assert!(
        criteria
            .iter()
            .all(|line| line.len() > 2 && line.starts_with("- ")),
        "{what}"
    );
    format!(
        "{} {}",
        job.skill,
        life(&world, &tape, model, what, &job.id, cost)
    )
}

/// The rest of the life: what was written, and how it was judged.
fn life(
    world: &World,
    tape: &Tape,
    model: ObedientModel,
    what: &str,
    job: &JobId,
    cost: i64,
) -> String {
    let engine = world.engine_more(tape.of(model), skills);
    let (alice, bob) = (user("alice"), user("bob"));
    block_on(engine.accept_job(&bob, job)).unwrap();
    let Ok(written) = block_on(engine.submit_output(&bob, job, None)) else {
        assert_eq!(world.status(job), Status::Accepted, "{what}");
        nobody_else_has_anything(what, &world.checked());
        return "unwritten".to_owned();
    };
    let before = world.checked();
    let judged = block_on(engine.verify_job(&alice, job));
    let after = world.checked();
    nobody_else_has_anything(what, &after);
    let kept = record(&after, job);
    assert_eq!(kept.terms, terms(cost), "{what}");
    assert_eq!(kept.state.receiver(), Some(&bob), "{what}");
    let Ok(judged) = judged else {
        assert_eq!(before.records, after.records, "{what}");
        return "unusable".to_owned();
    };
    let verdict = judged.verification.unwrap();
    if verdict.model == "gates" {
        assert_eq!(judged.status, Status::Rejected, "{what}");
        return "gated".to_owned();
    }
    let criteria: Vec<&str> = judged.criteria.lines().map(|line| &line[2..]).collect();
    oracle::check(
        what,
        &criteria,
        &written.output.unwrap(),
        &verdict,
        &tape.last_said(),
    );
    match judged.status {
        Status::Verified => "PASSED".to_owned(),
        Status::Rejected => "failed".to_owned(),
        other => panic!("{what}: it is {other}"),
    }
}
