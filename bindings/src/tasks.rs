//! Running calls as tasks of a runtime of the library's own.
//!
//! The host polls exported futures on its own threads, and drops them when its coroutine is
//! cancelled. A task goes on regardless: a command has its effect or none, never half of it.

use std::future::Future;
use std::sync::OnceLock;

use clawrk::Error;
use tokio::runtime::{Builder, Runtime};

use crate::ClawrkError;

static RUNTIME: OnceLock<Runtime> = OnceLock::new();

fn runtime() -> Result<&'static Runtime, ClawrkError> {
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let made = Builder::new_multi_thread()
        .enable_all()
        .thread_name("clawrk")
        .build()
        .map_err(|error| ClawrkError::internal(&format!("no threads could be started: {error}")))?;
    // Another thread may have been first; then its runtime is the one.
    Ok(RUNTIME.get_or_init(|| made))
}

/// Runs the work to its end, whether or not anybody waits for it. A panic in it is an error here.
pub(crate) async fn run<T: Send + 'static, P: From<T>>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<P, ClawrkError> {
    match runtime()?.spawn(work).await {
        Ok(answer) => Ok(answer?.into()),
        Err(_) => Err(ClawrkError::internal(
            "the call panicked; this is an error in clawrk, please report it",
        )),
    }
}
