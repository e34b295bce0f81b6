//! The process ends at every call on the store, before it and after it, in every command; then a
//! new engine goes on over the same store: nothing acknowledged is lost, every rule holds, and the
//! command made once more ends where it would have ended without the crash.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use clawrk_core::engine::{LoginCode, NewApiKey};
use clawrk_core::error::Error;
use clawrk_core::id::{JobId, UserId};
use clawrk_core::job::{EventKind, OnRejected};
use clawrk_core::money::Credits;
use clawrk_core::record::Body;
use clawrk_core::store::Store;
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::{Call, Engine, Once};
use clawrk_testkit::faults::{Fault, FaultStore, Op};
use clawrk_testkit::invariants::{check, check_kept};
use clawrk_testkit::payments::OfflinePayments;
use clawrk_testkit::run::{block_on, block_on_unless};
use clawrk_testkit::suite::{Census, Home, census};

use common::{Fails, Folder, World, funded, memory, policy, user};

const GOOD: &str = "An output that is long enough to pass";
const BAD: &str = "too short";

/// The name of a key of which there are two where the command is repeated.
const UNWATCHED: &str = "second";

/// Commands that are tried at once; most of the time they wait for the disk.
const THREADS: usize = 6;

/// A command, the state that it needs, and what it is called with again after a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    Create,
    Accept,
    Submit,
    RunSkill,
    RunFailingSkill,
    Verify(OnRejected, &'static str),
    VerifyLastAttempt,
    VerifyOwn,
    Cancel,
    Release,
    AdminCancel,
    Grant,
    CreateUser,
    SeeUser,
    DisableUser,
    CreateKey,
    RevokeKey,
    UseKey,
    CreateLoginCode,
    ConsumeLoginCode,
    ExpireAccept,
    LoseRun,
    VerifyOverdue,
    ForgetOnce,
}

/// What a command needs.
struct Prepared {
    job: JobId,
    /// A key of the sender's.
    key: NewApiKey,
    /// A login code of the sender's.
    code: LoginCode,
}

impl Command {
    const ALL: [Command; 27] = [
        Command::Create,
        Command::Accept,
        Command::Submit,
        Command::RunSkill,
        Command::RunFailingSkill,
        Command::Verify(OnRejected::Refund, GOOD),
        Command::Verify(OnRejected::Refund, BAD),
        Command::Verify(OnRejected::Keep, BAD),
        Command::Verify(OnRejected::Requeue, BAD),
        Command::VerifyLastAttempt,
        Command::VerifyOwn,
        Command::Cancel,
        Command::Release,
        Command::AdminCancel,
        Command::Grant,
        Command::CreateUser,
        Command::SeeUser,
        Command::DisableUser,
        Command::CreateKey,
        Command::RevokeKey,
        Command::UseKey,
        Command::CreateLoginCode,
        Command::ConsumeLoginCode,
        Command::ExpireAccept,
        Command::LoseRun,
        Command::VerifyOverdue,
        Command::ForgetOnce,
    ];

    fn on_rejected(self) -> OnRejected {
        match self {
            Command::Verify(on_rejected, _) => on_rejected,
            Command::VerifyLastAttempt => OnRejected::Requeue,
            _ => OnRejected::Refund,
        }
    }

    /// Makes what the command needs.
    async fn prepare(self, world: &World) -> Prepared {
        let engine = engine(world);
        let (sender, receiver) = (funded(&engine, "sender", 9).await, user("receiver"));
        let key = engine.create_key(&sender, Some("first")).await.unwrap();
        let code = engine.create_login_code(&sender).await.unwrap();
        let prompt = match self {
            Command::RunFailingSkill => "This one fails",
            _ => "Sum it up",
        };
        let job = engine.create_job(&sender, prompt).await.unwrap().id;
        match self {
            Command::Submit
            | Command::RunSkill
            | Command::RunFailingSkill
            | Command::Release
            | Command::ExpireAccept => {
                engine.accept_job(&receiver, &job).await.unwrap();
            }
            Command::Verify(_, output) => submitted(&engine, &receiver, &job, output).await,
            Command::VerifyOverdue => submitted(&engine, &receiver, &job, GOOD).await,
            Command::VerifyOwn => submitted(&engine, &sender, &job, GOOD).await,
            Command::VerifyLastAttempt => {
                submitted(&engine, &receiver, &job, BAD).await;
                engine.verify_job(&sender, &job).await.unwrap();
                submitted(&engine, &receiver, &job, BAD).await;
            }
            Command::LoseRun => {
                engine.accept_job(&receiver, &job).await.unwrap();
                start_and_lose_run(world, &receiver, &job);
            }
            Command::ForgetOnce => {
                let once = Once::new("old", b"").unwrap();
                let call = Call::by(&receiver).once(&once);
                engine.accept_job(call, &job).await.unwrap();
                engine.release_job(&receiver, &job).await.unwrap();
            }
            Command::DisableUser => {
                engine.create_user(Some("gone"), None).await.unwrap();
            }
            _ => {}
        }
        world.clock.advance(self.wait());
        Prepared { job, key, code }
    }

