//! Work that may take too long or fall over.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use crate::clock::Clock;
use crate::time::Timestamp;

/// Work that gave no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Lost {
    #[error("it took too long")]
    Overdue,
    #[error("it panicked")]
    Panicked,
}

/// The result of the work, unless `until` comes first or it panics.
pub(crate) async fn within<T>(
    clock: &dyn Clock,
    until: Timestamp,
    work: impl Future<Output = T>,
) -> Result<T, Lost> {
    let mut work = pin!(work);
    let mut timer = clock.sleep(until);
    poll_fn(|context| {
        // A future that panicked is dropped with this one and never polled again.
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(Poll::Ready(result)) => return Poll::Ready(Ok(result)),
            Ok(Poll::Pending) => {}
            Err(_) => return Poll::Ready(Err(Lost::Panicked)),
        }
        timer.as_mut().poll(context).map(|()| Err(Lost::Overdue))
    })
    .await
}
