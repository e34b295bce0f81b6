//! Wakes whoever waits for sled in vain.
//!
//! Where a thread of sled's own fails to write, it notes the error and tells nobody: a flush that
//! waits for that write waits for ever. Any other flush finds the error at once, and wakes it.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use sled::Db;

/// How long a write may take before somebody looks whether it has failed.
const PATIENCE: Duration = Duration::from_millis(100);

/// A thread that looks after writes that take long, and sleeps otherwise.
#[derive(Debug)]
pub(crate) struct Watch {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    stage: Mutex<Stage>,
    changed: Condvar,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Stage {
    #[default]
    Idle,
    /// A write is on its way.
    Writing,
    Ended,
}

impl Shared {
    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, stage: Stage) {
        *self.stage() = stage;
        self.changed.notify_all();
    }
}

/// A write on its way, for as long as this lives.
pub(crate) struct Writing<'a>(&'a Shared);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.set(Stage::Idle);
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
        self.shared.set(Stage::Writing);
        Writing(&self.shared)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.set(Stage::Ended);
        if let Some(thread) = self.thread.take() {
            // It ends at once; where it panicked, there is nothing left to look after.
            let _ = thread.join();
        }
    }
}

fn watch(shared: &Shared, db: &Db) {
    let mut stage = shared.stage();
    loop {
        // The lock guards one word, which no panic leaves half changed.
        let (now, late) = match *stage {
            Stage::Ended => return,
            Stage::Idle => {
                let now = shared.changed.wait(stage);
                (now.unwrap_or_else(PoisonError::into_inner), false)
            }
            Stage::Writing => {
                let waited = shared.changed.wait_timeout(stage, PATIENCE);
                let (now, waited) = waited.unwrap_or_else(PoisonError::into_inner);
                (now, waited.timed_out())
            }
        };
        stage = now;
        if late && *stage == Stage::Writing && db.context.global_error().is_err() {
            drop(stage);
            // It only wakes the others: the error is theirs to tell.
            let _ = db.flush();
            stage = shared.stage();
        }
    }
}
