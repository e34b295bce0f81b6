//! Errors of the exchange as the exceptions of `clawrk.errors`.

use clawrk::host::explain;
use clawrk::{CODES, Code, Error};
use pyo3::PyErr;
use pyo3::prelude::*;

macro_rules! exceptions {
    ($($name:ident)*) => {
        mod python {
            $(pyo3::import_exception!(clawrk.errors, $name);)*
        }

        /// The classes that can be raised, by the names of core's table of codes.
        const NAMES: &[&str] = &[$(stringify!($name)),*];

        fn exception(name: &str, text: String, code: Code) -> PyErr {
            let arguments = (text, code.as_str(), code.info().retry.as_str());
            match name {
                $(stringify!($name) => python::$name::new_err(arguments),)*
                _ => python::Internal::new_err(arguments),
            }
        }
    };
}

exceptions! {
    InvalidRequest TooLarge NotFound WrongStatus Forbidden Unauthenticated Conflict
    InsufficientCredits RateLimited ProviderFailed Unavailable OutcomeUnknown Internal
}

const _: () = assert!(
    every_code_has_a_class(),
    "add the new exception to `exceptions!` and to python/clawrk/errors.py"
);

const fn every_code_has_a_class() -> bool {
    let mut at = 0;
    while at < CODES.len() {
        if !is_a_class(CODES[at].info().exception) {
            return false;
        }
        at += 1;
    }
    true
}

const fn is_a_class(name: &str) -> bool {
    let mut at = 0;
    while at < NAMES.len() {
        if same(NAMES[at].as_bytes(), name.as_bytes()) {
            return true;
        }
        at += 1;
    }
    false
}

const fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Fails, and with it the import of the module, if a class is missing from `clawrk.errors`.
pub(crate) fn check(py: Python<'_>) -> PyResult<()> {
    let errors = py.import("clawrk.errors")?;
    NAMES
        .iter()
        .try_for_each(|name| errors.getattr(*name).map(drop))
}

/// The exception for an error of the exchange.
pub(crate) fn raise(error: &Error) -> PyErr {
    let code = error.code();
    exception(code.info().exception, explain(error), code)
}

/// The exception for what clawrk itself got wrong.
pub(crate) fn internal(text: &str) -> PyErr {
    exception(
        Code::Internal.info().exception,
        text.to_owned(),
        Code::Internal,
    )
}

/// The exception for a package that cannot be used from here.
pub(crate) fn unavailable(text: &str) -> PyErr {
    python::Unavailable::new_err((text.to_owned(), "unavailable", "never"))
}
