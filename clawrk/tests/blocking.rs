//! The blocking twin: every verb, and errors where it must not wait.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;

use clawrk::blocking::{self, Error};
use clawrk::{Code, OpenError, Rejection, Status, UserId};

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

/// The names of the methods that match `pattern` in every file below `folder`.
fn methods(folder: &Path, pattern: &str, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            methods(&path, pattern, names);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let named = text.lines().filter_map(|line| line.strip_prefix(pattern));
        names.extend(named.filter_map(|rest| rest.split(['(', '<']).next().map(str::to_owned)));
    }
}

#[test]
fn every_verb_of_the_engine_has_its_twin() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut verbs = Vec::new();
    for part in ["audit", "engine"] {
        let folder = root.join("../clawrk-core/src").join(part);
        methods(&folder, "    pub async fn ", &mut verbs);
    }
    assert!(verbs.len() >= 19, "{verbs:?}");
    let mut twins = Vec::new();
    methods(&root.join("src/blocking"), "    pub fn ", &mut twins);
    let missing: Vec<_> = verbs.iter().filter(|verb| !twins.contains(verb)).collect();
    assert!(
        missing.is_empty(),
        "no twin in blocking/engine.rs: {missing:?}"
    );
}

#[test]
fn a_job_lives_and_refusals_are_the_engines_own() {
    let engine = blocking::open("memory:").unwrap();
    let (alice, bob) = (user("alice"), user("bob"));
    let job = engine.create_job(&alice, "Sum up RFC 9110").unwrap();
    let refused = engine
        .submit_output(&bob, &job.id, Some("early"))
        .unwrap_err();
    assert!(
        matches!(refused.rejection(), Some(Rejection::WrongStatus { .. })),
        "{refused}"
    );
    engine.accept_job(&bob, &job.id).unwrap();
    engine.submit_output(&bob, &job.id, None).unwrap();
    assert_eq!(
        engine.verify_job(&alice, &job.id).unwrap().status,
        Status::Verified
    );
    assert_eq!(engine.events(&alice, &job.id, 0).unwrap().len(), 5);
    let audit = engine.audit().unwrap();
    assert!(audit.ok() && audit.jobs == 1, "{audit:?}");
    engine.close().unwrap();
    let Error::Engine(closed) = engine.job(&alice, &job.id).unwrap_err() else {
        panic!("the engine itself refuses");
    };
    assert_eq!(closed.code(), Code::Closed);
}

#[test]
fn threads_may_wait_at_the_same_time() {
    let engine = blocking::open("memory:").unwrap();
    let alice = user("alice");
    let ids: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| engine.create_job(&alice, "Anything").unwrap().id))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    for id in &ids {
        assert_eq!(engine.job(&alice, id).unwrap().id, *id);
    }
}

#[test]
fn inside_async_every_call_is_an_error_and_dropping_is_quiet() {
    let engine = blocking::open("memory:").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        assert!(matches!(
            blocking::open("memory:"),
            Err(OpenError::InsideAsync)
        ));
        let refused = engine.create_job(&user("alice"), "Anything").unwrap_err();
        assert!(matches!(refused, Error::InsideAsync), "{refused}");
        drop(engine);
    });
}
