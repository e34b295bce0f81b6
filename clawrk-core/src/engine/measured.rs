//! What is counted of an engine, for whoever installed a recorder of the crate `metrics`.
//!
//! Without one, nothing is kept. Reads are not counted, so that they cost nothing either way.

use crate::engine::{Progress, Received};
use crate::error::Error;
use crate::record::{Alarm, Stop};
use crate::time::Timestamp;

/// Counts how a command on a job ended.
pub(super) fn command<T>(command: &'static str, result: Result<T, Error>) -> Result<T, Error> {
    let outcome = outcome(&result);
    metrics::counter!("clawrk_commands_total", "command" => command, "outcome" => outcome)
        .increment(1);
    result
}

/// Counts what a tick did, and measures how late it is with the rest.
pub(super) fn tick(now: Timestamp, result: Result<Progress, Error>) -> Result<Progress, Error> {
    metrics::counter!("clawrk_ticks_total", "outcome" => outcome(&result)).increment(1);
    if let Ok(progress) = &result {
        metrics::counter!("clawrk_tick_actions_total").increment(progress.done as u64);
        let late = progress.next.map(|next| now.since(next));
        let late = late.unwrap_or_default().as_secs_f64();
        metrics::gauge!("clawrk_tick_overdue_seconds").set(late);
    }
    result
}

/// Counts how an attempt to pay was answered.
pub(super) fn attempt(outcome: &'static str) {
    metrics::counter!("clawrk_payout_attempts_total", "outcome" => outcome).increment(1);
}

/// Shows whether the outbox is stopped.
pub(super) fn outbox(stop: Option<&Stop>) {
    let stopped = if stop.is_some() { 1.0 } else { 0.0 };
    metrics::gauge!("clawrk_outbox_stopped").set(stopped);
}

/// Counts what stops the outbox.
pub(super) fn stopped(alarm: Alarm) {
    metrics::counter!("clawrk_outbox_alarms_total", "alarm" => alarm.as_str()).increment(1);
    metrics::gauge!("clawrk_outbox_stopped").set(1.0);
}

/// Counts what came of a webhook. The outcome of one that was taken is its first word.
pub(super) fn webhook(result: Result<Received, Error>) -> Result<Received, Error> {
    let outcome = match &result {
        Ok(received) => received.word(),
        Err(error) => error.code().as_str(),
    };
    metrics::counter!("clawrk_webhooks_total", "outcome" => outcome).increment(1);
    result
}

fn outcome<T>(result: &Result<T, Error>) -> &'static str {
    match result {
        Ok(_) => "done",
        Err(error) => error.code().as_str(),
    }
}
