//! Waiting for a job's next event, on a clock that a test moves.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use clawrk_core::Engine;
use clawrk_core::error::{Code, Error};
use clawrk_core::id::{JobId, UserId};
use clawrk_core::job::{Event, EventKind, OnRejected};
use clawrk_core::policy::Visibility;
use clawrk_testkit::faults::{Fault, FaultStore, Op};
use clawrk_testkit::run::{block_on, poll_once, spawn};
use clawrk_testkit::suite::Home;

use common::{Folder, World, funded, memory, policy, user};

const MINUTE: Duration = Duration::from_secs(60);

async fn world(home: &dyn Home) -> (World, Engine, UserId, JobId) {
    let world = World::new(home.open().await, policy(OnRejected::Refund));
    let engine = world.engine();
    let ann = funded(&engine, "ann", 10).await;
    let job = engine.create_job(&ann, "Sum it up").await.unwrap().id;
    (world, engine, ann, job)
}

fn kinds(events: Result<Vec<Event>, Error>) -> Vec<&'static str> {
    let events = events.unwrap();
    events.iter().map(|event| event.kind.as_str()).collect()
}

#[test]
fn what_is_there_already_is_not_waited_for() {
    block_on(async {
        let (world, engine, ann, job) = world(&*memory()).await;
        let events = engine.wait_events(&ann, &job, 0, MINUTE).await;
        assert_eq!(kinds(events), ["created"]);
        assert_eq!(world.clock.next_wake(), None);
    });
}

#[test]
fn an_event_ends_the_wait_and_only_what_is_behind_the_last_one_comes() {
    block_on(async {
        let (_world, engine, ann, job) = world(&*memory()).await;
        let bob = user("bob");
        let mut wait = pin!(engine.wait_events(&ann, &job, 1, MINUTE));
        assert!(poll_once(wait.as_mut()).is_pending());
        // What happens elsewhere wakes at most, and is no answer.
        engine.create_job(&ann, "Another").await.unwrap();
        assert!(poll_once(wait.as_mut()).is_pending());
        engine.accept_job(&bob, &job).await.unwrap();
        let Poll::Ready(events) = poll_once(wait.as_mut()) else {
            unreachable!("the event is there");
        };
        assert_eq!(kinds(events), ["accepted"]);
        let both = engine.wait_events(&ann, &job, 0, MINUTE).await;
        assert_eq!(kinds(both), ["created", "accepted"]);
    });
}

#[test]
fn a_wait_in_vain_ends_with_its_time_and_not_before() {
    block_on(async {
        let (world, engine, ann, job) = world(&*memory()).await;
        for after in [1, 2, u64::MAX] {
            let mut wait = pin!(engine.wait_events(&ann, &job, after, MINUTE));
            assert!(poll_once(wait.as_mut()).is_pending());
            world.clock.advance(MINUTE - Duration::from_millis(1));
            assert!(poll_once(wait.as_mut()).is_pending());
            world.clock.advance(Duration::from_millis(1));
            let Poll::Ready(events) = poll_once(wait.as_mut()) else {
                unreachable!("the time is up");
            };
            assert_eq!(events.unwrap(), []);
        }
        let at_once = engine.wait_events(&ann, &job, 1, Duration::ZERO).await;
        assert_eq!(at_once.unwrap(), []);
        let mut long = pin!(engine.wait_events(&ann, &job, 1, Duration::MAX));
        assert!(poll_once(long.as_mut()).is_pending());
    });
}

#[test]
fn who_may_no_longer_see_the_job_gets_no_event_of_it() {
    block_on(async {
        let (world, engine, ann, job) = world(&*memory()).await;
        let (bob, eve) = (user("bob"), user("eve"));
        let mut wait = pin!(engine.wait_events(&eve, &job, 1, MINUTE));
        assert!(poll_once(wait.as_mut()).is_pending());
        engine.accept_job(&bob, &job).await.unwrap();
        let Poll::Ready(refused) = poll_once(wait.as_mut()) else {
            unreachable!("the job changed");
        };
        assert_eq!(refused.unwrap_err().code(), Code::JobNotFound);
        let unknown = JobId::from_bits(7);
        for (who, job) in [(&eve, &job), (&ann, &unknown)] {
            let refused = engine.wait_events(who, job, 0, MINUTE).await;
            assert_eq!(refused.unwrap_err().code(), Code::JobNotFound);
        }
        let mut open = world.clone();
        open.policy.visibility = Visibility::Everyone;
        let seen = open.engine().wait_events(&eve, &job, 1, MINUTE).await;
        assert_eq!(kinds(seen), ["accepted"]);
    });
}

#[test]
fn a_store_that_wakes_early_is_asked_again() {
    block_on(async {
        let (world, _, ann, job) = world(&*memory()).await;
        let faulty = Arc::new(FaultStore::over(Arc::clone(&world.store)));
        for nth in 1..=3 {
            faulty.fail(Op::Changed, nth, Fault::Refuse);
        }
        let engine = World {
            store: faulty.clone(),
            ..world.clone()
        }
        .engine();
        let mut wait = pin!(engine.wait_events(&ann, &job, 1, MINUTE));
        assert!(poll_once(wait.as_mut()).is_pending());
        assert_eq!(faulty.calls_of(Op::Changed), 4);
        world.engine().cancel_job(&ann, &job).await.unwrap();
        let Poll::Ready(events) = poll_once(wait.as_mut()) else {
            unreachable!("the event is there");
        };
        assert_eq!(kinds(events), ["cancelled"]);
    });
}

async fn waits_on_other_threads_end(home: &dyn Home) {
    let (world, engine, ann, job) = world(home).await;
    let waits: Vec<_> = (0..8)
        .map(|_| {
            let (engine, ann) = (world.engine(), ann.clone());
            spawn(async move { engine.wait_events(&ann, &job, 1, MINUTE).await })
        })
        .collect();
    engine.accept_job(&user("bob"), &job).await.unwrap();
    for wait in waits {
        assert_eq!(kinds(wait.join().await), ["accepted"]);
    }
    let wait = {
        let (engine, ann) = (world.engine(), ann.clone());
        spawn(async move { engine.wait_events(&ann, &job, 2, MINUTE).await })
    };
    world.store.close().await.unwrap();
    assert_eq!(wait.join().await.unwrap_err().code(), Code::Closed);
}

#[test]
fn waits_on_other_threads_end_in_memory() {
    block_on(waits_on_other_threads_end(&*memory()));
}

#[test]
fn waits_on_other_threads_end_on_sled() {
    block_on(waits_on_other_threads_end(&*Folder::fresh()));
}

#[test]
fn final_events_are_those_that_nothing_follows() {
    block_on(async {
        let (_world, engine, ann, job) = world(&*memory()).await;
        let bob = user("bob");
        engine.accept_job(&bob, &job).await.unwrap();
        let output = Some("An output of more than twenty characters.");
        engine.submit_output(&bob, &job, output).await.unwrap();
        engine.verify_job(&ann, &job).await.unwrap();
        let events = engine.events(&ann, &job, 0).await.unwrap();
        let ends: Vec<bool> = events.iter().map(|event| event.kind.is_final()).collect();
        assert_eq!(ends, [false, false, false, true]);
        assert!(EventKind::Cancelled.is_final() && !EventKind::Requeued.is_final());
    });
}
