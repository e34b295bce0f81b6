//! Many at once: one winner, exact sums, one effect. On real threads.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use clawrk_core::error::{Code, Error};
use clawrk_core::id::JobId;
use clawrk_core::job::{EventKind, Job, OnRejected, Status};
use clawrk_core::money::Credits;
use clawrk_core::record::{Body, Kind};
use clawrk_core::{Call, Engine, Once};
use clawrk_testkit::invariants::check;
use clawrk_testkit::run::{block_on, together};
use clawrk_testkit::suite::{Census, Home, census};

use common::{Folder, World, funded, memory, policy, user};

const CALLERS: usize = 64;
const JOBS: usize = 1_000;

fn code(result: &Result<Job, Error>) -> Option<Code> {
    result.as_ref().err().map(Error::code)
}

async fn world(home: &dyn Home) -> World {
    World::new(home.open().await, policy(OnRejected::Refund))
}

async fn checked(world: &World) -> Census {
    let census = census(world.store.as_ref()).await.unwrap();
    check(&census);
    census
}

async fn of_many_accepts_one_wins(home: &dyn Home) {
    let world = world(home).await;
    let engine = world.engine();
    let sender = funded(&engine, "sender", 2 * JOBS as i64).await;
    let jobs = together(CALLERS, |caller| {
        let (engine, sender) = (engine.clone(), sender.clone());
        async move {
            let mut made = Vec::new();
            for n in (caller..JOBS).step_by(CALLERS) {
                let job = engine.create_job(&sender, &format!("Job {n}")).await;
                made.push(job.unwrap().id);
            }
            made
        }
    });
    let jobs: Arc<Vec<JobId>> = Arc::new(jobs.await.concat());
    assert_eq!(jobs.len(), JOBS);
    let winners: Arc<Vec<AtomicUsize>> =
        Arc::new((0..JOBS).map(|_| AtomicUsize::new(usize::MAX)).collect());
    let start = Arc::new(Barrier::new(CALLERS));
    together(CALLERS, |caller| {
        let (engine, jobs) = (engine.clone(), Arc::clone(&jobs));
        let (winners, start) = (Arc::clone(&winners), Arc::clone(&start));
        async move {
            let receiver = user(&format!("receiver {caller}"));
            for (job, winner) in jobs.iter().zip(winners.iter()) {
                start.wait();
                let result = engine.accept_job(&receiver, job).await;
                if result.is_ok() {
                    let earlier = winner.swap(caller, Ordering::SeqCst);
                    assert_eq!(earlier, usize::MAX, "two won {job}");
                } else {
                    assert_eq!(code(&result), Some(Code::WrongStatus), "{result:?}");
                }
            }
        }
    })
    .await;
    let census = checked(&world).await;
    for (job, winner) in jobs.iter().zip(winners.iter()) {
        let winner = winner.load(Ordering::SeqCst);
        assert_ne!(winner, usize::MAX, "nobody won {job}");
        let receiver = user(&format!("receiver {winner}"));
        let job = engine.job(&receiver, job).await.unwrap();
        assert_eq!(job.receiver, Some(receiver));
    }
    assert_eq!(census.of(Kind::Event).count(), 2 * JOBS);
}

async fn of_many_creates_as_many_pass_as_are_paid_for(home: &dyn Home) {
    let world = world(home).await;
    let engine = world.engine();
    for round in 1..=5 {
        let name = format!("sender {round}");
        let sender = funded(&engine, &name, 2 * 7 * round).await;
        let results = together(CALLERS, |_| {
            let (engine, sender) = (engine.clone(), sender.clone());
            async move { engine.create_job(&sender, "Sum it up").await }
        })
        .await;
        let passed = results.iter().filter(|result| result.is_ok()).count();
        assert_eq!(passed as i64, 7 * round, "{results:?}");
        for result in results.iter().filter(|result| result.is_err()) {
            assert_eq!(code(result), Some(Code::InsufficientCredits), "{result:?}");
        }
        let left = engine.user(&sender).await.unwrap().credits;
        assert_eq!(left, Credits::ZERO);
    }
    let census = checked(&world).await;
    assert_eq!(census.of(Kind::Job).count(), 7 * (1 + 2 + 3 + 4 + 5));
}

/// Grants answer with a balance, so they race with all that moves it.
async fn grants_and_creates_do_not_hinder_each_other(home: &dyn Home) {
    let world = world(home).await;
    let engine = world.engine();
    let (callers, rounds) = (16, 10);
    let sender = funded(&engine, "sender", 2 * callers * rounds).await;
    let results = together(callers as usize, |caller| {
        let (engine, sender) = (engine.clone(), sender.clone());
        async move {
            for _ in 0..rounds {
                if caller % 4 == 0 {
                    let (admin, two) = (Call::by_admin(), Credits::new(2));
                    engine.grant_credits(admin, &sender, two, "more").await?;
                } else {
                    engine.create_job(&sender, "Sum it up").await?;
                }
            }
            Ok::<(), Error>(())
        }
    })
    .await;
    for result in results {
        result.unwrap();
    }
    checked(&world).await;
    let (grants, creates) = (callers / 4 * rounds, callers * 3 / 4 * rounds);
    let expected = 2 * (callers * rounds + grants - creates);
    let left = engine.user(&sender).await.unwrap().credits;
    assert_eq!(left, Credits::new(expected));
}

