//! The one thread that writes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};

use clawrk_core::store::{CommitError, StoreError};
use futures_channel::oneshot;

use crate::group::{Group, InFlight};
use crate::measured::{self, Waiting};
use crate::prepared::Prepared;
use crate::queue::Queue;
use crate::shared::{Shared, panic_text, poisoned};
use crate::stats::stopwatch;
use crate::{EmbeddedEngine, Head, Space, Write};

/// The most batches in a group.
pub const GROUP_BATCHES_MAX: usize = 128;

/// The most bytes of encoded records in a group. A single batch may have more.
pub const GROUP_BYTES_MAX: usize = 1 << 20;

/// The most batches that wait to be committed. More callers wait for a place.
pub const QUEUE_BATCHES_MAX: usize = 1_024;

/// The most bytes of encoded records that wait to be committed. A single batch may have more.
pub const QUEUE_BYTES_MAX: usize = 64 << 20;

/// A batch on its way, and where its answer goes. A caller that no longer waits changes nothing.
pub(crate) struct Commit {
    pub(crate) prepared: Prepared,
    pub(crate) answer: Answer,
    pub(crate) waiting: Waiting,
}

type Answer = oneshot::Sender<Result<(), CommitError>>;

/// Takes what is queued, again and again, until the queue is closed and empty. What panics here is
/// not the engine, whose calls are guarded, but this crate or core.
pub(crate) fn run<E: EmbeddedEngine>(shared: &Shared<E>, queue: &Queue<Commit>, mut head: Head) {
    while let Some(commits) = queue.take(GROUP_BATCHES_MAX, GROUP_BYTES_MAX) {
        let done = catch_unwind(AssertUnwindSafe(|| commit(shared, head, commits)));
        match done {
            Ok(reached) => head = reached,
            Err(panic) => shared.end(poisoned(&panic_text(&*panic))),
        }
    }
}

/// Commits a group and answers everybody in it. Gives how far the store is then.
fn commit<E: EmbeddedEngine>(shared: &Shared<E>, head: Head, commits: Vec<Commit>) -> Head {
    let mut group = Group::new(head, |key| shared.record(key));
    let mut answers = Vec::with_capacity(commits.len());
    for commit in commits {
        drop(commit.waiting);
        answers.push((commit.answer, group.add(commit.prepared)));
    }
    // Asked after planning, which reads, and may have met a panic: then nothing may be written.
    if let Err(error) = shared.view() {
        for (_, result) in &mut answers {
            if result.is_ok() {
                *result = Err(CommitError::Refused(error.clone()));
            }
        }
    }
    let passed = answers.iter().filter(|(_, result)| result.is_ok()).count();
    let mut reached = head;
    if passed > 0 {
        let (after, write, in_flight) = group.finish();
        match land(shared, &after, &write, in_flight) {
            Ok(times) => {
                reached = after;
                count(shared, &write, passed as u64, times);
            }
            Err(cause) => fail(&mut answers, &cause),
        }
    }
    measured::outcomes(answers.iter().map(|(_, result)| result));
    for (answer, result) in answers {
        // Nobody may wait any more; the batch is committed all the same.
        let _ = answer.send(result);
    }
    reached
}

/// How long writing and syncing took.
struct Times {
    apply: std::time::Duration,
    sync: std::time::Duration,
}

/// Writes the group and makes it durable. Readers of its keys wait meanwhile. After an error the
/// store has ended.
fn land<E: EmbeddedEngine>(
    shared: &Shared<E>,
    head: &Head,
    write: &Write,
    in_flight: InFlight,
) -> Result<Times, StoreError> {
    let in_flight = Arc::new(in_flight);
    shared.set_out(Arc::clone(&in_flight));
    let began = stopwatch();
    let mut applied = began;
    let result = shared
        .call(|engine| engine.apply(write))
        .and_then(|()| {
            applied = stopwatch();
            shared.call(|engine| engine.sync(head))
        })
        .map_err(StoreError::from);
    let synced = stopwatch();
    if let Err(error) = &result {
        let cause = cause_of(error);
        tracing::error!(%cause, "a group of commits could not be made durable");
        shared.end(poisoned(&cause));
    }
    // Only now: a reader that no longer finds the group must find that the store has ended.
    shared.land(&in_flight, head.counts);
    result.map(|()| Times {
        apply: applied - began,
        sync: synced - applied,
    })
}

/// The error with its sources, for people.
fn cause_of(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

/// Of a group that may be on the disk or not: what passed is in doubt. What failed was not
/// written, but why it failed may rest on what is in doubt.
fn fail(answers: &mut [(Answer, Result<(), CommitError>)], cause: &StoreError) {
    let poisoned = poisoned(&cause_of(cause));
    for (_, result) in answers {
        *result = match result {
            Ok(()) => Err(CommitError::Ambiguous(poisoned.clone())),
            Err(CommitError::Invalid(error)) => Err(CommitError::Invalid(error.clone())),
            Err(_) => Err(CommitError::Refused(poisoned.clone())),
        };
    }
}

fn count<E: EmbeddedEngine>(shared: &Shared<E>, write: &Write, commits: u64, times: Times) {
    let mut stats = shared.stats.lock().unwrap_or_else(PoisonError::into_inner);
    let before = stats.bytes;
    stats.commits += commits;
    stats.groups += 1;
    stats.largest_group = stats.largest_group.max(commits);
    for op in &write.ops {
        match op.space {
            Space::Meta => {}
            Space::Records => stats.records += 1,
            Space::Index => stats.entries += 1,
        }
        stats.bytes += (op.key.len() + op.value.as_ref().map_or(0, Vec::len)) as u64;
    }
    stats.apply_time += times.apply;
    stats.sync_time += times.sync;
    let bytes = stats.bytes - before;
    drop(stats);
    measured::group(commits, bytes, times.apply, times.sync);
}
