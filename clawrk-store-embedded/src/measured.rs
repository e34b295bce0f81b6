//! What is counted of a store, for whoever installed a recorder of the crate `metrics`. All stores
//! of a program are counted together.

use std::time::Duration;

use clawrk_core::store::CommitError;

/// A batch that waits for its turn, counted for as long as this lives.
#[derive(Debug)]
pub(crate) struct Waiting(());

impl Waiting {
    pub(crate) fn begin() -> Waiting {
        metrics::gauge!("clawrk_store_queue_commits").increment(1);
        Waiting(())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        metrics::gauge!("clawrk_store_queue_commits").decrement(1);
    }
}

/// Counts what came of the batches of a group.
pub(crate) fn outcomes<'a>(results: impl Iterator<Item = &'a Result<(), CommitError>>) {
    let (mut committed, mut conflict, mut refused, mut failed) = (0, 0, 0, 0);
    for result in results {
        *match result {
            Ok(()) => &mut committed,
            Err(CommitError::Conflict(_)) => &mut conflict,
            Err(CommitError::Ambiguous(_) | CommitError::Refused(_)) => &mut failed,
            Err(_) => &mut refused,
        } += 1;
    }
    for (outcome, number) in [
        ("committed", committed),
        ("conflict", conflict),
        ("refused", refused),
        ("failed", failed),
    ] {
        if number > 0 {
            metrics::counter!("clawrk_store_commits_total", "outcome" => outcome).increment(number);
        }
    }
}

/// Measures a group that is durable.
pub(crate) fn group(commits: u64, bytes: u64, apply: Duration, sync: Duration) {
    metrics::histogram!("clawrk_store_group_commits").record(commits as f64);
    metrics::counter!("clawrk_store_written_bytes_total").increment(bytes);
    metrics::histogram!("clawrk_store_apply_seconds").record(apply);
    metrics::histogram!("clawrk_store_sync_seconds").record(sync);
}
