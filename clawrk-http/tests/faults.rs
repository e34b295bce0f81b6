//! A store that fails, clients that go away, code that panics.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clawrk_core::ids::{Ids, IdsError, RandomIds};
use clawrk_core::store::memory::MemoryStore;
use clawrk_testkit::faults::{Fault, FaultStore, Op};
use support::{App, request};

const BODY: &str = r#"{"prompt": "Anything"}"#;

async fn faulty() -> (App, Arc<FaultStore>) {
    let store = Arc::new(FaultStore::new(MemoryStore::new()));
    (App::over(store.clone(), |builder| builder).await, store)
}

#[tokio::test]
async fn a_commit_that_is_refused_can_be_asked_for_again() {
    let (app, store) = faulty().await;
    store.fail(Op::Commit, 1, Fault::Refuse);
    let refused = app.once("k", &app.alice, "/api/jobs", BODY).await;
    refused.refused(503, "store_unavailable");
    assert_eq!(refused.header("retry-after"), Some("1"));
    let made = app.once("k", &app.alice, "/api/jobs", BODY).await;
    assert_eq!(made.is(201).header("idempotent-replayed"), None);
}

#[tokio::test]
async fn what_may_have_been_done_is_said_to_be_unknown_and_is_done_once() {
    for fault in [Fault::AmbiguousUnwritten, Fault::AmbiguousWritten] {
        let (app, store) = faulty().await;
        store.fail(Op::Commit, 1, fault);
        for nth in 2..=10 {
            store.fail(Op::Commit, nth, Fault::Refuse);
        }
        let unknown = app.once("k", &app.alice, "/api/jobs", BODY).await;
        unknown.refused(503, "outcome_unknown");
        assert_eq!(unknown.header("retry-after"), Some("1"));
        store.restart();
        let again = app.once("k", &app.alice, "/api/jobs", BODY).await;
        let replayed = again.is(201).header("idempotent-replayed").is_some();
        assert_eq!(replayed, fault == Fault::AmbiguousWritten);
        let all = app.get(&app.alice, "/api/jobs").await.json();
        assert_eq!(all.as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_looked_up_is_not_called_wrong() {
    let (app, store) = faulty().await;
    for path in ["/api/jobs", "/api/nothing", "/readyz"] {
        store.fail(Op::Read, 1, Fault::Refuse);
        let answer = app.get(&app.alice, path).await;
        answer.refused(503, "store_unavailable");
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    app.get("", "/readyz").await.is(200);
}

#[tokio::test]
async fn a_client_that_goes_away_during_the_commit_changes_nothing() {
    let (app, store) = faulty().await;
    let gate = store.hold(Op::Commit, 1);
    let sent = app.once("k", &app.alice, "/api/jobs", BODY);
    tokio::select! {
        _ = sent => panic!("the commit was not let go"),
        () = gate.reached() => {}
    }
    // The client is gone now; its command is not.
    gate.release();
    let again = app.once("k", &app.alice, "/api/jobs", BODY).await;
    again.is(201);
    let all = app.get(&app.alice, "/api/jobs").await.json();
    assert_eq!(all.as_array().unwrap().len(), 1);
}

/// Random until it is told to panic.
#[derive(Debug, Default)]
struct Broken(AtomicBool);

impl Ids for Broken {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), IdsError> {
        assert!(!self.0.load(Ordering::SeqCst), "no random bytes: secret");
        RandomIds.fill(bytes)
    }
}

#[tokio::test]
async fn a_command_that_panics_is_a_failure_inside_and_nothing_else() {
    let ids = Arc::new(Broken::default());
    let store = Arc::new(MemoryStore::new());
    let app = App::over(store, |builder| builder.ids(ids.clone())).await;
    ids.0.store(true, Ordering::SeqCst);
    let failed = app
        .send(request("POST", &app.alice, "/api/jobs", BODY))
        .await;
    assert!(
        !failed
            .refused(500, "internal")
            .text("error")
            .contains("secret")
    );
    ids.0.store(false, Ordering::SeqCst);
    app.post(&app.alice, "/api/jobs", BODY).await.is(201);
}
