//! Running the exchange's futures: on a runtime of its own, each as a task, so that a caller who
//! stops waiting leaves no half effect.

use std::future::Future;
use std::process;
use std::sync::OnceLock;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use clawrk::Error;
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio as glue;
use tokio::runtime::{Builder, Runtime};

use crate::errors::{internal, raise, unavailable};

/// How long Ctrl-C may go unnoticed while a blocking call waits.
const SIGNAL_CHECK: Duration = Duration::from_millis(50);

const PANICKED: &str = "the call panicked; this is an error in clawrk, please report it";

/// The runtime with the process that its threads live in.
static RUNTIME: OnceLock<(u32, Runtime)> = OnceLock::new();

/// The runtime; made at first use, because threads do not survive a fork after the import.
pub(crate) fn runtime() -> PyResult<&'static Runtime> {
    let (process, runtime) = match RUNTIME.get() {
        Some(made) => made,
        None => {
            let mut builder = Builder::new_multi_thread();
            let made = builder.enable_all().thread_name("clawrk").build()?;
            let (process, runtime) = RUNTIME.get_or_init(|| (process::id(), made));
            // Fails only if another thread was first, and then with the same runtime.
            let _ = glue::init_with_runtime(runtime);
            return checked(*process, runtime);
        }
    };
    checked(*process, runtime)
}

fn checked(process: u32, runtime: &'static Runtime) -> PyResult<&'static Runtime> {
    if process == process::id() {
        return Ok(runtime);
    }
    Err(unavailable(
        "clawrk was used before this process was forked, and its threads stayed behind; \
        start processes with `multiprocessing.set_start_method(\"spawn\")`",
    ))
}

/// Waits for the work with the interpreter released. Ctrl-C ends the waiting, not the work.
pub(crate) fn wait<T: Send + 'static, P>(
    py: Python<'_>,
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
    as_python: impl FnOnce(T) -> P,
) -> PyResult<P> {
    let (sender, receiver) = mpsc::sync_channel(1);
    runtime()?.spawn(async move {
        // Nobody listens any more if the waiting was interrupted.
        let _ = sender.send(work.await);
    });
    let answer = py.detach(move || {
        loop {
            match receiver.recv_timeout(SIGNAL_CHECK) {
                Ok(answer) => return answer.map_err(|error| raise(&error)),
                Err(RecvTimeoutError::Disconnected) => return Err(internal(PANICKED)),
                Err(RecvTimeoutError::Timeout) => Python::attach(|py| py.check_signals())?,
            }
        }
    });
    answer.map(as_python)
}

/// An awaitable for the work. Cancelling it ends the waiting, not the work.
pub(crate) fn later<'py, T: Send + 'static, P>(
    py: Python<'py>,
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
    as_python: impl FnOnce(T) -> P + Send + 'static,
) -> PyResult<Bound<'py, PyAny>>
where
    P: for<'any> IntoPyObject<'any> + Send + 'static,
{
    let runtime = runtime()?;
    // Without a running loop this fails before anything has begun.
    let locals = glue::get_current_locals(py)?;
    let task = runtime.spawn(work);
    glue::future_into_py_with_locals(py, locals, async move {
        match task.await {
            Ok(Ok(answer)) => Ok(as_python(answer)),
            Ok(Err(error)) => Err(raise(&error)),
            Err(_) => Err(internal(PANICKED)),
        }
    })
}
