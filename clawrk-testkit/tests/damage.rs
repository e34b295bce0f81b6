//! What an exchange does where records cannot be read: what is due goes on without them, lists say
//! so rather than leave them out, and the audit names every one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use clawrk_core::audit::{Place, ViolationKind};
use clawrk_core::clock::Clock;
use clawrk_core::engine::{JobFilter, PageRequest};
use clawrk_core::error::{Code, Error};
use clawrk_core::id::JobId;
use clawrk_core::job::{OnRejected, Status};
use clawrk_core::ledger::Account;
use clawrk_core::record::{Body, Kind, Scope};
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::store::{Index, Key, PageLimit, Store, StoreError};
use clawrk_core::transfer::{ExportError, export};
use clawrk_core::{Call, Engine, Once};
use clawrk_testkit::faults::FaultStore;
use clawrk_testkit::run::block_on;

use common::{World, funded, policy, user};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

struct Exchange {
    faults: Arc<FaultStore>,
    world: World,
    engine: Engine,
}

fn exchange() -> Exchange {
    let faults = Arc::new(FaultStore::new(MemoryStore::new()));
    let world = World::new(faults.clone(), policy(OnRejected::Refund));
    let engine = world.engine();
    Exchange {
        faults,
        world,
        engine,
    }
}

impl Exchange {
    /// A job that somebody has taken, and that is due for it in a week.
    async fn accepted(&self) -> JobId {
        let (alice, bob) = (user("alice"), user("bob"));
        let job = self.engine.create_job(&alice, "Anything").await;
        let job = job.unwrap().id;
        self.engine.accept_job(&bob, &job).await.unwrap();
        job
    }

    async fn status(&self, job: &JobId) -> Status {
        self.engine.job(&user("alice"), job).await.unwrap().status
    }
}

#[test]
fn what_is_due_and_damaged_keeps_no_other_waiting() {
    block_on(async {
        let it = exchange();
        funded(&it.engine, "alice", 1_000).await;
        let mut jobs = Vec::new();
        for _ in 0..30 {
            jobs.push(it.accepted().await);
        }
        // More damaged ones in front than any page of a small tick holds.
        for job in jobs.iter().take(20).chain(&jobs[25..27]) {
            it.faults.damage(Key::Job(*job));
        }
        it.world.clock.advance(7 * DAY);
        let mut done = 0;
        for _ in 0..8 {
            let progress = it.engine.tick(1).await.unwrap();
            assert!(progress.done <= 1);
            done += progress.done;
        }
        assert_eq!(done, 8, "each tick finds its way past the damage");
        for job in jobs[20..25].iter().chain(&jobs[27..]) {
            assert_eq!(it.status(job).await, Status::Queued);
        }
        // Nothing is left that can be done, so nobody is to call again at once.
        let idle = it.engine.tick(100).await.unwrap();
        let now = it.world.clock.now();
        assert_eq!(idle.done, 0);
        assert!(idle.next.is_none_or(|next| next > now), "{idle:?}");
    });
}

#[test]
fn what_is_to_be_forgotten_and_damaged_keeps_no_other_waiting() {
    block_on(async {
        let it = exchange();
        let alice = funded(&it.engine, "alice", 1_000).await;
        // The proof of the commit that made alice rich comes first.
        it.world.clock.advance(DAY);
        for n in 0..6 {
            let once = Once::new(format!("{n}"), b"create").unwrap();
            let call = Call::by(&alice).once(&once);
            it.engine.create_job(call, "Anything").await.unwrap();
            it.world.clock.advance(Duration::from_millis(1));
        }
        let key = |n: u32| Key::Once(Scope::User(alice.clone()), n.to_string());
        for n in [0, 1, 2, 4] {
            it.faults.damage(key(n));
        }
        it.world.clock.advance(40 * DAY);
        let mut done = 0;
        for _ in 0..10 {
            done += it.engine.tick(1).await.unwrap().done;
        }
        // With the first job the store has noted its kind of money, which has a proof as well.
        assert_eq!(done, 4, "the proofs, and the two sound ones");
        assert_eq!(
            it.faults.read(&[key(3), key(5)]).await.unwrap(),
            [None, None]
        );
        let idle = it.engine.tick(100).await.unwrap();
        let now = it.world.clock.now();
        assert!(idle.next.is_none_or(|next| next > now), "{idle:?}");
    });
}

