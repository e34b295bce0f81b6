//! What a crash leaves of the log opens again, and what is damaged does not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use clawrk::{Engine, JobId, TokioClock, UserId};
use clawrk_store_embedded::OpenError;
use tokio::runtime::Handle;

fn alice() -> UserId {
    UserId::new("alice").unwrap()
}

fn open(folder: &Path) -> Engine {
    let clock = Arc::new(TokioClock::new(Handle::current()));
    Engine::builder(custom_store::open(folder).unwrap(), clock).build()
}

/// A log with two jobs in it, and how long it was when it held one.
async fn two_jobs(folder: &Path) -> (Vec<u8>, usize, [JobId; 2]) {
    let engine = open(folder);
    let first = engine.create_job(&alice(), "The first").await.unwrap().id;
    let between = fs::metadata(folder.join("log")).unwrap().len() as usize;
    let second = engine.create_job(&alice(), "The second").await.unwrap().id;
    engine.close().await.unwrap();
    (
        fs::read(folder.join("log")).unwrap(),
        between,
        [first, second],
    )
}

#[tokio::test]
async fn a_last_frame_that_was_cut_off_anywhere_is_as_if_it_never_was() {
    let folder = tempfile::tempdir().unwrap();
    let (log, between, [first, second]) = two_jobs(folder.path()).await;
    let crashed = tempfile::tempdir().unwrap();
    // A prime step meets headers, texts and every alignment.
    for end in (between..log.len()).step_by(13) {
        fs::write(crashed.path().join("log"), &log[..end]).unwrap();
        let engine = open(crashed.path());
        engine.job(&alice(), &first).await.unwrap();
        engine.job(&alice(), &second).await.unwrap_err();
        engine.close().await.unwrap();
    }
    fs::write(crashed.path().join("log"), &log).unwrap();
    open(crashed.path()).job(&alice(), &second).await.unwrap();
}

#[tokio::test]
async fn a_byte_that_rotted_before_the_end_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, between, _) = two_jobs(folder.path()).await;
    log[between - 1] ^= 1;
    fs::write(folder.path().join("log"), &log).unwrap();
    let refused = custom_store::open(folder.path()).unwrap_err();
    assert!(matches!(refused, OpenError::Damaged { .. }), "{refused}");
}
