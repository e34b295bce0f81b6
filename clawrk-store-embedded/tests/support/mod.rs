//! An engine in memory that can be held, broken and looked into.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each test file uses a part of this, and a test fails by a panic"
)]

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use clawrk_core::id::{CommitId, JobId, UserId};
use clawrk_core::job::{JobRecord, OnRejected, State, Terms};
use clawrk_core::money::{Cents, Credits};
use clawrk_core::record::{Body, Record, UserRecord};
use clawrk_core::store::{Batch, Guard, Key};
use clawrk_core::time::Timestamp;
use clawrk_store_embedded::{
    EmbeddedEngine, EmbeddedStore, EngineError, Head, OpenError, Space, Visit, Write,
};

type Map = BTreeMap<(Space, Vec<u8>), Vec<u8>>;

/// A disk that outlives the engines that use it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<DiskState>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct DiskState {
    /// What the engine holds.
    now: Map,
    /// What outlives the power.
    synced: Map,
    faults: Vec<(Call, usize, Fault)>,
    calls: BTreeMap<Call, usize>,
    /// Syncs go through one by one as these allow; none lets all through.
    allowed: Option<usize>,
    held: usize,
}

/// The calls that can be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Call {
    Get,
    Scan,
    Apply,
    Sync,
}

/// How a call breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It does nothing and says so.
    Fails,
    /// It does everything and reports a failure.
    FailsAfter,
    /// It does nothing and says that it never will again.
    Breaks,
    Panics,
}

impl Disk {
    pub(crate) fn open(&self) -> EmbeddedStore<DiskEngine> {
        self.try_open().unwrap()
    }

    pub(crate) fn try_open(&self) -> Result<EmbeddedStore<DiskEngine>, OpenError> {
        EmbeddedStore::open(DiskEngine(self.clone()))
    }

    fn state(&self) -> MutexGuard<'_, DiskState> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Breaks the n-th call of a kind from now on, counted from 1.
    pub(crate) fn break_call(&self, call: Call, nth: usize, fault: Fault) {
        let mut state = self.state();
        let so_far = state.calls.get(&call).copied().unwrap_or(0);
        state.faults.push((call, so_far + nth, fault));
    }

    /// How often a call was made.
    pub(crate) fn calls(&self, call: Call) -> usize {
        self.state().calls.get(&call).copied().unwrap_or(0)
    }

    /// Holds every sync from now on.
    pub(crate) fn hold(&self) {
        self.state().allowed = Some(0);
    }

    /// Waits until a sync is held.
    pub(crate) fn wait_until_held(&self) {
        let state = self.state();
        let held = |state: &mut DiskState| state.held == 0;
        drop(self.0.moved.wait_while(state, held).unwrap());
    }

    /// Lets one held sync go, and waits until the next one is held.
    pub(crate) fn step(&self) {
        let mut state = self.state();
        state.allowed = Some(1);
        self.0.moved.notify_all();
        let on_the_way = |state: &mut DiskState| state.allowed != Some(0) || state.held == 0;
        drop(self.0.moved.wait_while(state, on_the_way).unwrap());
    }

    /// Lets all syncs go.
    pub(crate) fn release(&self) {
        self.state().allowed = None;
        self.0.moved.notify_all();
    }

    /// Takes away what was not synced, as a power cut does, and every fault.
    pub(crate) fn cut_power(&self) {
        let mut state = self.state();
        state.now = state.synced.clone();
        state.faults.clear();
    }

    /// A stored value.
    pub(crate) fn value(&self, space: Space, key: &[u8]) -> Vec<u8> {
        self.state().now[&(space, key.to_vec())].clone()
    }

    /// Changes a stored value.
    pub(crate) fn damage(&self, space: Space, key: &[u8], change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        change(state.now.get_mut(&(space, key.to_vec())).unwrap());
    }

    /// Removes a stored value.
    pub(crate) fn lose(&self, space: Space, key: &[u8]) {
        self.state().now.remove(&(space, key.to_vec())).unwrap();
    }

    pub(crate) fn put(&self, space: Space, key: &[u8], value: Vec<u8>) {
        self.state().now.insert((space, key.to_vec()), value);
    }

    /// Counts the call, and says how it breaks.
    fn enter(&self, call: Call) -> Option<Fault> {
        let mut state = self.state();
        let count = state.calls.entry(call).or_default();
        *count += 1;
        let count = *count;
        let mut faults = state.faults.iter();
        let fault = faults.find(|(kind, nth, _)| (*kind, *nth) == (call, count));
        fault.map(|(_, _, fault)| *fault)
    }

