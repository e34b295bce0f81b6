//! Answers that cannot be used: neither pass nor fail, and nothing has happened.

use std::fmt::Debug;
use std::sync::Arc;

use clawrk_core::error::{Code, Error};
use clawrk_core::id::JobId;
use clawrk_core::job::{EventKind, Job, Status};
use clawrk_core::model::{ModelFailure, Request, StopReason};
use clawrk_core::record::Body;
use clawrk_core::{Call, Engine, Once};
use clawrk_testkit::models::{ScriptedModel, Turn, honest};
use clawrk_testkit::run::block_on;
use clawrk_testkit::suite::Census;

use crate::world::{OUTPUT, PROMPT, World, code, keys, user};

type Script = Arc<dyn Fn(&Request) -> Turn + Send + Sync>;

/// Every bad answer, given whenever the model is asked.
fn bad_answers() -> Vec<(&'static str, Script)> {
    let always = |turn: Turn| -> Script { Arc::new(move |_| turn.clone()) };
    let same = plain_answers().into_iter();
    let mut all: Vec<_> = same.map(|(what, turn)| (what, always(turn))).collect();
    // A good answer, spoilt in one way.
    let stopped = |stop: StopReason| -> Script {
        Arc::new(move |it| Turn::stopped(stop.clone(), honest(it).to_string()))
    };
    let spoilt = |spoil: fn(String) -> String| -> Script {
        Arc::new(move |it| Turn::text(spoil(honest(it).to_string())))
    };
    all.extend([
        ("whole and yet cut", stopped(StopReason::Length)),
        ("whole and yet refused", stopped(StopReason::Refused)),
        (
            "ended oddly",
            stopped(StopReason::Other("pause".to_owned())),
        ),
        ("behind words", spoilt(|good| format!("Certainly! {good}"))),
        (
            "before words",
            spoilt(|good| format!("{good} I hope this helps!")),
        ),
        ("in a fence", spoilt(|good| format!("```json\n{good}\n```"))),
        ("twice", spoilt(|good| format!("{good}\n{good}"))),
        (
            "half of it",
            spoilt(|good| good[..good.len() / 2].to_owned()),
        ),
        ("in an array", spoilt(|good| format!("[{good}]"))),
        (
            "with a member more",
            spoilt(|good| good.replacen('{', "{\"price\": 0, ", 1)),
        ),
        (
            "with a key twice",
            spoilt(|good| {
                let (key, _) = good.split_once(':').unwrap();
                format!("{key}: null, {}", &good[1..])
            }),
        ),
    ]);
    all
}

/// Answers that are bad whatever was asked.
fn plain_answers() -> Vec<(&'static str, Turn)> {
    vec![
        ("a wrong key", Turn::fail(ModelFailure::Unauthorized)),
        ("an unknown model", Turn::fail(ModelFailure::NotFound)),
        ("unreachable", Turn::fail(ModelFailure::Unreachable)),
        ("slow by itself", Turn::fail(ModelFailure::TimedOut)),
        ("busy", Turn::fail(ModelFailure::Busy)),
        ("does not take it", Turn::fail(ModelFailure::Refused)),
        ("failing", Turn::fail(ModelFailure::Failed)),
        (
            "too long for the adapter",
            Turn::fail(ModelFailure::TooLong),
        ),
        (
            "unusable to the adapter",
            Turn::fail(ModelFailure::Unusable),
        ),
        ("slow", Turn::text("{}").held()),
        ("empty", Turn::text("")),
        ("blank", Turn::text(" \n\t ")),
        (
            "truncated",
            Turn::stopped(StopReason::Length, "{\"criterion_1\": {"),
        ),
        (
            "refused",
            Turn::stopped(StopReason::Refused, "I cannot help with that."),
        ),
        ("not JSON", Turn::text("Certainly! It passes.")),
        ("JSON in a fence", Turn::text("```json\n{}\n```")),
        ("half of JSON", Turn::text("{\"criterion_1\": {")),
        ("of the wrong shape", Turn::text("{\"answer\": 42}")),
        ("an array", Turn::text("[]")),
        (
            "a key twice",
            Turn::text("{\"criterion_1\": {}, \"criterion_1\": {}}"),
        ),
        ("nested too deeply", Turn::text("[".repeat(100_000))),
        ("50 MB", Turn::text("x".repeat(50 << 20))),
        ("a panic", Turn::Panic),
    ]
}

/// The commands that ask a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    Create,
    Verify,
    Research,
}

impl Asks {
    const ALL: [Asks; 3] = [Asks::Create, Asks::Verify, Asks::Research];

    fn prepare(self, world: &World) -> JobId {
        match self {
            Asks::Create => world.queued(),
            Asks::Verify => world.submitted(OUTPUT),
            Asks::Research => world.accepted(),
        }
    }

    async fn give(self, engine: &Engine, job: &JobId, once: Option<&Once>) -> Result<Job, Error> {
        let (alice, bob) = (user("alice"), user("bob"));
        let by = |user| match once {
            Some(once) => Call::by(user).once(once),
            None => Call::by(user),
        };
        match self {
            Asks::Create => engine.create_job(by(&alice), PROMPT).await,
            Asks::Verify => engine.verify_job(by(&alice), job).await,
            Asks::Research => engine.submit_output(by(&bob), job, None).await,
        }
    }

