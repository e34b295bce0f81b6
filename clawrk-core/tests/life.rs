//! One life of a job on the memory store.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use async_trait::async_trait;
use clawrk_core::clock::Clock;
use clawrk_core::engine::{JobFilter, PageRequest};
use clawrk_core::error::Code;
use clawrk_core::id::UserId;
use clawrk_core::job::Status;
use clawrk_core::money::Credits;
use clawrk_core::policy::Policy;
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::time::Timestamp;
use clawrk_core::{Call, Engine, Once};

#[derive(Debug)]
struct Stopped;

#[async_trait]
impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_735_689_600_000)
    }

    async fn sleep(&self, _until: Timestamp) {
        std::future::pending().await
    }
}

fn engine(policy: Policy) -> Engine {
    Engine::builder(Arc::new(MemoryStore::new()), Arc::new(Stopped))
        .policy(policy)
        .build()
}

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

fn with_credits() -> Policy {
    let mut policy = Policy::default();
    policy.credits = true;
    policy
}

#[test]
fn a_job_is_posted_taken_done_and_verified() {
    pollster::block_on(async {
        let engine = engine(Policy::default());
        let (alice, bob) = (user("alice"), user("bob"));
        let job = engine.create_job(&alice, "Sum up RFC 9110").await.unwrap();
        assert_eq!(
            (job.status, job.skill.as_str()),
            (Status::Queued, "research")
        );
        let refused = engine
            .submit_output(&bob, &job.id, Some("too early"))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::WrongStatus);
        engine.accept_job(&bob, &job.id).await.unwrap();
        let refused = engine
            .submit_output(&alice, &job.id, Some("not mine"))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::NotReceiver);
        let job = engine.submit_output(&bob, &job.id, None).await.unwrap();
        assert_eq!(job.status, Status::Submitted);
        let job = engine.verify_job(&alice, &job.id).await.unwrap();
        assert_eq!(job.status, Status::Verified);
        assert!(job.verification.unwrap().passed);
        let types: Vec<_> = engine.events(&bob, &job.id, 0).await.unwrap();
        assert_eq!(types.len(), 5);
        let all = engine
            .jobs(&alice, &JobFilter::sent(), &PageRequest::first())
            .await
            .unwrap();
        assert_eq!(all.items.len(), 1);
        assert_eq!(
            engine.job(&user("eve"), &job.id).await.unwrap_err().code(),
            Code::JobNotFound
        );
    });
}

#[test]
fn credits_are_held_spent_and_given_back() {
    pollster::block_on(async {
        let engine = engine(with_credits());
        let alice = engine.create_user(Some("alice"), None).await.unwrap();
        let secret = alice.api_key.secret;
        let alice = alice.user.id;
        assert_eq!(
            engine.authenticate(&secret).await.unwrap(),
            Some(alice.clone())
        );
        assert_eq!(
            engine.authenticate(&format!("{secret}x")).await.unwrap(),
            None
        );
        let poor = engine.create_job(&alice, "Anything").await.unwrap_err();
        assert_eq!(poor.code(), Code::InsufficientCredits);
        let admin = Call::by_admin();
        let five = Credits::new(5);
        assert_eq!(
            engine
                .grant_credits(admin, &alice, five, "gift")
                .await
                .unwrap(),
            five
        );
        let job = engine.create_job(&alice, "Anything").await.unwrap();
        assert_eq!(engine.user(&alice).await.unwrap().credits, Credits::new(3));
        engine.cancel_job(&alice, &job.id).await.unwrap();
        assert_eq!(engine.user(&alice).await.unwrap().credits, five);
        let page = engine.ledger(&alice, &PageRequest::first()).await.unwrap();
        let reasons: Vec<_> = page.items.iter().map(|e| e.reason.to_string()).collect();
        let job = job.id;
        assert_eq!(
            reasons,
            [
                format!("refund:{job}"),
                format!("job:{job}"),
                "admin:gift".into()
            ]
        );
    });
}

#[test]
fn one_key_has_one_effect() {
    pollster::block_on(async {
        let engine = engine(Policy::default());
        let alice = user("alice");
        let first = Once::new("k1", b"post").unwrap();
        let job = engine
            .create_job(Call::by(&alice).once(&first), "Anything")
            .await
            .unwrap();
        assert!(!first.was_replayed());
        let again = Once::new("k1", b"post").unwrap();
        let same = engine
            .create_job(Call::by(&alice).once(&again), "Anything")
            .await
            .unwrap();
        assert!(again.was_replayed());
        assert_eq!(job, same);
        let other = Once::new("k1", b"another").unwrap();
        let refused = engine
            .create_job(Call::by(&alice).once(&other), "B")
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::IdempotencyKeyReused);
    });
}

#[test]
fn one_key_is_one_command_on_one_job() {
    pollster::block_on(async {
        let engine = engine(Policy::default());
        let alice = user("alice");
        let first = engine.create_job(&alice, "One").await.unwrap().id;
        let second = engine.create_job(&alice, "Two").await.unwrap().id;
        let once = Once::new("k", b"").unwrap();
        let call = || Call::by(&alice).once(&once);
        engine.accept_job(call(), &first).await.unwrap();
        let reused = Code::IdempotencyKeyReused;
        let other_job = engine.accept_job(call(), &second).await.unwrap_err();
        let other_verb = engine.release_job(call(), &first).await.unwrap_err();
        assert_eq!((other_job.code(), other_verb.code()), (reused, reused));
        assert!(!once.was_replayed());
        engine.accept_job(call(), &first).await.unwrap();
        assert!(once.was_replayed());
    });
}

#[test]
fn a_long_history_comes_in_parts() {
    pollster::block_on(async {
        let engine = engine(Policy::default());
        let alice = user("alice");
        let job = engine.create_job(&alice, "Anything").await.unwrap().id;
        for _ in 0..510 {
            engine.accept_job(&alice, &job).await.unwrap();
            engine.release_job(&alice, &job).await.unwrap();
        }
        let part = engine.events(&alice, &job, 0).await.unwrap();
        assert_eq!(part.len() as u64, Engine::EVENTS_MAX);
        let rest = engine
            .events(&alice, &job, part.len() as u64)
            .await
            .unwrap();
        let seqs: Vec<u64> = rest.iter().map(|event| event.seq).collect();
        assert_eq!(seqs, (1_001..=1_021).collect::<Vec<u64>>());
        assert!(
            engine
                .events(&alice, &job, u64::MAX)
                .await
                .unwrap()
                .is_empty()
        );
    });
}
