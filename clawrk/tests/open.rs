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

#[cfg(feature = "sled")]
#[tokio::test]
async fn sled_keeps_what_was_answered_and_one_process_holds_it() {
    let folder = tempfile::tempdir().unwrap();
    let uri = format!("sled:{}", folder.path().join("data").display());
    let alice = UserId::new("alice").unwrap();
    let engine = clawrk::open(&uri).await.unwrap();
    let job = engine.create_job(&alice, "Anything").await.unwrap();
    let held = clawrk::open(&uri).await.unwrap_err().to_string();
    let process = std::process::id().to_string();
    assert!(
        held.contains("is in use by") && held.contains(&process),
        "{held}"
    );
    engine.close().await.unwrap();
    drop(engine);
    let again = clawrk::open(&uri).await.unwrap();
    assert_eq!(again.job(&alice, &job.id).await.unwrap(), job);
}

#[cfg(feature = "sled")]
#[tokio::test]
async fn a_file_where_a_folder_should_be_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().display();
    let refused = clawrk::open(&format!("sled:{path}")).await.unwrap_err();
    assert!(matches!(refused, OpenError::Store(_)), "{refused:?}");
    assert_eq!(
        refused.to_string(),
        format!("{path} is not a folder; a store needs one of its own")
    );
    assert_eq!(Error::from(refused).code(), Code::StoreUnavailable);
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

#[cfg(not(feature = "sled"))]
#[tokio::test]
async fn a_store_that_was_not_built_in_is_named_with_its_feature() {
    let refused = clawrk::open("sled:./data").await.unwrap_err().to_string();
    assert_eq!(
        refused,
        "`sled:` needs clawrk built with its feature `sled`, which is off"
    );
}

#[cfg(feature = "sled")]
#[tokio::test]
async fn the_half_of_an_import_is_not_opened() {
    use std::io::Cursor;

    use clawrk::store::memory::MemoryStore;
    use clawrk::transfer::{export, import};
    use clawrk_testkit::faults::{Fault, FaultStore, Op};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let uri = format!("sled:{}", path.display());
    assert!(!clawrk::exists(&uri).unwrap());
    assert!(!path.exists(), "looking makes nothing");

    let mut lines = Vec::new();
    let nothing = MemoryStore::new();
    export(&nothing, &mut lines, &mut |_| {}).await.unwrap();
    let store = FaultStore::new(clawrk_store_sled::SledStore::open(&path).unwrap());
    store.fail(Op::Restore, 1, Fault::Refuse);
    let broken = import(&store, &mut Cursor::new(&lines), &mut |_| {}).await;
    assert!(broken.is_err());
    drop(store);

    assert!(clawrk::exists(&uri).unwrap());
    let refused = clawrk::open(&uri).await.unwrap_err();
    assert!(matches!(refused, OpenError::Unfinished), "{refused:?}");
    assert!(refused.to_string().contains("import again"), "{refused}");
    assert_eq!(Error::from(refused).code(), Code::StoreUnavailable);

    std::fs::remove_dir_all(&path).unwrap();
    let again = clawrk::open(&uri).await.unwrap();
    let summary = import(
        again.store().as_ref(),
        &mut Cursor::new(&lines),
        &mut |_| {},
    )
    .await;
    assert_eq!(summary.unwrap().all_records(), 0);
    again.close().await.unwrap();
    drop(again);
    assert!(clawrk::open(&uri).await.is_ok());
}

#[test]
fn nothing_is_kept_in_memory_and_no_other_uri_is_looked_for() {
    assert!(!clawrk::exists("memory:").unwrap());
    let refused = clawrk::exists("cloud:somewhere").unwrap_err();
    assert!(
        matches!(refused, OpenError::UnknownScheme { .. }),
        "{refused:?}"
    );
}
