//! What a URI opens, and what it is told where it opens nothing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use clawrk::{Code, Error, OpenError, UserId};

#[tokio::test]
async fn memory_is_empty_each_time() {
    let alice = UserId::new("alice").unwrap();
    let engine = clawrk::open("memory:").await.unwrap();
    let job = engine.create_job(&alice, "Anything").await.unwrap();
    let other = clawrk::open("memory:").await.unwrap();
    let missing = other.job(&alice, &job.id).await.unwrap_err();
    assert_eq!(missing.code(), Code::JobNotFound);
}

#[test]
fn without_a_runtime_there_is_an_error() {
    let refused = pollster::block_on(clawrk::open("memory:")).unwrap_err();
    assert!(matches!(refused, OpenError::NoRuntime), "{refused}");
}

#[tokio::test]
async fn a_wrong_uri_is_an_invalid_field_for_callers_with_one_kind_of_error() {
    let wrong = clawrk::open("nowhere").await.unwrap_err();
    let error = Error::from(wrong);
    assert_eq!(error.code(), Code::InvalidRequest);
    assert_eq!(
        error.to_string(),
        "`uri` cannot be opened: a store is named by a URI: `sled:PATH` (a folder) or `memory:` \
         (kept nowhere)"
    );
}
