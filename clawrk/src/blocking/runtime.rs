//! What the blocking twin waits with.

use std::future::Future;
use std::sync::Arc;

use tokio::runtime::{self, Handle};

use crate::OpenError;

/// A runtime of its own, driven by whichever thread waits.
#[derive(Debug, Clone)]
pub(super) struct Runtime {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    runtime: Option<runtime::Runtime>,
}

impl Runtime {
    pub(super) fn start() -> Result<Runtime, OpenError> {
        if inside_async() {
            return Err(OpenError::InsideAsync);
        }
        let runtime = runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(OpenError::Runtime)?;
        let runtime = Some(runtime);
        Ok(Runtime {
            inner: Arc::new(Inner { runtime }),
        })
    }

    /// What the future answers; nothing on a thread that must not wait.
    pub(super) fn wait<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        if inside_async() {
            return None;
        }
        let runtime = self.inner.runtime.as_ref()?;
        Some(runtime.block_on(future))
    }
}

fn inside_async() -> bool {
    Handle::try_current().is_ok()
}

impl Drop for Inner {
    /// Dropping a runtime inside an async task panics; letting it go without waiting does not.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
