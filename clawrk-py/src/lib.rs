//! The compiled half of the Python package `clawrk`; `python/clawrk` is the other half.
//!
//! Two faces over one [`clawrk::host::Host`]: `Engine` waits, with the interpreter
//! released; `AsyncEngine` returns awaitables. Neither has a rule of its own.

mod async_engine;
mod engine;
mod errors;
mod job;
mod tasks;

use pyo3::prelude::*;

#[pymodule]
fn _clawrk(module: &Bound<'_, PyModule>) -> PyResult<()> {
    errors::check(module.py())?;
    module.add_class::<engine::Engine>()?;
    module.add_class::<async_engine::AsyncEngine>()?;
    module.add_class::<job::Job>()?;
    module.add_class::<job::CriterionVerdict>()?;
    module.add_class::<job::Verification>()
}
