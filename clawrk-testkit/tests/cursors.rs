//! The secret of cursors is made once, whoever asks first and whatever becomes of the commit.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;

use std::sync::Arc;

use clawrk_core::engine::{JobFilter, PageRequest};
use clawrk_core::error::{Code, Error};
use clawrk_core::id::UserId;
use clawrk_core::job::OnRejected;
use clawrk_core::record::Kind;
use clawrk_core::{Call, Engine};
use clawrk_testkit::faults::{Fault, FaultStore, Op};
use clawrk_testkit::run::{block_on, together};
use clawrk_testkit::suite::{Home, census};

use common::{Folder, World, funded, memory, policy};

const ENGINES: usize = 16;

async fn world(home: &dyn Home) -> (World, UserId) {
    let world = World::new(home.open().await, policy(OnRejected::Refund));
    let engine = world.engine();
    let ann = funded(&engine, "ann", 10).await;
    for n in 0..3 {
        let made = engine.create_job(&ann, &format!("Job {n}")).await;
        made.unwrap();
    }
    (world, ann)
}

fn short() -> PageRequest {
    let mut page = PageRequest::first();
    page.rows = 1;
    page
}

async fn cursor(engine: &Engine, user: &UserId) -> Result<String, Error> {
    Ok(engine
        .jobs(user, &JobFilter::sent(), &short())
        .await?
        .next
        .unwrap())
}

async fn engines_that_ask_at_once_sign_alike(home: &dyn Home) {
    let (world, ann) = world(home).await;
    let engines: Arc<Vec<Engine>> = Arc::new((0..ENGINES).map(|_| world.engine()).collect());
    let cursors = together(ENGINES, |n| {
        let (engines, ann) = (Arc::clone(&engines), ann.clone());
        async move { cursor(&engines[n], &ann).await.unwrap() }
    });
    let cursors = cursors.await;
    assert!(cursors.iter().all(|cursor| *cursor == cursors[0]));
    let census = census(world.store.as_ref()).await.unwrap();
    assert_eq!(census.of(Kind::Meta).count(), 1);
    let audit = world.engine().audit().await.unwrap();
    assert!(audit.ok(), "{:?}", audit.violations);
}

#[test]
fn engines_that_ask_at_once_sign_alike_in_memory() {
    block_on(engines_that_ask_at_once_sign_alike(&*memory()));
}

#[test]
fn engines_that_ask_at_once_sign_alike_on_sled() {
    block_on(engines_that_ask_at_once_sign_alike(&*Folder::fresh()));
}

#[test]
fn a_secret_whose_commit_was_in_doubt_is_the_one_that_is_stored() {
    for fault in [
        Fault::Refuse,
        Fault::AmbiguousWritten,
        Fault::AmbiguousUnwritten,
    ] {
        block_on(async {
            let (world, ann) = world(&*memory()).await;
            let faulty = Arc::new(FaultStore::over(Arc::clone(&world.store)));
            faulty.fail(Op::Commit, 1, fault);
            let doubtful = World {
                store: faulty.clone(),
                ..world.clone()
            };
            let engine = doubtful.engine();
            let first = cursor(&engine, &ann).await;
            assert_eq!(faulty.hits(fault), 1, "{fault:?}");
            match fault {
                Fault::Refuse => {
                    let code = first.unwrap_err().code();
                    assert_eq!(code, Code::StoreUnavailable);
                }
                _ => drop(first.unwrap()),
            }
            let ours = cursor(&engine, &ann).await.unwrap();
            assert_eq!(ours, cursor(&world.engine(), &ann).await.unwrap());
        });
    }
}

#[test]
fn lists_that_end_on_their_first_page_write_nothing() {
    block_on(async {
        let (world, ann) = world(&*memory()).await;
        let (engine, all) = (world.engine(), PageRequest::first());
        let jobs = engine.jobs(&ann, &JobFilter::sent(), &all).await.unwrap();
        let users = engine.users(Call::by_admin(), &all).await.unwrap();
        assert_eq!((jobs.next, users.next), (None, None));
        let page = PageRequest {
            after: Some("00".repeat(40)),
            ..short()
        };
        let refused = engine
            .jobs(&ann, &JobFilter::sent(), &page)
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::InvalidRequest);
        let census = census(world.store.as_ref()).await.unwrap();
        assert_eq!(census.of(Kind::Meta).count(), 0);
    });
}
