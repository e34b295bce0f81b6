//! A store that fails on demand.

mod damage;

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use async_trait::async_trait;
use clawrk_core::id::JobId;
use clawrk_core::record::Record;
use clawrk_core::store::{
    Batch, CommitError, Counts, Cursor, Guard, Index, Key, Page, PageLimit, Store, StoreError,
};
use event_listener::Event;

/// A kind of call on a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Op {
    /// [`Store::read`].
    Read,
    /// [`Store::scan`].
    Scan,
    /// [`Store::counts`].
    Counts,
    /// [`Store::commit`].
    Commit,
    /// [`Store::restore`].
    Restore,
    /// [`Store::changed`].
    Changed,
    /// [`Store::close`].
    Close,
}

impl Op {
    /// Every kind.
    pub const ALL: [Op; 7] = [
        Op::Read,
        Op::Scan,
        Op::Counts,
        Op::Commit,
        Op::Restore,
        Op::Changed,
        Op::Close,
    ];
}

/// What goes wrong at a call.
///
/// The two ambiguous ones are about what writes; at any other call they do what [`Fault::Refuse`]
/// does. [`Store::changed`] cannot fail: there, all of them return early, which it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// Nothing is done, and the store says so.
    Refuse,
    /// The batch is written, and the store cannot tell.
    AmbiguousWritten,
    /// The batch is not written, and the store cannot tell.
    AmbiguousUnwritten,
    /// The process ends before the call: it, and all calls after it, never return. See
    /// [`FaultStore::has_crashed`].
    CrashBefore,
    /// The process ends after the call was done and before anybody learned of it.
    CrashAfter,
}

impl Fault {
    /// Every kind.
    pub const ALL: [Fault; 5] = [
        Fault::Refuse,
        Fault::AmbiguousWritten,
        Fault::AmbiguousUnwritten,
        Fault::CrashBefore,
        Fault::CrashAfter,
    ];
}

/// A store that does what another one does, but for the faults planned.
#[derive(Debug)]
pub struct FaultStore {
    inner: Arc<dyn Store>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    calls: u64,
    calls_of: BTreeMap<Op, u64>,
    at_call: BTreeMap<u64, Fault>,
    at_call_of: BTreeMap<(Op, u64), Fault>,
    gates: BTreeMap<(Op, u64), Arc<Barrier>>,
    hits: BTreeMap<Fault, u64>,
    damaged: BTreeSet<Key>,
    crashed: bool,
    yields: bool,
}

#[derive(Debug, Default)]
struct Barrier {
    stage: Mutex<Stage>,
    changed: Event,
}

/// How far a call that is held up has come.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    #[default]
    Awaited,
    Reached,
    Released,
}

/// A call that is held up until it is let go.
#[derive(Debug)]
pub struct Gate(Arc<Barrier>);

impl Gate {
    /// Returns once the call has come and waits.
    pub async fn reached(&self) {
        self.0.wait(Stage::Reached).await;
    }

    /// Lets the call go on.
    pub fn release(&self) {
        self.0.set(Stage::Released);
    }
}

impl Barrier {
    /// Moves on to that stage, if it is not further already.
    fn set(&self, stage: Stage) {
        let mut now = self.stage();
        *now = stage.max(*now);
        drop(now);
        self.changed.notify(usize::MAX);
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn wait(&self, until: Stage) {
        loop {
            let listener = self.changed.listen();
            if *self.stage() >= until {
                return;
            }
            listener.await;
        }
    }
}

impl FaultStore {
    /// That store, without any fault yet.
    pub fn new(inner: impl Store + 'static) -> FaultStore {
        FaultStore::over(Arc::new(inner))
    }

    /// A shared store, without any fault yet.
    pub fn over(inner: Arc<dyn Store>) -> FaultStore {
        let state = Mutex::default();
        FaultStore { inner, state }
    }

    /// Plans a fault for the `nth` call from now on, of whatever kind, counted from 1.
    pub fn fail_call(&self, nth: u64, fault: Fault) {
        let mut state = self.state();
        let at = state.calls + nth;
        state.at_call.insert(at, fault);
    }

