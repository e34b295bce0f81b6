//! The exchange for programs that wait.

use std::convert::identity;

use clawrk::host::Host;
use pyo3::prelude::*;

use crate::job::Job;
use crate::tasks::wait;

/// An open exchange. Every call waits for its answer while other threads go on.
#[pyclass(frozen, module = "clawrk")]
#[derive(Debug)]
pub(crate) struct Engine(Host);

#[pymethods]
impl Engine {
    /// Opens the exchange that a URI names, such as `sled:./data` or `memory:`.
    #[staticmethod]
    fn open(py: Python<'_>, uri: String) -> PyResult<Engine> {
        wait(py, async move { Host::open(&uri).await }, Engine)
    }

    /// Posts a job; the user becomes its sender.
    #[pyo3(signature = (user, prompt, *, idempotency_key=None))]
    fn create_job(
        &self,
        py: Python<'_>,
        user: &str,
        prompt: &str,
        idempotency_key: Option<&str>,
    ) -> PyResult<Job> {
        wait(
            py,
            self.0.create_job(user, prompt, idempotency_key),
            Job::from,
        )
    }

    /// Takes a queued job; the user becomes its receiver.
    #[pyo3(signature = (user, job_id, *, idempotency_key=None))]
    fn accept_job(
        &self,
        py: Python<'_>,
        user: &str,
        job_id: &str,
        idempotency_key: Option<&str>,
    ) -> PyResult<Job> {
        wait(
            py,
            self.0.accept_job(user, job_id, idempotency_key),
            Job::from,
        )
    }

    /// Hands in the output as the receiver; without one the job's skill makes it.
    #[pyo3(signature = (user, job_id, output=None, *, idempotency_key=None))]
    fn submit_output(
        &self,
        py: Python<'_>,
        user: &str,
        job_id: &str,
        output: Option<&str>,
        idempotency_key: Option<&str>,
    ) -> PyResult<Job> {
        wait(
            py,
            self.0.submit_output(user, job_id, output, idempotency_key),
            Job::from,
        )
    }

    /// Judges the output as the sender.
    #[pyo3(signature = (user, job_id, *, idempotency_key=None))]
    fn verify_job(
        &self,
        py: Python<'_>,
        user: &str,
        job_id: &str,
        idempotency_key: Option<&str>,
    ) -> PyResult<Job> {
        wait(
            py,
            self.0.verify_job(user, job_id, idempotency_key),
            Job::from,
        )
    }

    /// Takes a queued job back as its sender.
    #[pyo3(signature = (user, job_id, *, idempotency_key=None))]
    fn cancel_job(
        &self,
        py: Python<'_>,
        user: &str,
        job_id: &str,
        idempotency_key: Option<&str>,
    ) -> PyResult<Job> {
        wait(
            py,
            self.0.cancel_job(user, job_id, idempotency_key),
            Job::from,
        )
    }

    /// Gives an accepted job up as its receiver.
    #[pyo3(signature = (user, job_id, *, idempotency_key=None))]
    fn release_job(
        &self,
        py: Python<'_>,
        user: &str,
        job_id: &str,
        idempotency_key: Option<&str>,
    ) -> PyResult<Job> {
        wait(
            py,
            self.0.release_job(user, job_id, idempotency_key),
            Job::from,
        )
    }

    /// A job, for a user who may see it.
    fn job(&self, py: Python<'_>, user: &str, job_id: &str) -> PyResult<Job> {
        wait(py, self.0.job(user, job_id), Job::from)
    }

    /// Every job that the user posted, newest first.
    fn jobs(&self, py: Python<'_>, user: &str) -> PyResult<Vec<Job>> {
        wait(py, self.0.jobs(user), Job::list)
    }

    /// Closes the exchange. Every later call fails; closing again does nothing.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        wait(py, self.0.close(), identity)
    }

    fn __enter__(this: Py<Self>) -> Py<Self> {
        this
    }

    #[pyo3(signature = (*_error))]
    fn __exit__(&self, py: Python<'_>, _error: &Bound<'_, PyAny>) -> PyResult<()> {
        self.close(py)
    }
}
