//! What callers, committer and reader thread share: the engine, what is in flight, and whether the
//! store still answers.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use clawrk_core::id::JobId;
use clawrk_core::record::Record;
use clawrk_core::store::{Counts, StoreError};
use event_listener::Event;

use crate::group::InFlight;
use crate::stats::Stats;
use crate::{EmbeddedEngine, EngineError, Space, Visit, value};

/// Jobs are spread over so many events, so that a commit does not wake everybody who waits.
const SHARDS: usize = 64;

pub(crate) struct Shared<E> {
    /// None once the store is closed: then nothing of the engine is left.
    engine: RwLock<Option<E>>,
    state: RwLock<State>,
    pub(crate) stats: Mutex<Stats>,
    changed: [Event; SHARDS],
}

#[derive(Default)]
struct State {
    in_flight: Option<Arc<InFlight>>,
    /// Grows when a group sets out and when it lands.
    generation: u64,
    /// What was counted when the last group landed.
    counts: Counts,
    /// Why the store answers no more.
    ended: Option<StoreError>,
}

/// What a reader has to know about the moment.
pub(crate) struct View {
    pub(crate) in_flight: Option<Arc<InFlight>>,
    pub(crate) generation: u64,
}

impl<E: EmbeddedEngine> Shared<E> {
    pub(crate) fn new(engine: E) -> Shared<E> {
        Shared {
            engine: RwLock::new(Some(engine)),
            state: RwLock::default(),
            stats: Mutex::default(),
            changed: std::array::from_fn(|_| Event::new()),
        }
    }

    /// The moment, or why the store does not answer.
    pub(crate) fn view(&self) -> Result<View, StoreError> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        match &state.ended {
            Some(error) => Err(error.clone()),
            None => Ok(View {
                in_flight: state.in_flight.clone(),
                generation: state.generation,
            }),
        }
    }

    /// How many durable records there are, or why the store does not answer.
    pub(crate) fn counts(&self) -> Result<Counts, StoreError> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        match &state.ended {
            Some(error) => Err(error.clone()),
            None => Ok(state.counts),
        }
    }

    /// Begins with what an engine that was just opened holds.
    pub(crate) fn begin(&self, counts: Counts) {
        self.change(|state| state.counts = counts);
    }

    /// Tells readers that from now on the engine may hold what is not durable.
    pub(crate) fn set_out(&self, group: Arc<InFlight>) {
        self.change(|state| {
            state.in_flight = Some(group);
            state.generation += 1;
        });
    }

    /// Tells readers that all that the engine holds is durable, with these counts, or that the
    /// store has ended.
    pub(crate) fn land(&self, group: &InFlight, counts: Counts) {
        self.change(|state| {
            state.in_flight = None;
            state.generation += 1;
            state.counts = counts;
        });
        group.landed.release();
        for job in &group.jobs {
            self.shard(job).notify(usize::MAX);
        }
    }

    /// Lets the store answer with this error from now on. The first such error stays, but for
    /// `Closed`, which is what whoever closed it expects. Nobody waits for a group any more.
    pub(crate) fn end(&self, error: StoreError) {
        let mut waited_for = None;
        self.change(|state| {
            if state.ended.is_none() || matches!(error, StoreError::Closed) {
                state.ended = Some(error);
            }
            waited_for = state.in_flight.take();
        });
        if let Some(group) = waited_for {
            group.landed.release();
        }
        for event in &self.changed {
            event.notify(usize::MAX);
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// What is notified when the job changes.
    pub(crate) fn shard(&self, job: &JobId) -> &Event {
        &self.changed[job.bits() as usize % SHARDS]
    }

    /// Calls the engine. A panic in there ends the store: what the engine holds then is unknown. So
    /// does an engine that says that it is broken.
    pub(crate) fn call<T>(
        &self,
        call: impl FnOnce(&E) -> Result<T, EngineError>,
    ) -> Result<T, CallError> {
        let engine = self.engine.read().unwrap_or_else(PoisonError::into_inner);
        let engine = engine.as_ref().ok_or(CallError::Closed)?;
        let result = guarded(|| call(engine));
        if let Err(error @ (EngineError::Panicked(_) | EngineError::Broken(_))) = &result {
            self.end(poisoned(&error.to_string()));
        }
        result.map_err(CallError::Engine)
    }

    /// The value under a key.
    pub(crate) fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.call(|engine| engine.get(space, key))?)
    }

    /// The record under a key, as the engine holds it.
    pub(crate) fn record(&self, key: &[u8]) -> Result<Option<Record>, StoreError> {
        self.get(Space::Records, key)?
            .map(|value| value::record(key, &value).map_err(StoreError::corrupt))
            .transpose()
    }

    /// See [`EmbeddedEngine::scan`].
    pub(crate) fn scan(
        &self,
        space: Space,
        from: &[u8],
        to: &[u8],
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        Ok(self.call(|engine| engine.scan(space, from, to, visit))?)
    }

    /// How far the store is, as the engine holds it.
    pub(crate) fn head(&self) -> Result<Option<Vec<u8>>, CallError> {
        self.call(|engine| engine.get(Space::Meta, crate::HEAD_KEY))
    }

    /// Takes the engine out, after every call in progress, and closes it.
    pub(crate) fn close_engine(&self) -> Result<(), StoreError> {
        let engine = self
            .engine
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match engine {
            Some(engine) => Ok(guarded(|| engine.close()).map_err(CallError::Engine)?),
            None => Ok(()),
        }
    }
}

/// Why a call of the engine gave nothing.
#[derive(Debug)]
pub(crate) enum CallError {
    Closed,
    Engine(EngineError),
}

impl From<CallError> for StoreError {
    fn from(error: CallError) -> StoreError {
        match error {
            CallError::Closed => StoreError::Closed,
            CallError::Engine(EngineError::Damaged(detail)) => StoreError::Corrupt { detail },
            CallError::Engine(EngineError::Failed(source)) => StoreError::unavailable(source),
            CallError::Engine(error @ (EngineError::Panicked(_) | EngineError::Broken(_))) => {
                poisoned(&error.to_string())
            }
        }
    }
}

/// The error of a store whose disk may hold anything.
pub(crate) fn poisoned(cause: &str) -> StoreError {
    StoreError::Poisoned {
        cause: cause.to_owned(),
    }
}

/// Runs a call that may panic.
pub(crate) fn guarded<T>(call: impl FnOnce() -> Result<T, EngineError>) -> Result<T, EngineError> {
    catch_unwind(AssertUnwindSafe(call))
        .unwrap_or_else(|panic| Err(EngineError::Panicked(panic_text(&*panic))))
}

/// What a panic said, if it was a text.
pub fn panic_text(panic: &(dyn Any + Send)) -> String {
    if let Some(text) = panic.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = panic.downcast_ref::<String>() {
        text.clone()
    } else {
        "no message".to_owned()
    }
}
