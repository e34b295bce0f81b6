//! Skills that run, fail, fall over, take too long, or are not needed any more.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use async_trait::async_trait;
use clawrk_core::id::{JobId, UserId};
use clawrk_core::job::{EventKind, Status};
use clawrk_core::skill::{Skill, SkillContext, SkillError};
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::{Call, Engine, Error, Job, Once, Rejection};
use event_listener::Event;

use crate::support::{GOOD, ManualClock, clean, history, user};

/// What a run of [`Steered`] comes to.
#[derive(Debug, Clone)]
enum End {
    Output(String),
    Failure(&'static str),
    Panic,
    /// It waits until the gate opens, and gives output then.
    Waits,
}

/// A skill whose end is decided by the test.
#[derive(Debug)]
struct Steered {
    ends: Vec<End>,
    runs: AtomicUsize,
    began: Event,
    gate: Event,
}

#[async_trait]
impl Skill for Handle {
    fn name(&self) -> &str {
        "steered"
    }

    fn description(&self) -> &str {
        "Does as it is told."
    }

    fn credit_cost(&self) -> u32 {
        1
    }

    async fn run(&self, _intent: &str, _context: &SkillContext) -> Result<String, SkillError> {
        let opened = self.0.gate.listen();
        let run = self.0.runs.fetch_add(1, Ordering::SeqCst);
        self.0.began.notify(usize::MAX);
        match &self.0.ends[run] {
            End::Output(output) => Ok(output.clone()),
            End::Failure(cause) => Err(SkillError::new(*cause)),
            End::Panic => panic!("the skill fell over"),
            End::Waits => {
                opened.await;
                Ok("The output that the skill made.".to_owned())
            }
        }
    }
}

#[derive(Debug)]
struct Handle(Arc<Steered>);

struct Exchange {
    engine: Engine,
    clock: Arc<ManualClock>,
    skill: Arc<Steered>,
    bob: UserId,
    job: JobId,
}

/// An exchange with an accepted job, whose skill's runs end one after the other as told.
fn exchange(ends: impl IntoIterator<Item = End>) -> Exchange {
    let clock = ManualClock::new();
    let skill = Arc::new(Steered {
        ends: ends.into_iter().collect(),
        runs: AtomicUsize::new(0),
        began: Event::new(),
        gate: Event::new(),
    });
    let engine = Engine::builder(Arc::new(MemoryStore::new()), clock.clone())
        .skill(Handle(skill.clone()))
        .build();
    let bob = user("bob");
    let job = pollster::block_on(async {
        let job = engine.create_job(&user("alice"), "Something steered").await;
        let job = job.unwrap().id;
        engine.accept_job(&bob, &job).await.unwrap();
        job
    });
    Exchange {
        engine,
        clock,
        skill,
        bob,
        job,
    }
}

impl Exchange {
    /// Has the skill run, under that idempotency key.
    fn run(&self, key: &str) -> (Result<Job, Error>, bool) {
        let once = Once::new(key, b"submit").unwrap();
        let call = Call::by(&self.bob).once(&once);
        let job = pollster::block_on(self.engine.submit_output(call, &self.job, None));
        (job, once.was_replayed())
    }

    fn submit(&self, output: &str) -> Result<Job, Error> {
        pollster::block_on(
            self.engine
                .submit_output(&self.bob, &self.job, Some(output)),
        )
    }

    fn job(&self) -> Job {
        pollster::block_on(self.engine.job(&self.bob, &self.job)).unwrap()
    }

    fn history(&self) -> Vec<&'static str> {
        pollster::block_on(history(&self.engine, &self.job))
    }

    /// Runs the skill in a thread of its own, and `meanwhile` once it has begun.
    fn while_running(&self, key: &str, meanwhile: impl FnOnce()) -> Result<Job, Error> {
        let began = self.skill.began.listen();
        thread::scope(|scope| {
            let run = scope.spawn(|| self.run(key).0);
            pollster::block_on(began);
            meanwhile();
            run.join().unwrap()
        })
    }

    /// Lets a run that waits give its output.
    fn open_the_gate(&self) {
        self.skill.gate.notify(usize::MAX);
    }

    fn runs(&self) -> usize {
        self.skill.runs.load(Ordering::SeqCst)
    }
}

fn code(result: Result<Job, Error>) -> &'static str {
    result.unwrap_err().code().as_str()
}

