//! The audit of a store in use finds nothing where nothing is wrong, also where writes take a
//! while to become durable.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use clawrk_core::id::UserId;
use clawrk_core::job::{OnRejected, Status};
use clawrk_core::{Call, Engine, Once};
use clawrk_testkit::run::block_on;
use clawrk_testkit::suite::Home;

use common::{Folder, World, funded, memory, policy, user};

const WRITERS: usize = 8;
const LIVES: usize = 60;

/// A life that many things happen in: it is made under a key, given up, taken again, rejected,
/// offered again, and verified or failed in the end.
async fn live(engine: &Engine, sender: &UserId, n: usize) {
    let receiver = user(&format!("receiver{}", n % 3));
    let once = Once::new(format!("{n}"), b"create").unwrap();
    let call = Call::by(sender).once(&once);
    let job = engine.create_job(call, "Sum up RFC 9110").await.unwrap().id;
    engine.accept_job(&receiver, &job).await.unwrap();
    engine.release_job(&receiver, &job).await.unwrap();
    engine.accept_job(&receiver, &job).await.unwrap();
    engine
        .submit_output(&receiver, &job, Some("short"))
        .await
        .unwrap();
    engine.verify_job(sender, &job).await.unwrap();
    let receiver = if n.is_multiple_of(4) {
        sender
    } else {
        &receiver
    };
    engine.accept_job(receiver, &job).await.unwrap();
    let output = match n % 3 {
        0 => Some("short"),
        1 => Some("An output of more than twenty characters."),
        _ => None,
    };
    engine.submit_output(receiver, &job, output).await.unwrap();
    let status = engine.verify_job(sender, &job).await.unwrap().status;
    let end = if n.is_multiple_of(3) {
        Status::Failed
    } else {
        Status::Verified
    };
    assert_eq!(status, end);
}

fn audits_while_others_write(home: &dyn Home) {
    let world = World::new(block_on(home.open()), policy(OnRejected::Requeue));
    let engine = world.engine();
    let senders = (0..WRITERS).map(|n| block_on(funded(&engine, &format!("sender{n}"), 1_000)));
    let senders: Vec<UserId> = senders.collect();
    let writing = AtomicUsize::new(WRITERS);
    let mut audits = 0;
    thread::scope(|scope| {
        for sender in &senders {
            let (engine, writing) = (&engine, &writing);
            scope.spawn(move || {
                for n in 0..LIVES {
                    block_on(live(engine, sender, n));
                }
                writing.fetch_sub(1, Ordering::SeqCst);
            });
        }
        while writing.load(Ordering::SeqCst) > 0 {
            let audit = block_on(engine.audit()).unwrap();
            assert!(audit.ok(), "{:#?}", audit.violations);
            audits += 1;
        }
    });
    assert!(audits > 0);
    let audit = block_on(engine.audit()).unwrap();
    assert!(audit.ok(), "{:#?}", audit.violations);
    let lives = WRITERS * LIVES;
    // Nine steps each, and one more where a skill ran.
    let steps = 9 * lives + lives / 3;
    assert_eq!((audit.jobs, audit.events), (lives as u64, steps as u64));
}

#[test]
fn in_memory() {
    audits_while_others_write(memory().as_ref());
}

#[test]
fn on_sled() {
    audits_while_others_write(Folder::fresh().as_ref());
}
