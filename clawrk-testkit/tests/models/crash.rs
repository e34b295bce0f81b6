//! The process ends at every call on the store, before it and after it, in every command that asks
//! a model; then a new engine goes on, and the command made once more ends where it would have
//! ended.

use std::collections::BTreeMap;
use std::sync::Arc;

use clawrk_core::error::Error;
use clawrk_core::id::JobId;
use clawrk_core::job::{EventKind, OnRejected};
use clawrk_core::record::Body;
use clawrk_core::{Call, Engine, Once};
use clawrk_testkit::faults::{Fault, FaultStore};
use clawrk_testkit::invariants::check_kept;
use clawrk_testkit::models::{ScriptedModel, Turn, honest};
use clawrk_testkit::run::{block_on, block_on_unless};
use clawrk_testkit::suite::Census;

use crate::world::{DAY, OUTPUT, PROMPT, SECOND, World, fail, pass, policy, user};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    Create,
    Submit,
    Research,
    Verify(OnRejected, bool),
    VerifyOverdue,
}

impl Command {
    const ALL: [Command; 8] = [
        Command::Create,
        Command::Submit,
        Command::Research,
        Command::Verify(OnRejected::Refund, true),
        Command::Verify(OnRejected::Refund, false),
        Command::Verify(OnRejected::Keep, false),
        Command::Verify(OnRejected::Requeue, false),
        Command::VerifyOverdue,
    ];

    fn world(self) -> World {
        World::with(policy(match self {
            Command::Verify(on_rejected, _) => on_rejected,
            _ => OnRejected::Refund,
        }))
    }

    fn prepare(self, world: &World) -> JobId {
        match self {
            Command::Create => world.queued(),
            Command::Submit | Command::Research => world.accepted(),
            Command::Verify(..) => world.submitted(OUTPUT),
            Command::VerifyOverdue => {
                let job = world.submitted(OUTPUT);
                world.clock.advance(4 * DAY);
                job
            }
        }
    }

    /// What the model says.
    fn model(self) -> ScriptedModel {
        ScriptedModel::by(move |request| match self {
            Command::Verify(_, true) | Command::VerifyOverdue => pass(),
            Command::Verify(_, false) => fail(),
            _ => Turn::json(&honest(request)),
        })
    }

    async fn give(self, engine: &Engine, job: &JobId) -> Result<(), Error> {
        let (alice, bob) = (user("alice"), user("bob"));
        let once = Once::new("the-key", b"the request").unwrap();
        let by = |user| Call::by(user).once(&once);
        match self {
            Command::Create => drop(engine.create_job(by(&alice), PROMPT).await?),
            Command::Submit => {
                engine.submit_output(by(&bob), job, Some(OUTPUT)).await?;
            }
            Command::Research => drop(engine.submit_output(by(&bob), job, None).await?),
            Command::Verify(..) => drop(engine.verify_job(by(&alice), job).await?),
            Command::VerifyOverdue => while engine.tick(100).await?.done > 0 {},
        }
        Ok(())
    }
}

/// What a command comes to, without what differs from run to run: ids, times, keys of requests, and
/// runs that were lost.
fn shape(census: &Census) -> BTreeMap<String, u64> {
    let mut shape: BTreeMap<String, u64> = BTreeMap::new();
    for record in census.records.values() {
        let what = match &record.body {
            Body::Job(job) => format!("{} job, {} rejections", job.state.status(), job.rejections),
            Body::Account(account) => match account.account.to_string().split_once(':') {
                Some(("hold", _)) => format!("a hold {}", account.balance),
                _ => format!("{} {}", account.account, account.balance),
            },
            Body::Payout(payout) => format!("payout {} {}", payout.receiver, payout.amount),
            Body::Event(event) => match event.kind.clone() {
                EventKind::RunStarted | EventKind::RunFailed { .. } => continue,
                kind => format!("event {kind:?} {}", event.actor),
            },
            Body::Entry(entry) => format!("{:?} entry {}", entry.account.commodity(), entry.delta),
            Body::Text(text) => format!("{:?}", text.text),
            _ => continue,
        };
        *shape.entry(what).or_default() += 1;
    }
    shape
}

/// Runs the command, undisturbed or with a crash at the `nth` call. Gives whether it crashed, and
/// what it came to in the end.
fn run(command: Command, crash: Option<(u64, Fault)>) -> (bool, BTreeMap<String, u64>) {
    let mut world = command.world();
    let job = command.prepare(&world);
    let before = world.checked();
    let whole = world.store.clone();
    let faulty = Arc::new(FaultStore::over(whole.clone()));
    if let Some((nth, fault)) = crash {
        faulty.fail_call(nth, fault);
    }
    world.store = faulty.clone();
    let engine = world.engine(&command.model());
    world.store = whole;
    let first = block_on_unless(command.give(&engine, &job), || faulty.has_crashed());
    let crashed = faulty.has_crashed();
    assert_eq!(first.is_none(), crashed, "{command:?} {crash:?}");
    assert!(
        first.is_none_or(|given| given.is_ok()),
        "{command:?} {crash:?}"
    );
    let after = world.checked();
    check_kept(&before, &after);
    if crashed {
        // What the crash left behind runs out first: runs, and keys that are reserved.
        world
            .clock
            .advance(world.policy.model_timeout + 10 * SECOND);
        let engine = world.engine(&command.model());
        if command == Command::Research {
            while block_on(engine.tick(100)).unwrap().done > 0 {}
        }
        let again = block_on(command.give(&engine, &job));
        assert!(again.is_ok(), "{command:?} {crash:?} again: {again:?}");
    }
    let end = world.checked();
    check_kept(&after, &end);
    (crashed, shape(&end))
}

#[test]
fn a_crash_at_every_call_loses_nothing_where_a_model_is_asked() {
    let mut all = 0;
    for command in Command::ALL {
        let (_, undisturbed) = run(command, None);
        for fault in [Fault::CrashBefore, Fault::CrashAfter] {
            for nth in 1.. {
                let (crashed, end) = run(command, Some((nth, fault)));
                assert_eq!(end, undisturbed, "{command:?} with {fault:?} at call {nth}");
                if !crashed {
                    assert!(nth > 3, "{command:?} makes few calls");
                    break;
                }
                all += 1;
            }
        }
    }
    assert!(all > 80, "{all} crashes are fewer than there were");
}