    /// How long it takes until what happens by itself is due.
    fn wait(self) -> Duration {
        let days = match self {
            Command::ExpireAccept => 8,
            Command::VerifyOverdue => 4,
            Command::ForgetOnce => 31,
            Command::LoseRun => 1,
            _ => 0,
        };
        Duration::from_secs(days * 24 * 60 * 60)
    }

    /// Gives the command, under an idempotency key where it takes one.
    async fn give(self, engine: &Engine, prepared: &Prepared) -> Result<(), Error> {
        let Prepared { job, key, code } = prepared;
        let (sender, receiver) = (user("sender"), user("receiver"));
        let once = Once::new("the-key", b"the request").unwrap();
        let by = |user: &UserId| Call::by(user).once(&once);
        let admin = Call::by_admin().once(&once);
        match self {
            Command::Create => drop(engine.create_job(by(&sender), "Sum it up").await?),
            Command::Accept => drop(engine.accept_job(by(&receiver), job).await?),
            Command::Submit => {
                engine.submit_output(by(&receiver), job, Some(GOOD)).await?;
            }
            Command::RunSkill | Command::RunFailingSkill => {
                engine.submit_output(by(&receiver), job, None).await?;
            }
            Command::Verify(..) | Command::VerifyOwn | Command::VerifyLastAttempt => {
                engine.verify_job(by(&sender), job).await?;
            }
            Command::Cancel => drop(engine.cancel_job(by(&sender), job).await?),
            Command::Release => drop(engine.release_job(by(&receiver), job).await?),
            Command::AdminCancel => drop(engine.cancel_job(admin, job).await?),
            Command::Grant => {
                let delta = Credits::new(-4);
                engine.grant_credits(admin, &sender, delta, "fee").await?;
            }
            Command::CreateUser => drop(engine.create_user(Some("new"), None).await?),
            Command::SeeUser => drop(engine.user(&user("seen")).await?),
            Command::DisableUser => {
                let admin = Call::by_admin();
                engine.set_user_disabled(admin, &user("gone"), true).await?;
            }
            Command::CreateKey => drop(engine.create_key(&sender, Some(UNWATCHED)).await?),
            Command::RevokeKey => engine.revoke_key(&sender, key.key.id).await?,
            Command::UseKey => {
                let known = engine.authenticate(&key.secret).await?;
                assert_eq!(known, Some(sender));
                while engine.tick(100).await?.done > 0 {}
            }
            Command::CreateLoginCode => drop(engine.create_login_code(&sender).await?),
            Command::ConsumeLoginCode => drop(engine.consume_login_code(&code.code).await?),
            Command::ExpireAccept
            | Command::LoseRun
            | Command::VerifyOverdue
            | Command::ForgetOnce => while engine.tick(100).await?.done > 0 {},
        }
        Ok(())
    }

    /// Whether it may say no when it is made again: it carries no key, and was done before.
    fn may_refuse_again(self) -> bool {
        matches!(
            self,
            Command::CreateUser
                | Command::RunFailingSkill
                | Command::RevokeKey
                | Command::ConsumeLoginCode
        )
    }
}

async fn submitted(engine: &Engine, by: &UserId, job: &JobId, output: &str) {
    engine.accept_job(by, job).await.unwrap();
    engine.submit_output(by, job, Some(output)).await.unwrap();
}

/// Begins a run and crashes when it is to be ended: the second commit of a submission.
fn start_and_lose_run(world: &World, receiver: &UserId, job: &JobId) {
    let store = Arc::new(FaultStore::over(Arc::clone(&world.store)));
    store.fail(Op::Commit, 2, Fault::CrashBefore);
    let crashing = World {
        store: store.clone(),
        ..world.clone()
    };
    let engine = engine(&crashing);
    let submit = engine.submit_output(receiver, job, None);
    assert!(block_on_unless(submit, || store.has_crashed()).is_none());
}

fn engine(world: &World) -> Engine {
    world.engine_with(|builder| builder.payments(Arc::new(OfflinePayments)).skill(Fails))
}

