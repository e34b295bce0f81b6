//! The exchange for coroutines.

use std::sync::Arc;

use clawrk::host::Host;

use crate::tasks::run;
use crate::{ClawrkError, Job};

/// An open exchange, safe to use from any number of coroutines.
///
/// Every command goes on when its caller is cancelled: it has its effect or none. With an
/// `idempotency_key`, a command has its effect once: give the same call with the same key again
/// after a lost answer, and the first answer comes back.
#[derive(Debug, uniffi::Object)]
pub struct ClawrkEngine(Host);

impl From<Host> for ClawrkEngine {
    fn from(host: Host) -> ClawrkEngine {
        ClawrkEngine(host)
    }
}

#[uniffi::export]
impl ClawrkEngine {
    /// Opens the exchange that a URI names: `sled:PATH` for a folder, `memory:` for one that
    /// forgets. What is due is done in the background until it is closed.
    #[uniffi::constructor]
    pub async fn open(uri: String) -> Result<Arc<ClawrkEngine>, ClawrkError> {
        let engine: ClawrkEngine = run(async move { Host::open(&uri).await }).await?;
        Ok(Arc::new(engine))
    }

    /// Posts a job; the user becomes its sender.
    #[uniffi::method(default(idempotency_key = None))]
    pub async fn create_job(
        &self,
        user: String,
        prompt: String,
        idempotency_key: Option<String>,
    ) -> Result<Job, ClawrkError> {
        let key = idempotency_key.as_deref();
        run(self.0.create_job(&user, &prompt, key)).await
    }

    /// Takes a queued job; the user becomes its receiver.
    #[uniffi::method(default(idempotency_key = None))]
    pub async fn accept_job(
        &self,
        user: String,
        job_id: String,
        idempotency_key: Option<String>,
    ) -> Result<Job, ClawrkError> {
        let key = idempotency_key.as_deref();
        run(self.0.accept_job(&user, &job_id, key)).await
    }

    /// Hands in the output as the receiver; without one the job's skill makes it.
    #[uniffi::method(default(output = None, idempotency_key = None))]
    pub async fn submit_output(
        &self,
        user: String,
        job_id: String,
        output: Option<String>,
        idempotency_key: Option<String>,
    ) -> Result<Job, ClawrkError> {
        let (output, key) = (output.as_deref(), idempotency_key.as_deref());
        run(self.0.submit_output(&user, &job_id, output, key)).await
    }

    /// Judges the output as the sender: the job becomes `verified` or `rejected`.
    #[uniffi::method(default(idempotency_key = None))]
    pub async fn verify_job(
        &self,
        user: String,
        job_id: String,
        idempotency_key: Option<String>,
    ) -> Result<Job, ClawrkError> {
        let key = idempotency_key.as_deref();
        run(self.0.verify_job(&user, &job_id, key)).await
    }

    /// Takes a queued job back as its sender.
    #[uniffi::method(default(idempotency_key = None))]
    pub async fn cancel_job(
        &self,
        user: String,
        job_id: String,
        idempotency_key: Option<String>,
    ) -> Result<Job, ClawrkError> {
        let key = idempotency_key.as_deref();
        run(self.0.cancel_job(&user, &job_id, key)).await
    }

    /// Gives an accepted job up as its receiver; it is queued again.
    #[uniffi::method(default(idempotency_key = None))]
    pub async fn release_job(
        &self,
        user: String,
        job_id: String,
        idempotency_key: Option<String>,
    ) -> Result<Job, ClawrkError> {
        let key = idempotency_key.as_deref();
        run(self.0.release_job(&user, &job_id, key)).await
    }

    /// A job, for a user who may see it: its sender, its receiver, and anyone while it is queued.
    pub async fn job(&self, user: String, job_id: String) -> Result<Job, ClawrkError> {
        run(self.0.job(&user, &job_id)).await
    }

    /// Every job that the user posted, newest first.
    pub async fn jobs(&self, user: String) -> Result<Vec<Job>, ClawrkError> {
        let jobs: Vec<clawrk::Job> = run(self.0.jobs(&user)).await?;
        Ok(jobs.into_iter().map(Job::from).collect())
    }

    /// Flushes the store and releases it (`shutdown` in Kotlin). Every later call fails; closing
    /// again does nothing.
    pub async fn close(&self) -> Result<(), ClawrkError> {
        run(self.0.close()).await
    }
}