    fn code(self) -> Code {
        match self {
            Asks::Create | Asks::Verify => Code::LanguageModelUnavailable,
            Asks::Research => Code::SkillFailed,
        }
    }
}

/// All that a store holds but the history and version of a job, which a run that failed goes into.
fn without_runs(census: &Census) -> impl PartialEq + Debug {
    let kept = census
        .records
        .values()
        .filter_map(|record| match &record.body {
            Body::Event(event) => match event.kind {
                EventKind::RunStarted | EventKind::RunFailed { .. } => None,
                _ => Some(format!("{record:?}")),
            },
            Body::Job(job) => {
                let mut job = job.clone();
                job.updated_at = job.created_at;
                // The state has its own time of being due, which stays.
                Some(format!("{job:?}"))
            }
            _ => Some(format!("{record:?}")),
        });
    kept.collect::<Vec<_>>()
}

fn failed_and_then_right(asks: Asks, what: &str, bad: &Script, keyed: bool) {
    let case = format!("{asks:?}, {what}, with a key: {keyed}");
    let world = World::new();
    let job = asks.prepare(&world);
    let before = world.checked();
    let credits = world.credits("alice");

    let always = bad.clone();
    let engine = world.engine(&ScriptedModel::by(move |request| always(request)));
    let once = keyed.then(|| Once::new("the-key", b"the request").unwrap());
    let answer = world.drive(asks.give(&engine, &job, once.as_ref()));
    assert_eq!(code(&answer), Some(asks.code()), "{case}: {answer:?}");

    let after = world.checked();
    match asks {
        // Not a record is another one.
        Asks::Create | Asks::Verify => assert_eq!(before.records, after.records, "{case}"),
        Asks::Research => {
            assert_eq!(without_runs(&before), without_runs(&after), "{case}");
            assert_eq!(world.status(&job), Status::Accepted, "{case}");
        }
    }
    assert_eq!(keys(&after), 0, "{case}: the key is free");
    assert_eq!(world.credits("alice"), credits, "{case}");

    // The same call works, under the same key, and with another body too.
    let engine = world.engine(&ScriptedModel::by(|request| Turn::json(&honest(request))));
    let once = keyed.then(|| Once::new("the-key", b"another request").unwrap());
    let again = block_on(asks.give(&engine, &job, once.as_ref()));
    assert!(again.is_ok(), "{case}: {again:?}");
    world.checked();
}

#[test]
fn a_bad_answer_changes_nothing_and_the_same_call_works_afterwards() {
    for (what, bad) in bad_answers() {
        for asks in Asks::ALL {
            for keyed in [false, true] {
                failed_and_then_right(asks, what, &bad, keyed);
            }
        }
    }
}

/// A reason that an operator can act on, and no more than one question more.
#[test]
fn what_was_wrong_is_told_and_asked_about_once_more_at_most() {
    for (what, bad) in bad_answers() {
        let world = World::new();
        let job = world.submitted(OUTPUT);
        let model = ScriptedModel::by(move |request| bad(request));
        let engine = world.engine(&model);
        let failed = world.drive(engine.verify_job(&user("alice"), &job));
        let Err(Error::Model {
            model: name,
            source,
            ..
        }) = failed
        else {
            panic!("{what}: {failed:?}");
        };
        assert_eq!(name, "scripted:one");
        assert!(
            !source.detail.is_empty() && source.detail.len() < 1_000,
            "{what}: {source}"
        );
        assert!(
            (1..=2).contains(&model.asked()),
            "{what}: {}",
            model.asked()
        );
    }
}

#[test]
fn a_slow_model_is_given_up_when_its_time_is_over_and_not_before() {
    let world = World::new();
    let job = world.submitted(OUTPUT);
    let model = ScriptedModel::by(|_| Turn::text("{}").held());
    let engine = world.engine(&model);
    let began = clawrk_core::clock::Clock::now(&world.clock);
    let failed = world.drive(engine.verify_job(&user("alice"), &job));
    let took = clawrk_core::clock::Clock::now(&world.clock).since(began);
    assert_eq!(took, world.policy.model_timeout);
    let Err(Error::Model { source, .. }) = failed else {
        panic!("{failed:?}");
    };
    assert_eq!(source.failure, ModelFailure::TimedOut);
    assert!(source.detail.contains("model_timeout"), "{source}");
}

#[test]
fn who_cannot_pay_or_may_not_is_refused_before_a_model_is_asked() {
    let world = World::new();
    let job = world.submitted(OUTPUT);
    let model = ScriptedModel::new([]);
    let engine = world.engine(&model);
    let poor = user("poor");
    let refused = block_on(engine.create_job(&poor, PROMPT));
    assert_eq!(code(&refused), Some(Code::InsufficientCredits));
    let refused = block_on(engine.verify_job(&poor, &job));
    assert_eq!(code(&refused), Some(Code::NotSender));
    let refused = block_on(engine.create_job(&user("alice"), " \n "));
    assert_eq!(code(&refused), Some(Code::InvalidRequest));
    assert_eq!(model.asked(), 0);
}