#[test]
fn a_run_reserves_its_key_and_is_replayed_afterwards() {
    let it = exchange([End::Waits]);
    let first = it.while_running("key", || {
        assert_eq!(it.job().status, Status::InProgress);
        let refused = it.run("key").0.unwrap_err();
        match refused.rejection() {
            // The whole lease is left: the skill's time and the margin.
            Some(Rejection::RequestInProgress { retry_after }) => {
                assert_eq!(*retry_after, Duration::from_secs(65));
            }
            _ => panic!("{refused}"),
        }
        assert_eq!(code(it.run("another").0), "skill_running");
        it.open_the_gate();
    });
    let first = first.unwrap();
    assert_eq!(first.status, Status::Submitted);
    assert_eq!(
        first.output.as_deref(),
        Some("The output that the skill made.")
    );
    let (again, replayed) = it.run("key");
    assert_eq!(again.unwrap(), first);
    assert!(replayed);
    assert_eq!(it.runs(), 1);
    pollster::block_on(clean(&it.engine));
}

#[test]
fn a_run_that_fails_frees_its_key() {
    let good = End::Output(GOOD.to_owned());
    let it = exchange([End::Failure("no luck"), good]);
    let failed = it.run("key").0.unwrap_err();
    assert_eq!(failed.code().as_str(), "skill_failed");
    assert_eq!(failed.to_string(), "steered: run failed");
    let source = std::error::Error::source(&failed).unwrap();
    assert_eq!(source.to_string(), "no luck");
    assert_eq!(it.job().status, Status::Accepted);
    let (job, replayed) = it.run("key");
    assert_eq!(job.unwrap().status, Status::Submitted);
    assert!(!replayed);
    assert!(it.run("key").1);
    assert_eq!(it.runs(), 2);
    let failed = ["run_started", "run_failed", "run_started", "submitted"];
    assert_eq!(it.history()[2..], failed);
    pollster::block_on(clean(&it.engine));
}

#[test]
fn a_skill_that_falls_over_has_failed() {
    let it = exchange([End::Panic, End::Output(GOOD.to_owned())]);
    assert_eq!(code(it.run("key").0), "skill_failed");
    assert_eq!(it.job().status, Status::Accepted);
    assert_eq!(it.run("key").0.unwrap().status, Status::Submitted);
}

/// A skill that falls over before it gives a future.
#[derive(Debug)]
struct AtOnce;

impl Skill for AtOnce {
    fn name(&self) -> &str {
        "at-once"
    }

    fn description(&self) -> &str {
        "Falls over."
    }

    fn credit_cost(&self) -> u32 {
        1
    }

    fn run<'skill, 'intent, 'context, 'run>(
        &'skill self,
        _intent: &'intent str,
        _context: &'context SkillContext,
    ) -> Pin<Box<dyn Future<Output = Result<String, SkillError>> + Send + 'run>>
    where
        'skill: 'run,
        'intent: 'run,
        'context: 'run,
    {
        panic!("the skill fell over at once");
    }
}

#[test]
fn a_skill_that_falls_over_before_it_runs_has_failed() {
    let engine = Engine::builder(Arc::new(MemoryStore::new()), ManualClock::new())
        .skill(AtOnce)
        .build();
    pollster::block_on(async {
        let bob = user("bob");
        let job = engine.create_job(&bob, "Fall over at-once").await.unwrap();
        engine.accept_job(&bob, &job.id).await.unwrap();
        assert_eq!(
            code(engine.submit_output(&bob, &job.id, None).await),
            "skill_failed"
        );
        let job = engine.job(&bob, &job.id).await.unwrap();
        assert_eq!(job.status, Status::Accepted);
    });
}

#[test]
fn what_a_skill_says_of_its_failure_is_kept_short_and_readable() {
    let said = Box::leak("no\0luck ".repeat(100).into_boxed_str());
    let it = exchange([End::Failure(said)]);
    assert_eq!(code(it.run("key").0), "skill_failed");
    let events = pollster::block_on(it.engine.events(&it.bob, &it.job, 0)).unwrap();
    let Some(EventKind::RunFailed { cause }) = events.last().map(|event| &event.kind) else {
        panic!("{events:?}");
    };
    assert!(cause.starts_with("no\u{fffd}luck no"), "{cause}");
    assert_eq!(cause.chars().count(), 500);
}

