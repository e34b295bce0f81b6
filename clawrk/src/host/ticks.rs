//! The loop beside an open exchange.

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::{Engine, Error, run_ticks};

/// The loop, running. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Ticks {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), Error>>,
}

impl Ticks {
    /// Starts the loop on the current runtime.
    pub(super) fn start(engine: Engine) -> Ticks {
        let (stop, stopped) = oneshot::channel();
        let shutdown = async {
            let _ = stopped.await;
        };
        let task = tokio::spawn(run_ticks(engine, shutdown));
        Ticks { stop, task }
    }

    /// Ends the loop and waits until nothing is left of it.
    pub(super) async fn end(self) {
        drop(self.stop);
        // A failure was that of the store, which whoever closes it next is told.
        let _ = self.task.await;
    }
}
