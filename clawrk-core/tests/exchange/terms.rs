//! Terms are frozen when a job is made, whatever the settings become.

use std::sync::Arc;

use clawrk_core::engine::PageRequest;
use clawrk_core::job::{OnRejected, Status};
use clawrk_core::money::{Cents, Credits};
use clawrk_core::policy::Policy;
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::{Call, Engine};

use crate::payments::OfflinePayments;
use crate::support::{GOOD, ManualClock, clean, rich, user, with_credits};

/// Engines over one store, one after the other, each with settings of its own.
fn engine(store: &Arc<MemoryStore>, policy: Policy, paying: bool) -> Engine {
    let builder = Engine::builder(store.clone(), ManualClock::new()).policy(policy);
    match paying {
        true => builder.payments(Arc::new(OfflinePayments)).build(),
        false => builder.build(),
    }
}

#[test]
fn a_payout_is_what_the_terms_said_when_the_job_was_made() {
    pollster::block_on(async {
        let store = Arc::new(MemoryStore::new());
        let (before, bob) = (engine(&store, with_credits(), true), user("bob"));
        let alice = rich(&before, "alice", 10).await;
        let job = before.create_job(&alice, "Anything").await.unwrap().id;

        let mut policy = Policy::default();
        policy.payout_cents_per_credit = 1;
        policy.currency = "eur".to_owned();
        let after = engine(&store, policy, false);
        after.accept_job(&bob, &job).await.unwrap();
        after.submit_output(&bob, &job, Some(GOOD)).await.unwrap();
        after.verify_job(&alice, &job).await.unwrap();

        let payouts = after
            .payouts(&bob, &PageRequest::first())
            .await
            .unwrap()
            .items;
        assert_eq!(payouts.len(), 1);
        assert_eq!(
            (payouts[0].amount_cents, payouts[0].currency.as_str()),
            (Cents::new(100), "usd")
        );
        assert_eq!(after.user(&alice).await.unwrap().credits, Credits::new(8));
        clean(&after).await;
    });
}

#[test]
fn a_job_made_while_credits_were_off_is_never_paid() {
    pollster::block_on(async {
        let store = Arc::new(MemoryStore::new());
        let before = engine(&store, Policy::default(), true);
        let (alice, bob) = (user("alice"), user("bob"));
        let job = before.create_job(&alice, "Anything").await.unwrap().id;

        let after = engine(&store, with_credits(), true);
        after.accept_job(&bob, &job).await.unwrap();
        after.submit_output(&bob, &job, Some(GOOD)).await.unwrap();
        after.verify_job(&alice, &job).await.unwrap();

        assert_eq!(
            after
                .payouts(&bob, &PageRequest::first())
                .await
                .unwrap()
                .items,
            []
        );
        assert_eq!(after.user(&alice).await.unwrap().credits, Credits::ZERO);
        clean(&after).await;
    });
}

#[test]
fn credits_without_payments_are_held_and_spent_but_never_paid_out() {
    pollster::block_on(async {
        let store = Arc::new(MemoryStore::new());
        let (before, bob) = (engine(&store, with_credits(), false), user("bob"));
        let alice = rich(&before, "alice", 10).await;
        let job = before.create_job(&alice, "Anything").await.unwrap().id;

        let after = engine(&store, with_credits(), true);
        after.accept_job(&bob, &job).await.unwrap();
        after.submit_output(&bob, &job, Some(GOOD)).await.unwrap();
        after.verify_job(&alice, &job).await.unwrap();

        assert_eq!(
            after
                .payouts(&bob, &PageRequest::first())
                .await
                .unwrap()
                .items,
            []
        );
        assert_eq!(after.user(&alice).await.unwrap().credits, Credits::new(8));
        clean(&after).await;
    });
}

