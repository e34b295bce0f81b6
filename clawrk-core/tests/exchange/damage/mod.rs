//! Each kind of damage is found, and is all that is found.

mod counts;
mod indexes;
mod jobs;
mod ledger;

use std::sync::Arc;

use clawrk_core::Engine;
use clawrk_core::audit::ViolationKind;
use clawrk_core::id::JobId;
use clawrk_core::job::{Event, JobRecord, OnRejected, Status};
use clawrk_core::ledger::Account;
use clawrk_core::record::{AccountRecord, Body, EntryRecord, Kind, Record};
use clawrk_core::store::Key;

use crate::audit::{engine, live};
use crate::support::{ManualClock, rich, user};
use crate::tampered::Tampered;

/// One job of each fate, in a store that can be damaged: verified and paid, done for oneself,
/// cancelled, rejected, submitted.
pub(crate) async fn exchange() -> Tampered {
    let engine = engine(OnRejected::Refund);
    let alice = rich(&engine, "alice", 100).await;
    for n in [3, 1, 0, 4, 11] {
        live(&engine, &alice, &user("bob"), n).await;
    }
    Tampered::copy(engine.store().as_ref()).await
}

/// What the audit finds after that damage, each kind as often as it was found.
pub(crate) fn found(damage: impl FnOnce(&mut Tampered)) -> Vec<ViolationKind> {
    pollster::block_on(async {
        let mut store = exchange().await;
        damage(&mut store);
        let engine = Engine::builder(Arc::new(store), ManualClock::new()).build();
        let audit = engine.audit().await.unwrap();
        assert_eq!(audit.ok(), audit.violations.is_empty());
        let mut kinds: Vec<_> = audit.violations.iter().map(|v| v.kind).collect();
        kinds.sort_unstable();
        kinds
    })
}

pub(crate) fn jobs(store: &Tampered) -> Vec<(u64, JobRecord)> {
    let all = store.all(Kind::Job);
    let job = |record: &Record| match &record.body {
        Body::Job(job) => Some((record.version, job.clone())),
        _ => None,
    };
    all.iter().filter_map(job).collect()
}

/// The job of that status; of the verified ones, the one that was paid.
pub(crate) fn job(store: &Tampered, status: Status) -> (u64, JobRecord) {
    let paid =
        |job: &JobRecord| status != Status::Verified || job.state.receiver() != Some(&job.sender);
    let mut all = jobs(store).into_iter();
    all.find(|(_, job)| job.state.status() == status && paid(job))
        .unwrap()
}

pub(crate) fn put_job(store: &mut Tampered, status: Status, change: impl FnOnce(&mut JobRecord)) {
    let id = job(store, status).1.id;
    change_record(store, &Key::Job(id), |body| match body {
        Body::Job(job) => change(job),
        _ => panic!("{id} is no job"),
    });
}

pub(crate) fn change_record(store: &mut Tampered, key: &Key, change: impl FnOnce(&mut Body)) {
    let mut record = store.records[&key.to_bytes()].clone();
    change(&mut record.body);
    store.put(record);
}

pub(crate) fn entries(store: &Tampered, kind: Kind) -> Vec<EntryRecord> {
    let entry = |record: Record| match record.body {
        Body::Entry(entry) => Some(entry),
        _ => None,
    };
    store.all(kind).into_iter().filter_map(entry).collect()
}

/// The entry of a job in that account.
pub(crate) fn leg(store: &Tampered, job: JobId, account: &Account) -> EntryRecord {
    let mut all = entries(store, Kind::LooseEntry).into_iter();
    all.find(|entry| entry.job == Some(job) && entry.account == *account)
        .unwrap()
}

pub(crate) fn change_entry(store: &mut Tampered, key: &Key, change: impl FnOnce(&mut EntryRecord)) {
    change_record(store, key, |body| match body {
        Body::Entry(entry) => change(entry),
        _ => panic!("{key} is no entry"),
    });
}

pub(crate) fn alice() -> Account {
    Account::User(user("alice"))
}

pub(crate) fn change_balance(store: &mut Tampered, change: impl FnOnce(&mut AccountRecord)) {
    change_record(store, &Key::Account(alice()), |body| match body {
        Body::Account(account) => change(account),
        _ => panic!("no account"),
    });
}

pub(crate) fn change_event(store: &mut Tampered, key: &Key, change: impl FnOnce(&mut Event)) {
    change_record(store, key, |body| match body {
        Body::Event(event) => change(event),
        _ => panic!("no event"),
    });
}

pub(crate) fn paid_job(store: &Tampered) -> JobId {
    job(store, Status::Verified).1.id
}
