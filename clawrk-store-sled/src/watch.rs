//! Wakes whoever waits for sled in vain.
//!
//! Where a thread of sled's own fails to write, it notes the error and tells nobody: a flush that
//! waits for that write waits for ever. Any other flush finds the error at once, and wakes it.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use sled::Db;

/// How often somebody looks whether a write has failed, for as long as there are any.
const INTERVAL: Duration = Duration::from_millis(100);

/// A thread that looks after writes, and sleeps where there are none.
#[derive(Debug)]
pub(crate) struct Watch {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Whether a write is on its way.
    writing: bool,
    /// Whether there was one since the last look.
    wrote: bool,
    /// Whether the watch has to be woken for the next one. It is not woken for each: that would
    /// cost every group of commits two switches of threads.
    asleep: bool,
    ended: bool,
}

impl Shared {
    /// The state, which no panic leaves half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A write on its way, for as long as this lives.
pub(crate) struct Writing<'a>(&'a Shared);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.state().writing = false;
    }
}

impl Watch {
    pub(crate) fn over(db: Db) -> io::Result<Watch> {
        let shared = Arc::new(Shared::default());
        let watched = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("clawrk-watch".to_owned())
            .spawn(move || watch(&watched, &db))?;
        Ok(Watch {
            shared,
            thread: Some(thread),
        })
    }

    /// Marks the beginning of a write. One thread writes, so there is one at a time.
    pub(crate) fn writing(&self) -> Writing<'_> {
        let mut state = self.shared.state();
        state.writing = true;
        state.wrote = true;
        if std::mem::take(&mut state.asleep) {
            self.shared.changed.notify_all();
        }
        Writing(&self.shared)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.state().ended = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // It ends at once; where it panicked, there is nothing left to look after.
            let _ = thread.join();
        }
    }
}

fn watch(shared: &Shared, db: &Db) {
    let mut state = shared.state();
    while !state.ended {
        if !state.writing && !std::mem::take(&mut state.wrote) {
            state.asleep = true;
            let woken = shared
                .changed
                .wait_while(state, |it| it.asleep && !it.ended);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
        let looked = shared
            .changed
            .wait_timeout_while(state, INTERVAL, |it| !it.ended);
        state = looked.unwrap_or_else(PoisonError::into_inner).0;
        if state.writing && db.context.global_error().is_err() {
            drop(state);
            // It only wakes the others: the error is theirs to tell.
            let _ = db.flush();
            state = shared.state();
        }
    }
}
