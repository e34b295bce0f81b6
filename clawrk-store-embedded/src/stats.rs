//! What group commit does, in numbers.

use std::time::{Duration, Instant};

/// What the committer has done since the store was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Batches that passed and are durable.
    pub commits: u64,
    /// Atomic writes, each with one sync.
    pub groups: u64,
    /// The most batches in one group.
    pub largest_group: u64,
    /// Records written or removed.
    pub records: u64,
    /// Index entries written or removed.
    pub entries: u64,
    /// Bytes of keys and values handed to the engine.
    pub bytes: u64,
    /// Time spent in the engine's atomic writes.
    pub apply_time: Duration,
    /// Time spent in syncs.
    pub sync_time: Duration,
}

/// The time of a stopwatch. Nothing is decided by it: it measures, and spaces out syncs of side
/// files.
#[expect(
    clippy::disallowed_methods,
    reason = "a stopwatch for the threads of a store; no rule of the exchange sees it"
)]
pub fn stopwatch() -> Instant {
    Instant::now()
}