    fn call<T>(&self, call: Call, act: impl FnOnce() -> T) -> Result<T, EngineError> {
        match self.enter(call) {
            None => Ok(act()),
            Some(Fault::Fails) => Err(EngineError::failed("the disk said no")),
            Some(Fault::FailsAfter) => {
                act();
                Err(EngineError::failed("the disk said no, too late"))
            }
            Some(Fault::Breaks) => Err(EngineError::Broken(io::Error::other("the disk is gone"))),
            Some(Fault::Panics) => panic!("the engine fell over"),
        }
    }

    fn pass_gate(&self) {
        let mut state = self.state();
        state.held += 1;
        self.0.moved.notify_all();
        let closed = |state: &mut DiskState| state.allowed == Some(0);
        state = self.0.moved.wait_while(state, closed).unwrap();
        state.held -= 1;
        if let Some(allowed) = &mut state.allowed {
            *allowed -= 1;
        }
        self.0.moved.notify_all();
    }
}

/// The engine over a [`Disk`].
#[derive(Debug)]
pub(crate) struct DiskEngine(Disk);

impl EmbeddedEngine for DiskEngine {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        let get = || self.0.state().now.get(&(space, key.to_vec())).cloned();
        self.0.call(Call::Get, get)
    }

    fn scan(
        &self,
        space: Space,
        from: &[u8],
        to: &[u8],
        visit: &mut Visit<'_>,
    ) -> Result<(), EngineError> {
        self.0.call(Call::Scan, || {
            let range = (space, from.to_vec())..(space, to.to_vec());
            let rows: Vec<_> = self
                .0
                .state()
                .now
                .range(range)
                .map(|((_, key), value)| (key.clone(), value.clone()))
                .collect();
            for (key, value) in rows {
                if let ControlFlow::Break(()) = visit(&key, Ok(&value)) {
                    return;
                }
            }
        })
    }

    fn apply(&self, write: &Write) -> Result<(), EngineError> {
        self.0.call(Call::Apply, || {
            let mut state = self.0.state();
            for op in &write.ops {
                let key = (op.space, op.key.clone());
                let old = match &op.value {
                    Some(value) => state.now.insert(key, value.clone()),
                    None => state.now.remove(&key),
                };
                let known = op.space == Space::Meta || old.is_some() == op.replaces;
                assert!(known, "{op:?} replaces {old:?}");
            }
        })
    }

    fn sync(&self, _: &Head) -> Result<(), EngineError> {
        self.0.pass_gate();
        self.0.call(Call::Sync, || {
            let mut state = self.0.state();
            state.synced = state.now.clone();
        })
    }

    fn close(self) -> Result<(), EngineError> {
        Ok(())
    }
}

/// An empty batch with that id.
pub(crate) fn batch(id: u128) -> Batch {
    Batch::new(CommitId::from_bits(id))
}

pub(crate) fn puts(id: u128, records: impl IntoIterator<Item = Record>) -> Batch {
    Batch {
        puts: records.into_iter().collect(),
        ..batch(id)
    }
}

pub(crate) fn guarded(guard: Guard, batch: Batch) -> Batch {
    Batch {
        guards: vec![guard],
        ..batch
    }
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

pub(crate) fn user_key(name: &str) -> Key {
    Key::User(user(name))
}

pub(crate) fn person(name: &str, version: u64) -> Record {
    called(name, version, "x")
}

/// A user with a name of any length.
pub(crate) fn called(name: &str, version: u64, called: &str) -> Record {
    let at = Timestamp::from_millis(1_700_000_000_000);
    Record::new(
        version,
        Body::User(UserRecord::new(
            user(name),
            Some(called.to_owned()),
            at,
            CommitId::from_bits(9),
        )),
    )
}

pub(crate) fn job_id(n: u128) -> JobId {
    JobId::from_bits(n)
}

/// A job of `ann`; jobs made earlier have smaller numbers.
pub(crate) fn job(n: u128, version: u64, state: State) -> Record {
    let at = Timestamp::from_millis(1_700_000_000_000 + i64::try_from(n).unwrap());
    let terms = Terms {
        cost: Credits::new(2),
        held: Credits::new(2),
        payout: Cents::new(100),
        currency: "usd".to_owned(),
        on_rejected: OnRejected::Refund,
        max_attempts: 3,
        accept_timeout: None,
        review_timeout: None,
    };
    Record::new(
        version,
        Body::Job(JobRecord {
            id: job_id(n),
            sender: user("ann"),
            skill: "research".to_owned(),
            terms,
            state,
            attempt: 0,
            rejections: 0,
            judged_attempt: None,
            created_at: at,
            updated_at: at,
        }),
    )
}

pub(crate) fn accepted() -> State {
    State::Accepted {
        receiver: user("bob"),
        accept_due: None,
    }
}
