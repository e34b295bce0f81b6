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

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use pollster::block_on;
    use tokio::sync::oneshot;

    use super::*;

    #[test]
    fn a_panic_is_an_error_of_the_one_call() {
        let asked = block_on(run::<(), ()>(async { panic!("as asked") }));
        assert!(
            matches!(asked, Err(ClawrkError::Internal { .. })),
            "{asked:?}"
        );
        assert_eq!(block_on(run::<_, u8>(async { Ok(7_u8) })), Ok(7));
    }

    #[test]
    fn work_goes_on_when_nobody_waits_for_it() {
        let (go, gone) = oneshot::channel::<()>();
        let (done, finished) = oneshot::channel();
        {
            let mut waiting = pin!(run::<_, ()>(async {
                let _ = gone.await;
                let _ = done.send(());
                Ok(())
            }));
            let polled = waiting
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
            assert!(polled.is_pending());
        }
        go.send(()).unwrap();
        assert_eq!(block_on(finished), Ok(()));
    }
}