fn is_corrupt<T>(answer: Result<T, Error>) {
    match answer {
        Err(error) => assert_eq!(error.code(), Code::StoreCorrupt, "{error:?}"),
        Ok(_) => panic!("a list without a row that is there"),
    }
}

/// The first record of a kind, damaged.
async fn damage_one(it: &Exchange, kind: Kind) {
    let index = Index::All(kind);
    let page = it.faults.scan(&index, None, PageLimit::rows(1)).await;
    let page = page.unwrap();
    it.faults.damage(page.rows[0].key());
}

#[test]
fn a_list_never_leaves_out_what_it_cannot_read() {
    block_on(async {
        let it = exchange();
        let (alice, bob) = (funded(&it.engine, "alice", 100).await, user("bob"));
        for _ in 0..3 {
            let job = it.accepted().await;
            let output = "An output of more than twenty characters.";
            let submit = it.engine.submit_output(&bob, &job, Some(output));
            submit.await.unwrap();
            it.engine.verify_job(&alice, &job).await.unwrap();
        }
        let (sent, first) = (JobFilter::sent(), PageRequest::first());
        it.engine.jobs(&alice, &sent, &first).await.unwrap();
        it.engine.ledger(&alice, &first).await.unwrap();
        it.engine.payouts(&bob, &first).await.unwrap();
        it.engine.users(Call::by_admin(), &first).await.unwrap();
        it.engine.create_key(&alice, None).await.unwrap();
        it.engine.keys(&alice).await.unwrap();
        export(it.faults.as_ref(), &mut Vec::new(), &mut |_| {})
            .await
            .unwrap();
        for kind in [
            Kind::Job,
            Kind::Entry,
            Kind::Payout,
            Kind::User,
            Kind::ApiKey,
        ] {
            damage_one(&it, kind).await;
        }
        is_corrupt(it.engine.keys(&alice).await);
        let exported = export(it.faults.as_ref(), &mut Vec::new(), &mut |_| {}).await;
        assert!(
            matches!(
                exported,
                Err(ExportError::Store(StoreError::Corrupt { .. }))
            ),
            "{exported:?}"
        );
        is_corrupt(it.engine.jobs(&alice, &sent, &first).await);
        is_corrupt(it.engine.ledger(&alice, &first).await);
        is_corrupt(it.engine.payouts(&bob, &first).await);
        is_corrupt(it.engine.users(Call::by_admin(), &first).await);
    });
}

#[test]
fn the_audit_names_every_record_that_cannot_be_read_and_goes_on() {
    block_on(async {
        let it = exchange();
        funded(&it.engine, "alice", 100).await;
        let job = it.accepted().await;
        let other = it.accepted().await;
        assert!(it.engine.audit().await.unwrap().ok());
        let mut damaged = BTreeSet::new();
        for kind in Kind::ALL {
            let index = Index::All(kind);
            let page = it.faults.scan(&index, None, PageLimit::rows(100)).await;
            let page = page.unwrap();
            // Events and texts are looked at because of their job.
            let found = page.rows.iter().find(|record| match &record.body {
                Body::Job(record) => record.id == job,
                Body::Event(event) => event.job == other && event.seq == 2,
                Body::Text(_) => false,
                _ => true,
            });
            damaged.extend(found.map(|record| record.key()));
        }
        damaged.insert(Key::Text(other, clawrk_core::store::Part::Brief));
        for key in &damaged {
            it.faults.damage(key.clone());
        }
        let audit = it.engine.audit().await.unwrap();
        assert!(!audit.ok());
        let of_kind = audit
            .violations
            .iter()
            .filter(|violation| violation.kind == ViolationKind::Damaged);
        let mut named = Vec::new();
        for violation in of_kind {
            let Place::Record(key) = &violation.place else {
                panic!("{violation:?}");
            };
            assert!(violation.detail.contains(&key.to_string()), "{violation:?}");
            named.push(key.clone());
        }
        let once: BTreeSet<Key> = named.iter().cloned().collect();
        assert_eq!(once.len(), named.len(), "each once");
        assert_eq!(once, damaged);
        assert_eq!(audit.jobs, 1, "the other one was looked at");
        let account = Key::Account(Account::User(user("alice")));
        assert!(damaged.contains(&account));
    });
}
