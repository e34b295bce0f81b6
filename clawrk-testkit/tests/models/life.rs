//! A whole life, and what is kept of who judged.

use std::fmt::Write as _;

use clawrk_core::Call;
use clawrk_core::engine::PageRequest;
use clawrk_core::job::{OnRejected, Status};
use clawrk_core::model::{Request, Usage};
use clawrk_core::policy::Visibility;
use clawrk_core::record::PayoutStatus;
use clawrk_testkit::models::{ScriptedModel, Turn};
use clawrk_testkit::run::block_on;
use serde_json::{Value, json};

use crate::world::{OUTPUT, PROMPT, World, fail, pass, policy, user};

fn proposal() -> Value {
    json!({
        "title": "HTTP caching",
        "intent": "Say what HTTP caching spares.",
        "skill": "research",
        "criteria": ["Says what it spares"],
    })
}

fn summary() -> Value {
    json!({
        "title": "HTTP caching",
        "key_points": ["It spares round trips."],
        "sections": [{"heading": "Why", "text": "Since answers are kept."}],
        "open_questions": [],
    })
}

/// The hash by its documentation: of the instructions and the form.
fn hash_of(request: &Request) -> String {
    use sha2::{Digest, Sha256};
    let one = &request.schema.schema["properties"]["criterion_1"];
    let text = format!("{}{one}", request.system);
    Sha256::digest(text)
        .iter()
        .fold("sha256:".to_owned(), |mut hash, byte| {
            write!(hash, "{byte:02x}").unwrap();
            hash
        })
}

#[test]
fn a_model_structures_researches_and_judges_and_the_receiver_is_owed() {
    let world = World::new();
    let model = ScriptedModel::new([
        Turn::json(&proposal()),
        Turn::json(&summary()),
        // The first answer cannot be used: what it took counts.
        Turn::text("It is fine."),
        pass(),
    ]);
    let engine = world.engine(&model);
    assert_eq!(engine.language_model(), Some("scripted:one"));
    let (alice, bob) = (user("alice"), user("bob"));
    let job = block_on(engine.create_job(&alice, PROMPT)).unwrap();
    assert_eq!((&*job.title, &*job.skill), ("HTTP caching", "research"));
    assert_eq!(job.criteria, "- Says what it spares");
    assert_eq!(world.credits("alice"), 998);
    block_on(engine.accept_job(&bob, &job.id)).unwrap();
    let written = block_on(engine.submit_output(&bob, &job.id, None)).unwrap();
    let output = written.output.unwrap();
    assert!(output.contains("- It spares round trips.\n"), "{output}");
    assert!(
        model.requests()[1].messages[0]
            .text
            .contains("- Says what it spares")
    );
    let judged = block_on(engine.verify_job(&alice, &job.id)).unwrap();
    assert_eq!(judged.status, Status::Verified);

    // What is stored is what was answered.
    let verdict = world.job(&job.id).verification.unwrap();
    assert_eq!(Some(&verdict), judged.verification.as_ref());
    assert_eq!(verdict.model, "scripted:one");
    assert_eq!(
        verdict.usage,
        Some(Usage {
            input_tokens: 200,
            output_tokens: 40
        })
    );
    assert_eq!(verdict.prompt_hash, Some(hash_of(&model.requests()[3])));
    assert_eq!(
        verdict.criteria[0].quote.as_deref(),
        Some("spares round trips")
    );
    assert_eq!(model.asked(), 4);

    // Money goes its way, by what the exchange says it is worth.
    while block_on(engine.tick(100)).unwrap().done > 0 {}
    let page = PageRequest::first();
    let paid = block_on(engine.all_payouts(Call::by_admin(), None, &page)).unwrap();
    assert_eq!(paid.items.len(), 1);
    assert_eq!(paid.items[0].status, PayoutStatus::Paid);
    assert_eq!(paid.items[0].receiver, bob);
    assert_eq!(paid.items[0].amount_cents.units(), 100);
    world.checked();
}

#[test]
fn what_the_model_finds_wanting_is_rejected_and_refunded() {
    let world = World::new();
    let job = world.submitted(OUTPUT);
    let engine = world.engine(&ScriptedModel::new([fail()]));
    let judged = block_on(engine.verify_job(&user("alice"), &job)).unwrap();
    assert_eq!(judged.status, Status::Rejected);
    assert_eq!(world.credits("alice"), 1_000);
    world.checked();
}

#[test]
fn a_job_that_is_offered_again_shows_no_passage_of_the_output_to_anybody() {
    for visibility in [Visibility::Participants, Visibility::Everyone] {
        let mut policy = policy(OnRejected::Requeue);
        policy.visibility = visibility;
        let world = World::with(policy);
        let job = world.submitted(OUTPUT);
        let engine = world.engine(&ScriptedModel::new([fail()]));
        let judged = block_on(engine.verify_job(&user("alice"), &job)).unwrap();
        assert_eq!(judged.status, Status::Queued);
        let stranger = user("stranger");
        let seen = block_on(engine.job(&stranger, &job)).unwrap();
        let listed = block_on(engine.board(None, &PageRequest::first())).unwrap();
        let events = block_on(engine.events(&stranger, &job, 0));
        let events = format!("{events:?}");
        for text in [
            serde_json::to_string(&judged).unwrap(),
            serde_json::to_string(&seen).unwrap(),
            serde_json::to_string(&listed.items).unwrap(),
            events,
        ] {
            assert!(!text.contains("round trips"), "{text}");
        }
        assert!(!seen.verification.unwrap().criteria[0].passed);
        // It is kept all the same.
        let census = format!("{:?}", world.checked());
        assert!(census.contains("spares round trips"));
    }
}
