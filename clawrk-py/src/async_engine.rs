//! The exchange for programs built on asyncio.

use std::convert::identity;

use clawrk::host::Host;
use pyo3::prelude::*;

use crate::job::Job;
use crate::tasks::later;

/// An open exchange. Every call returns an awaitable of the running loop.
#[pyclass(frozen, module = "clawrk")]
#[derive(Debug)]
pub(crate) struct AsyncEngine(Host);

#[pymethods]
impl AsyncEngine {
    /// Opens the exchange that a URI names, such as `sled:./data` or `memory:`.
    #[staticmethod]
    fn open(py: Python<'_>, uri: String) -> PyResult<Bound<'_, PyAny>> {
        later(py, async move { Host::open(&uri).await }, AsyncEngine)
    }

    /// Posts a job; the user becomes its sender.
    #[pyo3(signature = (user, prompt, *, idempotency_key=None))]
    fn create_job<'py>(
        &self,
        py: Python<'py>,
        user: &str,
        prompt: &str,
        idempotency_key: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        later(
            py,
            self.0.create_job(user, prompt, idempotency_key),
            Job::from,
        )
    }

    /// Takes a queued job; the user becomes its receiver.
    #[pyo3(signature = (user, job_id, *, idempotency_key=None))]
    fn accept_job<'py>(
        &self,
        py: Python<'py>,
        user: &str,
        job_id: &str,
        idempotency_key: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        later(
            py,
            self.0.accept_job(user, job_id, idempotency_key),
            Job::from,
        )
    }

    /// Hands in the output as the receiver; without one the job's skill makes it.
    #[pyo3(signature = (user, job_id, output=None, *, idempotency_key=None))]
    fn submit_output<'py>(
        &self,
        py: Python<'py>,
        user: &str,
        job_id: &str,
        output: Option<&str>,
        idempotency_key: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let submitted = self.0.submit_output(user, job_id, output, idempotency_key);
        later(py, submitted, Job::from)
    }

    /// Judges the output as the sender.
    #[pyo3(signature = (user, job_id, *, idempotency_key=None))]
    fn verify_job<'py>(
        &self,
        py: Python<'py>,
        user: &str,
        job_id: &str,
        idempotency_key: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        later(
            py,
            self.0.verify_job(user, job_id, idempotency_key),
            Job::from,
        )
    }

    /// Takes a queued job back as its sender.
    #[pyo3(signature = (user, job_id, *, idempotency_key=None))]
    fn cancel_job<'py>(
        &self,
        py: Python<'py>,
        user: &str,
        job_id: &str,
        idempotency_key: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        later(
            py,
            self.0.cancel_job(user, job_id, idempotency_key),
            Job::from,
        )
    }

    /// Gives an accepted job up as its receiver.
    #[pyo3(signature = (user, job_id, *, idempotency_key=None))]
    fn release_job<'py>(
        &self,
        py: Python<'py>,
        user: &str,
        job_id: &str,
        idempotency_key: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        later(
            py,
            self.0.release_job(user, job_id, idempotency_key),
            Job::from,
        )
    }

    /// A job, for a user who may see it.
    fn job<'py>(&self, py: Python<'py>, user: &str, job_id: &str) -> PyResult<Bound<'py, PyAny>> {
        later(py, self.0.job(user, job_id), Job::from)
    }

    /// Every job that the user posted, newest first.
    fn jobs<'py>(&self, py: Python<'py>, user: &str) -> PyResult<Bound<'py, PyAny>> {
        later(py, self.0.jobs(user), Job::list)
    }

    /// Closes the exchange. Every later call fails; closing again does nothing.
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        later(py, self.0.close(), identity)
    }

    fn __aenter__(this: Py<Self>, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        later(py, async move { Ok(this) }, identity)
    }

    #[pyo3(signature = (*_error))]
    fn __aexit__<'py>(
        &self,
        py: Python<'py>,
        _error: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.close(py)
    }
}