async fn one_key_has_one_effect(home: &dyn Home) {
    let world = world(home).await;
    let engine = world.engine();
    let sender = funded(&engine, "sender", 100).await;
    let receiver = user("receiver");

    let made = once(&engine, |engine, once| {
        let sender = sender.clone();
        async move {
            let call = Call::by(&sender).once(&once);
            engine.create_job(call, "Sum it up").await
        }
    })
    .await;
    let by = receiver.clone();
    let taken = once(&engine, |engine, once| {
        let by = by.clone();
        async move { engine.accept_job(Call::by(&by).once(&once), &made.id).await }
    })
    .await;
    assert_eq!(taken.receiver, Some(receiver.clone()));
    let by = receiver.clone();
    let output = Some("An output long enough to pass");
    let handed_in = once(&engine, |engine, once| {
        let by = by.clone();
        async move {
            let call = Call::by(&by).once(&once);
            engine.submit_output(call, &made.id, output).await
        }
    })
    .await;
    assert_eq!(handed_in.output.as_deref(), output);
    let verified = once(&engine, |engine, once| {
        let sender = sender.clone();
        async move {
            let call = Call::by(&sender).once(&once);
            engine.verify_job(call, &made.id).await
        }
    })
    .await;
    assert_eq!(verified.status, Status::Verified);

    let census = checked(&world).await;
    let events: Vec<_> = census
        .of(Kind::Event)
        .filter_map(|record| match &record.body {
            Body::Event(event) => Some(event.kind.clone()),
            _ => None,
        })
        .collect();
    let life = [
        EventKind::Created,
        EventKind::Accepted,
        EventKind::Submitted,
        EventKind::Verified,
    ];
    assert_eq!(events, life, "each had its effect once");
    assert_eq!(census.of(Kind::Payout).count(), 1);
}

/// Makes one call from fifty threads under one key; gives the one answer that all had.
async fn once<F>(engine: &Engine, call: impl Fn(Engine, Once) -> F) -> Job
where
    F: Future<Output = Result<Job, Error>> + Send + 'static,
{
    static KEYS: AtomicUsize = AtomicUsize::new(0);
    let key = format!("key-{}", KEYS.fetch_add(1, Ordering::Relaxed));
    let answers = together(50, |_| {
        let once = Once::new(key.clone(), b"the same request").unwrap();
        call(engine.clone(), once)
    })
    .await;
    let answers: Vec<Job> = answers.into_iter().map(Result::unwrap).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    answers[0].clone()
}

/// Together, the callers ask for nearly twice as many.
async fn nobody_gets_more_keys_than_there_may_be(home: &dyn Home) {
    let world = world(home).await;
    let engine = world.engine();
    let owner = engine.user(&user("owner")).await.unwrap().id;
    let made = together(CALLERS, |_| {
        let (engine, owner) = (engine.clone(), owner.clone());
        async move {
            let mut made = 0;
            for _ in 0..3 {
                match engine.create_key(&owner, None).await {
                    Ok(_) => made += 1,
                    Err(error) => assert_eq!(error.code(), Code::TooManyKeys),
                }
            }
            made
        }
    });
    assert_eq!(made.await.iter().sum::<usize>(), 100);
    assert_eq!(engine.keys(&owner).await.unwrap().len(), 100);
    checked(&world).await;
}

async fn of_many_who_consume_a_login_code_one_gets_a_key(home: &dyn Home) {
    let world = world(home).await;
    let engine = world.engine();
    let owner = user("owner");
    for round in 1..=5 {
        let code = engine.create_login_code(&owner).await.unwrap().code;
        let given = together(CALLERS, |_| {
            let (engine, code) = (engine.clone(), code.clone());
            async move {
                let given = engine.consume_login_code(&code).await;
                given.map(drop).map_err(|error| error.code())
            }
        });
        let given = given.await;
        let winners = given.iter().filter(|given| given.is_ok()).count();
        assert_eq!(winners, 1);
        let invalid = |given: &&Result<(), Code>| **given == Err(Code::LoginCodeInvalid);
        assert_eq!(given.iter().filter(invalid).count(), CALLERS - 1);
        assert_eq!(engine.keys(&owner).await.unwrap().len(), round);
    }
    checked(&world).await;
}

macro_rules! on {
    ($store:ident: $home:expr) => {
        mod $store {
            use super::*;

            #[test]
            fn of_many_accepts_one_wins() {
                block_on(super::of_many_accepts_one_wins($home.as_ref()));
            }

            #[test]
            fn of_many_creates_as_many_pass_as_are_paid_for() {
                let home = $home;
                block_on(super::of_many_creates_as_many_pass_as_are_paid_for(
                    home.as_ref(),
                ));
            }

            #[test]
            fn grants_and_creates_do_not_hinder_each_other() {
                let home = $home;
                block_on(super::grants_and_creates_do_not_hinder_each_other(
                    home.as_ref(),
                ));
            }

            #[test]
            fn nobody_gets_more_keys_than_there_may_be() {
                let home = $home;
                block_on(super::nobody_gets_more_keys_than_there_may_be(
                    home.as_ref(),
                ));
            }

            #[test]
            fn of_many_who_consume_a_login_code_one_gets_a_key() {
                let home = $home;
                block_on(super::of_many_who_consume_a_login_code_one_gets_a_key(
                    home.as_ref(),
                ));
            }

            #[test]
            fn one_key_has_one_effect() {
                block_on(super::one_key_has_one_effect($home.as_ref()));
            }
        }
    };
}

on!(on_memory: memory());
on!(on_sled: Folder::fresh());