    /// Plans a fault for the `nth` call of a kind from now on, counted from 1.
    pub fn fail(&self, op: Op, nth: u64, fault: Fault) {
        let mut state = self.state();
        let at = state.calls_of(op) + nth;
        state.at_call_of.insert((op, at), fault);
    }

    /// Holds up the `nth` call of a kind from now on, counted from 1, until it is let go.
    pub fn hold(&self, op: Op, nth: u64) -> Gate {
        let mut state = self.state();
        let at = state.calls_of(op) + nth;
        let barrier = state.gates.entry((op, at)).or_default();
        Gate(Arc::clone(barrier))
    }

    /// Whether every call first lets others run: who schedules the futures by a seed then decides
    /// in which order calls are made.
    pub fn set_yielding(&self, yields: bool) {
        self.state().yields = yields;
    }

    /// Whether a planned crash has come. Whoever waits for a call now waits for ever and is to be
    /// dropped, as a process that ends drops all it does.
    pub fn has_crashed(&self) -> bool {
        self.state().crashed
    }

    /// Starts the process again: calls return, and no fault is planned.
    pub fn restart(&self) {
        let mut state = self.state();
        state.crashed = false;
        state.at_call.clear();
        state.at_call_of.clear();
        state.gates.clear();
    }

    /// How many calls there were.
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// How many calls of a kind there were.
    pub fn calls_of(&self, op: Op) -> u64 {
        self.state().calls_of(op)
    }

    /// How often a fault came true.
    pub fn hits(&self, fault: Fault) -> u64 {
        self.state().hits.get(&fault).copied().unwrap_or(0)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the call and gives what is planned for it. Does not return after a crash.
    async fn enter(&self, op: Op) -> Option<Fault> {
        if self.state().yields {
            Yield(false).await;
        }
        let (crashed, fault, gate) = self.state().enter(op);
        if let Some(gate) = gate {
            gate.set(Stage::Reached);
            gate.wait(Stage::Released).await;
        }
        if crashed || fault == Some(Fault::CrashBefore) {
            pending::<()>().await;
        }
        fault
    }

    /// Writes, or not, and answers as planned.
    async fn write(
        &self,
        fault: Option<Fault>,
        writing: impl Future<Output = Result<(), CommitError>>,
    ) -> Result<(), CommitError> {
        match fault {
            Some(Fault::Refuse) => return Err(CommitError::Refused(planned())),
            Some(Fault::AmbiguousUnwritten) => return Err(CommitError::Ambiguous(planned())),
            _ => {}
        }
        let answer = writing.await;
        self.leave(fault).await;
        match (fault, answer) {
            // What a store refuses for a reason of its own is no doubtful case.
            (Some(Fault::AmbiguousWritten), Ok(())) => Err(CommitError::Ambiguous(planned())),
            (_, answer) => answer,
        }
    }

    /// Ends the process here if that is planned.
    async fn leave(&self, fault: Option<Fault>) {
        if fault == Some(Fault::CrashAfter) {
            self.state().crashed = true;
        }
        if self.has_crashed() {
            pending::<()>().await;
        }
    }
}

impl State {
    fn calls_of(&self, op: Op) -> u64 {
        self.calls_of.get(&op).copied().unwrap_or(0)
    }

    fn enter(&mut self, op: Op) -> (bool, Option<Fault>, Option<Arc<Barrier>>) {
        if self.crashed {
            return (true, None, None);
        }
        self.calls += 1;
        let nth = self.calls_of.entry(op).or_default();
        *nth += 1;
        let place = (op, *nth);
        let fault = self.at_call.remove(&self.calls);
        let fault = fault.or(self.at_call_of.remove(&place));
        if let Some(fault) = fault {
            *self.hits.entry(fault).or_default() += 1;
            self.crashed = fault == Fault::CrashBefore;
        }
        (false, fault, self.gates.remove(&place))
    }
}

fn planned() -> StoreError {
    StoreError::unavailable("a planned fault")
}

/// Whether the call is to answer with an error, where it does not write.
fn fails(fault: Option<Fault>) -> bool {
    !matches!(fault, None | Some(Fault::CrashBefore | Fault::CrashAfter))
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Store for FaultStore {
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        let fault = self.enter(Op::Read).await;
        if fails(fault) {
            return Err(planned());
        }
        self.check(keys.iter())?;
        let answer = self.inner.read(keys).await;
        self.leave(fault).await;
        answer
    }

    async fn scan(
        &self,
        index: &Index,
        after: Option<&Cursor>,
        limit: PageLimit,
    ) -> Result<Page, StoreError> {
        let fault = self.enter(Op::Scan).await;
        if fails(fault) {
            return Err(planned());
        }
        let answer = self.inner.scan(index, after, limit).await;
        self.leave(fault).await;
        answer.map(|page| self.damage_page(index, page))
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        let fault = self.enter(Op::Counts).await;
        if fails(fault) {
            return Err(planned());
        }
        let answer = self.inner.counts().await;
        self.leave(fault).await;
        answer
    }

    async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        let fault = self.enter(Op::Commit).await;
        let puts: Vec<Key> = batch.puts.iter().map(Record::key).collect();
        let guards = batch.guards.iter().map(Guard::key);
        let checked = self.check(guards.chain(&puts).chain(&batch.deletes));
        let commit = async {
            checked.map_err(CommitError::Refused)?;
            self.inner.commit(batch).await
        };
        self.write(fault, commit).await
    }

