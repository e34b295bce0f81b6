//! The exchange as bindings use it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use clawrk::host::{Host, explain};
use clawrk::{Code, Error, Status};
use tokio::runtime::Handle;

async fn open() -> Host {
    Host::open("memory:").await.unwrap()
}

fn code<T>(answer: Result<T, Error>) -> Code {
    match answer {
        Ok(_) => panic!("it was allowed"),
        Err(error) => error.code(),
    }
}

#[tokio::test]
async fn a_command_outlives_whoever_waited_for_it() {
    let host = open().await;
    let waiting = tokio::spawn({
        let command = tokio::spawn(host.create_job("ann", "Sum up RFC 9110", Some("k-1")));
        async move { command.await.unwrap().unwrap() }
    });
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    let again = host.create_job("ann", "Sum up RFC 9110", Some("k-1"));
    let job = again.await.unwrap();
    assert_eq!(host.jobs("ann").await.unwrap(), [job]);
}

#[tokio::test]
async fn a_job_lives() {
    let host = open().await;
    let job = host.create_job("ann", "Sum up RFC 9110", None).await;
    let id = job.unwrap().id.to_string();
    host.accept_job("bob", &id, None).await.unwrap();
    host.release_job("bob", &id, None).await.unwrap();
    host.accept_job("eve", &id, None).await.unwrap();
    let submitted = host.submit_output("eve", &id, None, None).await.unwrap();
    assert!(submitted.output.is_some());
    let verified = host.verify_job("ann", &id, None).await.unwrap();
    assert_eq!(verified.status, Status::Verified);
    let refused = host.cancel_job("ann", &id, None).await;
    assert_eq!(code(refused), Code::WrongStatus);
}

#[tokio::test]
async fn a_key_stands_for_one_verb_one_job_and_one_text() {
    let host = open().await;
    let first = host.create_job("ann", "one", Some("k")).await.unwrap();
    let again = host.create_job("ann", "one", Some("k")).await.unwrap();
    assert_eq!(first, again);
    let id = first.id.to_string();
    for other in [
        code(host.create_job("ann", "two", Some("k")).await),
        code(host.accept_job("ann", &id, Some("k")).await),
        code(host.submit_output("ann", &id, Some("one"), Some("k")).await),
    ] {
        assert_eq!(other, Code::IdempotencyKeyReused);
    }
}

#[tokio::test]
async fn texts_that_are_no_ids_are_refused() {
    let host = open().await;
    for user in ["", "a\nb", &"x".repeat(256)] {
        let refused = host.create_job(user, "one", None).await;
        assert_eq!(code(refused), Code::InvalidRequest);
    }
    for job in ["", "a/b", "\0", &"x".repeat(10_000)] {
        assert_eq!(code(host.job("ann", job).await), Code::JobNotFound);
        let refused = host.accept_job("ann", job, None).await;
        assert_eq!(code(refused), Code::JobNotFound);
    }
}

#[tokio::test]
async fn closing_ends_the_loop_and_refuses_the_rest() {
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let host = open().await;
    assert_eq!(tasks(), before + 1);
    host.close().await.unwrap();
    assert_eq!(tasks(), before);
    host.close().await.unwrap();
    let refused = host.jobs("ann").await.unwrap_err();
    assert_eq!(refused.code(), Code::Closed);
    assert_eq!(
        explain(&refused),
        "jobs: the store cannot answer: the store is closed"
    );
}

#[tokio::test]
async fn dropping_ends_the_loop_too() {
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    drop(open().await);
    while tasks() > before {
        tokio::task::yield_now().await;
    }
}
