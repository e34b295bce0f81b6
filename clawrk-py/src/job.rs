//! A job and its verdict, as Python sees them.

use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyDelta, PyTzInfo};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A job as it was when it was read. It does not change; read it again to see what has.
#[pyclass(frozen, eq, module = "clawrk")]
#[derive(Debug, PartialEq)]
pub(crate) struct Job(clawrk::Job);

impl From<clawrk::Job> for Job {
    fn from(job: clawrk::Job) -> Job {
        Job(job)
    }
}

impl Job {
    pub(crate) fn list(jobs: Vec<clawrk::Job>) -> Vec<Job> {
        jobs.into_iter().map(Job).collect()
    }
}

#[pymethods]
impl Job {
    #[getter]
    fn id(&self) -> String {
        self.0.id.to_string()
    }

    #[getter]
    fn status(&self) -> &str {
        self.0.status.as_str()
    }

    #[getter]
    fn prompt(&self) -> &str {
        &self.0.prompt
    }

    #[getter]
    fn title(&self) -> &str {
        &self.0.title
    }

    #[getter]
    fn intent(&self) -> &str {
        &self.0.intent
    }

    #[getter]
    fn skill(&self) -> &str {
        &self.0.skill
    }

    #[getter]
    fn criteria(&self) -> &str {
        &self.0.criteria
    }

    #[getter]
    fn sender(&self) -> &str {
        self.0.sender.as_str()
    }

    #[getter]
    fn receiver(&self) -> Option<&str> {
        self.0.receiver.as_ref().map(|user| user.as_str())
    }

    #[getter]
    fn output(&self) -> Option<&str> {
        self.0.output.as_deref()
    }

    #[getter]
    fn verification(&self) -> Option<Verification> {
        self.0.verification.clone().map(Verification)
    }

    #[getter]
    fn created_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        instant(py, self.0.created_at.as_millis())
    }

    #[getter]
    fn updated_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        instant(py, self.0.updated_at.as_millis())
    }

    /// The job as the JSON of the REST API.
    fn to_json(&self) -> PyResult<String> {
        serde_json::to_string(&self.0).map_err(|error| crate::errors::internal(&error.to_string()))
    }

    fn __repr__(&self) -> String {
        format!("<Job {} {} {:?}>", self.0.id, self.0.status, self.0.title)
    }
}

/// The verdict on an output.
#[pyclass(frozen, eq, module = "clawrk")]
#[derive(Debug, PartialEq)]
pub(crate) struct Verification(clawrk::Verification);

#[pymethods]
impl Verification {
    #[getter]
    fn passed(&self) -> bool {
        self.0.passed
    }

    #[getter]
    fn reasoning(&self) -> &str {
        &self.0.reasoning
    }

    #[getter]
    fn scores<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let text = serde_json::to_string(&self.0.scores)
            .map_err(|error| crate::errors::internal(&error.to_string()))?;
        py.import("json")?.call_method1("loads", (text,))
    }

    #[getter]
    fn model(&self) -> &str {
        &self.0.model
    }

    #[getter]
    fn criteria(&self) -> Vec<CriterionVerdict> {
        let criteria = self.0.criteria.iter().cloned();
        criteria.map(CriterionVerdict).collect()
    }

    #[getter]
    fn prompt_hash(&self) -> Option<&str> {
        self.0.prompt_hash.as_deref()
    }

    #[getter]
    fn input_tokens(&self) -> Option<u64> {
        self.0.usage.map(|usage| usage.input_tokens)
    }

    #[getter]
    fn output_tokens(&self) -> Option<u64> {
        self.0.usage.map(|usage| usage.output_tokens)
    }

    fn __repr__(&self) -> String {
        let verdict = if self.0.passed { "passed" } else { "failed" };
        format!("<Verification {verdict} {:?}>", self.0.reasoning)
    }
}

/// The verdict on one criterion.
#[pyclass(frozen, eq, module = "clawrk")]
#[derive(Debug, PartialEq)]
pub(crate) struct CriterionVerdict(clawrk::CriterionVerdict);

#[pymethods]
impl CriterionVerdict {
    #[getter]
    fn criterion(&self) -> &str {
        &self.0.criterion
    }

    #[getter]
    fn passed(&self) -> bool {
        self.0.passed
    }

    #[getter]
    fn reason(&self) -> &str {
        &self.0.reason
    }

    #[getter]
    fn quote(&self) -> Option<&str> {
        self.0.quote.as_deref()
    }

    fn __repr__(&self) -> String {
        let verdict = if self.0.passed { "met" } else { "not met" };
        format!("<CriterionVerdict {verdict} {:?}>", self.0.criterion)
    }
}

/// A point in time, UTC. Built from whole numbers, so that no millisecond is rounded.
fn instant(py: Python<'_>, millis: i64) -> PyResult<Bound<'_, PyDateTime>> {
    let epoch = PyDateTime::new(py, 1970, 1, 1, 0, 0, 0, 0, Some(&*PyTzInfo::utc(py)?))?;
    let (days, rest) = (millis.div_euclid(DAY_MS), millis.rem_euclid(DAY_MS));
    let since = PyDelta::new(
        py,
        i32::try_from(days)?,
        i32::try_from(rest / 1000)?,
        i32::try_from(rest % 1000 * 1000)?,
        false,
    )?;
    Ok(epoch.add(since)?.cast_into()?)
}
