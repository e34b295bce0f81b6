//! The loop that does what is due.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use clawrk_core::store::StoreError;

use crate::{Engine, Error, Progress};

/// How many things one tick does at most before others get their turn.
pub const TICK_BUDGET: usize = 100;

/// How long the loop pauses when nothing is left to do, so how late it may notice what comes due.
pub const TICK_PAUSE: Duration = Duration::from_secs(1);

/// Does what is due, by and by, until `shutdown` is ready: lost runs, overdue jobs, old
/// idempotency records. See [`Engine::tick`].
///
/// An engine does nothing by itself; whoever keeps one open keeps this running beside it. Several
/// loops over one store do no harm. A tick that was begun is ended before the loop returns.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = clawrk::open("memory:").await?;
/// let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
/// let ticks = tokio::spawn(clawrk::run_ticks(engine.clone(), async {
///     let _ = stopped.await;
/// }));
/// // … serve …
/// drop(stop);
/// ticks.await??;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Only where going on is of no use: the store was closed, or poisoned by a failed write. Any other
/// failure is logged, and the next tick tries again.
pub async fn run_ticks(
    engine: Engine,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), Error> {
    let mut shutdown = pin!(shutdown);
    loop {
        let pause = pause_after(engine.tick(TICK_BUDGET).await)?;
        // A store that answers at once would let a busy loop keep its thread to itself.
        tokio::task::yield_now().await;
        if tokio::time::timeout(pause, shutdown.as_mut()).await.is_ok() {
            return Ok(());
        }
    }
}

/// How long to wait after a tick. Work that was cut short by the budget goes on at once.
fn pause_after(tick: Result<Progress, Error>) -> Result<Duration, Error> {
    match tick {
        Ok(progress) if progress.done >= TICK_BUDGET => Ok(Duration::ZERO),
        Ok(_) => Ok(TICK_PAUSE),
        Err(
            error @ Error::Store {
                source: StoreError::Closed | StoreError::Poisoned { .. },
                ..
            },
        ) => Err(error),
        Err(error) => {
            tracing::warn!(%error, "what is due could not be done; trying again");
            Ok(TICK_PAUSE)
        }
    }
}