    async fn restore(&self, records: &[Record]) -> Result<(), CommitError> {
        let fault = self.enter(Op::Restore).await;
        self.write(fault, self.inner.restore(records)).await
    }

    async fn changed(&self, job: &JobId, seen: u64) {
        let fault = self.enter(Op::Changed).await;
        if !fails(fault) {
            self.inner.changed(job, seen).await;
        }
        self.leave(fault).await;
    }

    async fn close(&self) -> Result<(), StoreError> {
        let fault = self.enter(Op::Close).await;
        if fails(fault) {
            return Err(planned());
        }
        let answer = self.inner.close().await;
        self.leave(fault).await;
        answer
    }
}

/// Is ready at the second look.
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{block_on, poll_once, spawn};
    use clawrk_core::id::CommitId;
    use clawrk_core::store::memory::MemoryStore;

    fn batch() -> Batch {
        Batch::new(CommitId::from_bits(1))
    }

    #[test]
    fn faults_come_at_their_call_and_are_counted() {
        let store = FaultStore::new(MemoryStore::new());
        store.fail(Op::Commit, 2, Fault::AmbiguousWritten);
        store.fail(Op::Read, 1, Fault::Refuse);
        store.fail_call(4, Fault::Refuse);
        block_on(async {
            assert!(store.commit(&batch()).await.is_ok());
            assert!(store.read(&[]).await.is_err());
            let doubtful = store.commit(&batch()).await;
            assert!(matches!(doubtful, Err(CommitError::Ambiguous(_))));
            let refused = store.commit(&batch()).await;
            assert!(matches!(refused, Err(CommitError::Refused(_))));
            assert!(store.commit(&batch()).await.is_ok());
            assert!(store.read(&[]).await.is_ok());
        });
        assert_eq!((store.calls(), store.calls_of(Op::Commit)), (6, 4));
        assert_eq!(store.hits(Fault::Refuse), 2);
        assert_eq!(store.hits(Fault::AmbiguousWritten), 1);
        assert_eq!(store.hits(Fault::CrashAfter), 0);
    }

    #[test]
    fn after_a_crash_nothing_returns_until_the_restart() {
        let store = FaultStore::new(MemoryStore::new());
        for fault in [Fault::CrashBefore, Fault::CrashAfter] {
            store.fail_call(1, fault);
            assert!(poll_once(store.read(&[]).as_mut()).is_pending());
            assert!(store.has_crashed());
            assert!(poll_once(store.read(&[]).as_mut()).is_pending());
            store.restart();
            assert!(poll_once(store.read(&[]).as_mut()).is_ready());
        }
    }

    #[test]
    fn a_held_call_goes_on_when_it_is_let_go() {
        let store = Arc::new(FaultStore::new(MemoryStore::new()));
        let gate = store.hold(Op::Commit, 1);
        let held = Arc::clone(&store);
        let commit = spawn(async move { held.commit(&batch()).await.is_ok() });
        block_on(async {
            gate.reached().await;
            assert!(store.read(&[]).await.is_ok(), "others go on meanwhile");
            gate.release();
            assert!(commit.join().await);
        });
    }
}