#[test]
fn what_a_rejection_does_is_what_the_terms_said() {
    pollster::block_on(async {
        let store = Arc::new(MemoryStore::new());
        let mut policy = with_credits();
        policy.on_rejected = OnRejected::Keep;
        let before = engine(&store, policy, true);
        let alice = rich(&before, "alice", 10).await;
        let job = before.create_job(&alice, "Anything").await.unwrap().id;

        let (after, bob) = (engine(&store, with_credits(), true), user("bob"));
        after.accept_job(&bob, &job).await.unwrap();
        after
            .submit_output(&bob, &job, Some("short"))
            .await
            .unwrap();
        let job = after.verify_job(&alice, &job).await.unwrap();

        assert_eq!(job.status, Status::Rejected);
        assert_eq!(after.user(&alice).await.unwrap().credits, Credits::new(8));
        clean(&after).await;
    });
}

#[test]
fn a_job_for_oneself_is_no_money_pump() {
    pollster::block_on(async {
        let store = Arc::new(MemoryStore::new());
        let engine = engine(&store, with_credits(), true);
        let alice = rich(&engine, "alice", 10).await;
        let job = engine.create_job(&alice, "Anything").await.unwrap().id;
        engine.accept_job(&alice, &job).await.unwrap();
        engine
            .submit_output(&alice, &job, Some(GOOD))
            .await
            .unwrap();
        let job = engine.verify_job(&alice, &job).await.unwrap();

        assert_eq!(job.status, Status::Verified);
        assert_eq!(
            engine
                .payouts(&alice, &PageRequest::first())
                .await
                .unwrap()
                .items,
            []
        );
        assert_eq!(engine.user(&alice).await.unwrap().credits, Credits::new(10));
        clean(&engine).await;
    });
}

#[test]
fn a_requeued_job_holds_its_credits_until_it_fails() {
    pollster::block_on(async {
        let store = Arc::new(MemoryStore::new());
        let mut policy = with_credits();
        policy.on_rejected = OnRejected::Requeue;
        let (engine, bob) = (engine(&store, policy, true), user("bob"));
        let alice = rich(&engine, "alice", 10).await;
        let job = engine.create_job(&alice, "Anything").await.unwrap().id;
        for (status, credits) in [
            (Status::Queued, 8),
            (Status::Queued, 8),
            (Status::Failed, 10),
        ] {
            engine.accept_job(&bob, &job).await.unwrap();
            engine
                .submit_output(&bob, &job, Some("short"))
                .await
                .unwrap();
            let job = engine.verify_job(&alice, &job).await.unwrap();
            assert_eq!(job.status, status);
            assert!(!job.verification.unwrap().passed);
            let held = engine.user(&alice).await.unwrap().credits;
            assert_eq!(held, Credits::new(credits));
            clean(&engine).await;
        }
        assert_eq!(
            engine
                .payouts(&bob, &PageRequest::first())
                .await
                .unwrap()
                .items,
            []
        );
    });
}

#[test]
fn the_operator_gives_and_takes_but_never_below_zero() {
    pollster::block_on(async {
        let store = Arc::new(MemoryStore::new());
        let engine = engine(&store, with_credits(), false);
        let alice = rich(&engine, "alice", 10).await;
        let grant = async |delta| {
            let delta = Credits::new(delta);
            engine
                .grant_credits(Call::by_admin(), &alice, delta, "by hand")
                .await
        };
        assert_eq!(grant(-4).await.unwrap(), Credits::new(6));
        let refused = grant(-7).await.unwrap_err();
        assert_eq!(refused.code().as_str(), "insufficient_credits");
        for delta in [0, 1_000_000_001, -1_000_000_001, i64::MAX, i64::MIN] {
            let refused = grant(delta).await.unwrap_err();
            assert_eq!(refused.code().as_str(), "invalid_request", "{delta}");
        }
        let ledger = engine.ledger(&alice, &PageRequest::first()).await.unwrap();
        let entries = ledger.items.iter();
        let entries: Vec<_> = entries
            .map(|entry| (entry.id, entry.delta.units(), entry.balance.units()))
            .collect();
        assert_eq!(entries, [(2, -4, 6), (1, 10, 10)]);
        assert_eq!(ledger.items[0].reason.as_str(), "admin:by hand");
        clean(&engine).await;
    });
}
