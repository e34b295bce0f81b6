//! The audit finds nothing where nothing is wrong, however busy the exchange is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use clawrk_core::Engine;
use clawrk_core::id::UserId;
use clawrk_core::job::{OnRejected, Status};
use clawrk_core::store::memory::MemoryStore;

use crate::payments::OfflinePayments;
use crate::support::{GOOD, ManualClock, rich, user, with_credits};

const THREADS: usize = 4;
const LIVES: usize = 144;

pub(crate) fn engine(on_rejected: OnRejected) -> Engine {
    let mut policy = with_credits();
    policy.on_rejected = on_rejected;
    policy.max_attempts = 2;
    Engine::builder(Arc::new(MemoryStore::new()), ManualClock::new())
        .policy(policy)
        .payments(Arc::new(OfflinePayments))
        .build()
}

/// One life of a job; which one follows from the number.
pub(crate) async fn live(engine: &Engine, sender: &UserId, receiver: &UserId, n: usize) -> Status {
    let job = engine
        .create_job(sender, "Sum up RFC 9110")
        .await
        .unwrap()
        .id;
    if n.is_multiple_of(6) {
        return engine.cancel_job(sender, &job).await.unwrap().status;
    }
    let receiver = if n % 6 == 1 { sender } else { receiver };
    loop {
        engine.accept_job(receiver, &job).await.unwrap();
        if n % 6 == 2 {
            engine.release_job(receiver, &job).await.unwrap();
            engine.accept_job(receiver, &job).await.unwrap();
        }
        let output = match n % 6 {
            3 => None,
            4 => Some("too short"),
            _ => Some(GOOD),
        };
        engine.submit_output(receiver, &job, output).await.unwrap();
        if n % 6 == 5 && n % 12 > 6 {
            return Status::Submitted;
        }
        let status = engine.verify_job(sender, &job).await.unwrap().status;
        if status != Status::Queued {
            return status;
        }
    }
}

fn busy(engine: &Engine) -> (usize, usize) {
    let senders: Vec<_> = (0..2)
        .map(|n| pollster::block_on(rich(engine, &format!("sender{n}"), 10_000)))
        .collect();
    let (running, audits) = (AtomicUsize::new(THREADS), AtomicUsize::new(0));
    let verified = AtomicUsize::new(0);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (senders, running, verified) = (&senders, &running, &verified);
            scope.spawn(move || {
                for n in 0..LIVES {
                    let sender = &senders[(thread + n) % senders.len()];
                    let status = pollster::block_on(live(engine, sender, &user("bob"), n));
                    verified.fetch_add(usize::from(status == Status::Verified), Ordering::SeqCst);
                }
                running.fetch_sub(1, Ordering::SeqCst);
            });
        }
        while running.load(Ordering::SeqCst) > 0 {
            let audit = pollster::block_on(engine.audit()).unwrap();
            assert!(audit.ok(), "{:#?}", audit.violations);
            audits.fetch_add(1, Ordering::SeqCst);
        }
    });
    (audits.into_inner(), verified.into_inner())
}

#[test]
fn a_busy_exchange_has_a_clean_audit() {
    for on_rejected in [OnRejected::Refund, OnRejected::Keep, OnRejected::Requeue] {
        let engine = engine(on_rejected);
        let (audits, verified) = busy(&engine);
        assert!(audits > 0);
        let audit = pollster::block_on(engine.audit()).unwrap();
        assert!(audit.ok(), "{:#?}", audit.violations);
        let lives = THREADS * LIVES;
        assert_eq!(audit.jobs, lives as u64);
        // Two users with a ledger each, and two entries for each grant and each hold that was
        // made or closed; every sixth life is one of self-dealing, every twelfth never ends.
        assert_eq!((audit.users, audit.accounts), (2, 2));
        let open = lives / 12;
        let self_dealing = lives / 6;
        let paid = verified - self_dealing;
        assert_eq!(audit.payouts as usize, paid);
        assert_eq!(
            audit.entries as usize,
            2 * 2 + 2 * lives + 2 * (lives - open) + 2 * paid
        );
    }
}

#[test]
fn an_empty_store_has_a_clean_audit() {
    let engine = engine(OnRejected::Refund);
    let audit = pollster::block_on(engine.audit()).unwrap();
    assert_eq!(
        audit,
        clawrk_core::Audit {
            counted: true,
            ..clawrk_core::Audit::default()
        }
    );
}
