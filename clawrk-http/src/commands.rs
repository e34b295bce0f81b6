//! Commands run as tasks of their own.

use std::future::Future;

use axum::response::Response;
use clawrk_core::error::Code;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::error::ApiError;

/// The commands that are being worked on, whether or not their clients still wait.
#[derive(Debug, Clone, Default)]
pub struct Commands {
    tasks: TaskTracker,
    dropped: CancellationToken,
}

impl Commands {
    /// Returns when no command is running. New ones are still taken: stop accepting requests
    /// first.
    pub async fn idle(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Drops every command that still waits, and refuses new ones. What is dropped is answered
    /// with `outcome_unknown`.
    pub fn drop_all(&self) {
        self.dropped.cancel();
    }

    pub(crate) async fn run(
        &self,
        work: impl Future<Output = Result<Response, ApiError>> + Send + 'static,
    ) -> Result<Response, ApiError> {
        let task = self.tasks.spawn(
            self.dropped
                .clone()
                .run_until_cancelled_owned(work)
                .in_current_span(),
        );
        match task.await {
            Ok(Some(answer)) => answer,
            Ok(None) => Err(ApiError::retry(
                Code::OutcomeUnknown,
                "the server is stopping and no longer waits for this; look before doing it again",
            )),
            Err(_) => {
                // What it said may quote a job; the panic hook has been told.
                tracing::error!("a command panicked");
                Err(ApiError::internal())
            }
        }
    }
}
