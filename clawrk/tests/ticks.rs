//! The loop does what is due and ends when it is told to.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;
use std::time::Duration;

use clawrk::store::memory::MemoryStore;
use clawrk::{Code, Engine, Policy, Status, Timeout, TokioClock, UserId};
use clawrk_testkit::faults::{Fault, FaultStore, Op};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

#[tokio::test]
async fn an_overdue_job_returns_to_the_queue() {
    let mut policy = Policy::default();
    policy.accept_timeout = Timeout::After(Duration::ZERO);
    let engine = clawrk::builder("memory:")
        .await
        .unwrap()
        .policy(policy)
        .build();
    let alice = user("alice");
    let job = engine.create_job(&alice, "Anything").await.unwrap();
    engine.accept_job(&user("bob"), &job.id).await.unwrap();

    let (stop, stopped) = oneshot::channel::<()>();
    let ticks = tokio::spawn(clawrk::run_ticks(engine.clone(), async {
        let _ = stopped.await;
    }));
    loop {
        let seen = engine.events(&alice, &job.id, 0).await.unwrap().len();
        if seen == 3 {
            break;
        }
        engine.store().changed(&job.id, seen as u64).await;
    }
    let job = engine.job(&alice, &job.id).await.unwrap();
    assert_eq!((job.status, job.receiver), (Status::Queued, None));
    drop(stop);
    ticks.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_tick_that_fails_is_tried_again() {
    let store = Arc::new(FaultStore::new(MemoryStore::new()));
    let clock = Arc::new(TokioClock::new(Handle::current()));
    let mut policy = Policy::default();
    policy.accept_timeout = Timeout::After(Duration::ZERO);
    let engine = Engine::builder(store.clone(), clock).policy(policy).build();
    let job = engine.create_job(&user("alice"), "Anything").await.unwrap();
    engine.accept_job(&user("bob"), &job.id).await.unwrap();

    store.fail(Op::Scan, 1, Fault::Refuse);
    let ticks = tokio::spawn(clawrk::run_ticks(engine.clone(), std::future::pending()));
    // Created and accepted: the third version is the one that the loop makes.
    engine.store().changed(&job.id, 2).await;
    assert_eq!(store.hits(Fault::Refuse), 1);
    let job = engine.job(&user("alice"), &job.id).await.unwrap();
    assert_eq!(job.status, Status::Queued);
    ticks.abort();
}

#[tokio::test]
async fn a_closed_store_ends_the_loop_with_an_error() {
    let engine = clawrk::open("memory:").await.unwrap();
    engine.close().await.unwrap();
    let ended = clawrk::run_ticks(engine, std::future::pending())
        .await
        .unwrap_err();
    assert_eq!(ended.code(), Code::Closed);
}