#[test]
fn a_run_ends_although_its_key_went_to_another_request() {
    for ends_well in [true, false] {
        let it = exchange([End::Waits]);
        let another = pollster::block_on(it.engine.create_job(&it.bob, "Another")).unwrap();
        let once = Once::new("key", b"submit").unwrap();
        let call = Call::by(&it.bob).once(&once);
        let mut run = Box::pin(it.engine.submit_output(call, &it.job, None));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        while it.runs() == 0 {
            assert!(run.as_mut().poll(&mut context).is_pending());
        }
        // The reservation is over, and nobody has looked at the run since.
        it.clock.advance(Duration::from_secs(65));
        let other = Once::new("key", b"accept").unwrap();
        let call = Call::by(&it.bob).once(&other);
        pollster::block_on(it.engine.accept_job(call, &another.id)).unwrap();
        if ends_well {
            it.open_the_gate();
        }
        let ended = pollster::block_on(run);
        match ends_well {
            true => assert_eq!(ended.unwrap().status, Status::Submitted),
            false => assert_eq!(code(ended), "skill_failed"),
        }
        // The key stands for the request that has it now.
        let again = Once::new("key", b"accept").unwrap();
        let call = Call::by(&it.bob).once(&again);
        pollster::block_on(it.engine.accept_job(call, &another.id)).unwrap();
        assert!(again.was_replayed());
        pollster::block_on(clean(&it.engine));
    }
}

#[test]
fn a_skill_that_takes_too_long_has_failed() {
    let it = exchange([End::Waits]);
    let late = it.while_running("key", || {
        it.clock.advance(Duration::from_secs(60));
    });
    assert_eq!(code(late), "skill_failed");
    assert_eq!(it.job().status, Status::Accepted);
    assert_eq!(it.history()[2..], ["run_started", "run_failed"]);
}

#[test]
fn an_output_that_no_text_may_be_is_a_failure() {
    let too_long = "x".repeat((512 << 10) + 1);
    for output in ["", "  \n", "a\0b", &too_long] {
        let it = exchange([End::Output(output.to_owned())]);
        assert_eq!(code(it.run("key").0), "skill_failed");
        assert_eq!(it.job().status, Status::Accepted);
    }
}

#[test]
fn output_that_is_handed_in_wins_over_a_run() {
    let it = exchange([End::Waits]);
    let run = it.while_running("key", || {
        assert_eq!(it.submit(GOOD).unwrap().status, Status::Submitted);
        it.open_the_gate();
    });
    assert_eq!(code(run), "wrong_status");
    let job = it.job();
    assert_eq!(job.status, Status::Submitted);
    assert_eq!(job.output.as_deref(), Some(GOOD));
    assert_eq!(it.history()[2..], ["run_started", "submitted"]);
    // The key is free again: the request is looked at afresh.
    assert_eq!(code(it.run("key").0), "wrong_status");
    pollster::block_on(clean(&it.engine));
}

#[test]
fn a_run_whose_job_was_given_up_and_taken_again_finishes_nothing() {
    let it = exchange([End::Waits, End::Waits]);
    let run = it.while_running("key", || {
        pollster::block_on(async {
            it.engine.release_job(&it.bob, &it.job).await.unwrap();
            it.engine.accept_job(&it.bob, &it.job).await.unwrap();
        });
        it.open_the_gate();
    });
    assert_eq!(code(run), "wrong_status");
    assert_eq!(it.job().status, Status::Accepted);
    assert_eq!(it.job().output, None);
    pollster::block_on(clean(&it.engine));
}

#[test]
fn a_run_whose_caller_went_away_is_given_up_when_its_lease_ends() {
    let it = exchange([End::Waits, End::Output(GOOD.to_owned())]);
    let once = Once::new("key", b"submit").unwrap();
    {
        let call = Call::by(&it.bob).once(&once);
        let mut run = Box::pin(it.engine.submit_output(call, &it.job, None));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        while it.runs() == 0 {
            assert!(run.as_mut().poll(&mut context).is_pending());
        }
    }
    let tick = || pollster::block_on(it.engine.tick(10)).unwrap().done;
    it.clock.advance(Duration::from_millis(64_999));
    assert_eq!(tick(), 0);
    assert_eq!(it.job().status, Status::InProgress);
    assert_eq!(code(it.run("key").0), "request_in_progress");
    it.clock.advance(Duration::from_millis(1));
    assert_eq!(tick(), 1);
    assert_eq!(it.job().status, Status::Accepted);
    assert_eq!(it.history()[2..], ["run_started", "run_failed"]);
    assert_eq!(it.run("key").0.unwrap().status, Status::Submitted);
    pollster::block_on(clean(&it.engine));
}
