//! Panics, in the log like any other failure.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{self, PanicHookInfo};

/// Lets panics be logged instead of written as they are.
pub(crate) fn log() {
    panic::set_hook(Box::new(logged));
}

/// Where it happened always, how it came there with `RUST_BACKTRACE=1`.
fn logged(panic: &PanicHookInfo<'_>) {
    let at = panic.location().map(tracing::field::display);
    let said = said(panic.payload());
    let backtrace = Backtrace::capture();
    let captured = backtrace.status() == BacktraceStatus::Captured;
    let backtrace = captured.then(|| tracing::field::display(&backtrace));
    tracing::error!(at, said, backtrace, "panicked");
}

/// What the panic said, if that is in the source. What is put together as it runs may quote a job.
fn said(payload: &(dyn Any + Send)) -> Option<&'static str> {
    payload.downcast_ref::<&'static str>().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_that_quotes_what_it_met_is_not_quoted() {
        let payload = |work: fn()| panic::catch_unwind(work).unwrap_err();
        assert_eq!(
            said(&*payload(|| panic!("a rule was broken"))),
            Some("a rule was broken")
        );
        let quoting = || drop("prömpt".split_at(3).0.to_owned());
        assert_eq!(said(&*payload(quoting)), None);
    }
}