/// What a command comes to, without what differs from run to run: ids, and runs that were lost.
fn shape(census: &Census) -> BTreeMap<String, u64> {
    let mut shape: BTreeMap<String, u64> = BTreeMap::new();
    for record in census.records.values() {
        let what = match &record.body {
            Body::Job(job) => format!("{} job, {} rejections", job.state.status(), job.rejections),
            Body::Account(account) => format!("{} {}", account.account, account.balance),
            Body::Payout(payout) => format!("payout {} {}", payout.receiver, payout.amount),
            Body::User(user) => format!("user {} {}", user.id, user.disabled),
            Body::Event(event) => match event.kind.clone() {
                EventKind::RunStarted | EventKind::RunFailed { .. } => continue,
                kind => format!("event {kind:?} {}", event.actor),
            },
            Body::Entry(entry) => format!("{:?} entry {}", entry.account.commodity(), entry.delta),
            Body::ApiKey(key) if key.name.as_deref() != Some(UNWATCHED) => {
                format!("key {:?}, used: {}", key.name, key.last_used_at.is_some())
            }
            Body::Text(_)
            | Body::ApiKey(_)
            | Body::Once(_)
            | Body::Meta(_)
            | Body::Step(_)
            | Body::Attempt(_)
            | Body::Outbox(_)
            | Body::Inbox(_)
            | Body::Invoice(_)
            | Body::Link(_) => continue,
        };
        *shape.entry(what).or_default() += 1;
    }
    shape
}

async fn look(store: &Arc<dyn Store>) -> Census {
    let census = census(store.as_ref()).await.unwrap();
    check(&census);
    census
}

/// Runs the command, undisturbed or with a crash at the `nth` call. Gives whether it crashed, and
/// what it came to in the end.
fn run(home: &dyn Home, command: Command, crash: Option<(u64, Fault)>) -> (bool, Census) {
    let mut world = World::new(block_on(home.open()), policy(command.on_rejected()));
    let prepared = block_on(command.prepare(&world));
    let before = block_on(look(&world.store));

    let faulty = Arc::new(FaultStore::over(Arc::clone(&world.store)));
    if let Some((nth, fault)) = crash {
        faulty.fail_call(nth, fault);
    }
    let crashing = World {
        store: faulty.clone(),
        ..world.clone()
    };
    let first = block_on_unless(command.give(&engine(&crashing), &prepared), || {
        faulty.has_crashed()
    });
    let crashed = faulty.has_crashed();
    assert_eq!(first.is_none(), crashed, "{command:?} {crash:?}");
    if let Some(result) = &first {
        let expected = command != Command::RunFailingSkill;
        assert_eq!(result.is_ok(), expected, "{command:?}: {result:?}");
    }
    drop((crashing, faulty));
    if home.lasts() {
        let nothing: Arc<dyn Store> = Arc::new(MemoryStore::new());
        drop(std::mem::replace(&mut world.store, nothing));
        world.store = block_on(home.open());
    }

    let after = block_on(look(&world.store));
    check_kept(&before, &after);
    if crashed {
        // A run that the crash lost is given up first.
        block_on(world.later(Duration::from_secs(70)));
        let again = block_on(command.give(&engine(&world), &prepared));
        assert!(
            again.is_ok() || command.may_refuse_again(),
            "{command:?} {crash:?} again: {again:?}"
        );
    }
    let end = block_on(look(&world.store));
    check_kept(&after, &end);
    (crashed, end)
}

/// Crashes the command at each of its calls; gives how many there were.
fn crash_in(command: Command, home: &impl Fn() -> Box<dyn Home>) -> u64 {
    let (_, undisturbed) = run(home().as_ref(), command, None);
    let mut all = 0;
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        let mut crashes = 0;
        loop {
            let crash = Some((crashes + 1, fault));
            let (crashed, end) = run(home().as_ref(), command, crash);
            let (end, expected) = (shape(&end), shape(&undisturbed));
            assert_eq!(end, expected, "{command:?} with {crash:?}");
            if !crashed {
                break;
            }
            crashes += 1;
        }
        assert!(crashes > 0, "{command:?} makes no call");
        all += crashes;
    }
    all
}

fn crash_everywhere(home: impl Fn() -> Box<dyn Home> + Sync) {
    let home = &home;
    let all: u64 = thread::scope(|scope| {
        let commands = Command::ALL.chunks(Command::ALL.len().div_ceil(THREADS));
        let shares: Vec<_> = commands
            .map(|share| scope.spawn(move || share.iter().map(|it| crash_in(*it, home)).sum()))
            .collect();
        let ended = shares.into_iter().map(|share| share.join());
        ended.map(|sum: Result<u64, _>| sum.unwrap()).sum()
    });
    assert!(all > 200, "{all} crashes are fewer than there were");
}

#[test]
fn a_crash_at_every_call_loses_nothing_on_memory() {
    crash_everywhere(memory);
}

#[test]
fn a_crash_at_every_call_loses_nothing_on_sled() {
    crash_everywhere(Folder::fresh);
}
