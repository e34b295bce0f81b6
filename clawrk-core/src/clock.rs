//! The one source of time.

use async_trait::async_trait;

use crate::time::Timestamp;

/// Tells the time and waits for it.
///
/// Core asks nothing else for the time, so that tests and simulators can move it. The time may
/// jump, also backwards: nothing breaks then, deadlines only come early or late.
#[async_trait]
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Returns when `until` is reached; at once if it is past.
    async fn sleep(&self, until: Timestamp);
}
