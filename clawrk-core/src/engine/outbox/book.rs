//! The one record that says whether anything is sent.

use std::time::Duration;

use crate::engine::commit::CommitFailure;
use crate::engine::outbox::ask::wanted;
use crate::engine::transition::corrupt;
use crate::engine::{DECISIONS_MAX, Engine, measured};
use crate::error::Error;
use crate::payments::{Failure, PaymentsError};
use crate::record::{Alarm, Body, OutboxRecord, Pause, Record, Stop};
use crate::store::{Batch, Guard, Key};
use crate::time::Timestamp;

/// How long nothing is asked of a provider that cannot be reached: at first, and at last.
const PAUSE: (Duration, Duration) = (Duration::from_secs(15), Duration::from_secs(15 * 60));

/// How long one payout after the other is tried while the exchange's balance at the provider is too
/// low: at first, and at last.
const CIRCUIT: (Duration, Duration) = (
    Duration::from_secs(15 * 60),
    Duration::from_secs(6 * 60 * 60),
);

/// A pause that begins now, or the next one after that.
fn longer(
    before: Option<&Pause>,
    (first, last): (Duration, Duration),
    at_least: Duration,
    now: Timestamp,
    cause: String,
) -> Pause {
    let tries = before.map_or(0, |pause| pause.tries);
    let factor = 1_u32.checked_shl(tries.min(16)).unwrap_or(u32::MAX);
    let wait = first.saturating_mul(factor).min(last).max(at_least);
    Pause {
        until: now.after(wait),
        tries: tries.saturating_add(1),
        cause,
        since: now,
    }
}

impl Engine {
    /// The record, and its version; 0 before there is one.
    pub(crate) async fn outbox_record(
        &self,
        op: &'static str,
    ) -> Result<(u64, OutboxRecord), Error> {
        match self.read_one(op, Key::Outbox).await? {
            None => Ok((0, OutboxRecord::default())),
            Some(Record {
                version,
                body: Body::Outbox(outbox),
                ..
            }) => Ok((version, outbox)),
            Some(_) => Err(corrupt(op, "the outbox is something else".to_owned())),
        }
    }

    /// Puts the record into a batch, to be there in place of that version.
    pub(crate) fn write_outbox(batch: &mut Batch, version: u64, outbox: OutboxRecord) {
        batch.guards.push(match version {
            0 => Guard::Absent(Key::Outbox),
            _ => Guard::At(Key::Outbox, version),
        });
        let put = Record::new(version + 1, Body::Outbox(outbox));
        batch.puts.push(put);
    }

    /// Changes the record, deciding afresh whenever somebody else was quicker. Nothing is written
    /// where nothing changes.
    pub(crate) async fn change_outbox(
        &self,
        op: &'static str,
        change: impl Fn(&mut OutboxRecord) + Send,
    ) -> Result<OutboxRecord, Error> {
        for _ in 0..DECISIONS_MAX {
            let (version, before) = self.outbox_record(op).await?;
            let mut outbox = before.clone();
            change(&mut outbox);
            if outbox == before && version > 0 {
                return Ok(outbox);
            }
            let mut batch = self.batch()?;
            Self::write_outbox(&mut batch, version, outbox.clone());
            match self.commit(op, batch).await {
                Ok(()) => return Ok(outbox),
                Err(CommitFailure::Conflict) => {}
                Err(failure) => return Err(failure.into_error(op)),
            }
        }
        Err(Error::Busy { op })
    }

    /// Stops all sending until an operator says so.
    pub(crate) async fn stop_outbox(
        &self,
        alarm: Alarm,
        detail: &str,
        transfer: Option<&str>,
    ) -> Result<(), Error> {
        let stop = stop(alarm, detail, transfer, self.inner.clock.now());
        let raise = |outbox: &mut OutboxRecord| outbox.raise(stop.clone());
        self.change_outbox("stop", raise).await.map(drop)
    }

    /// Has nothing asked for a while, since the provider could not be reached. Anything else that a
    /// provider can say is about one payout, or stops the outbox.
    pub(super) async fn note_failure(&self, error: &PaymentsError) -> Result<(), Error> {
        match &error.failure {
            Failure::Unauthorized => {
                self.stop_outbox(Alarm::Unauthorized, &error.to_string(), None)
                    .await
            }
            Failure::NotSent
            | Failure::NotBegun { .. }
            | Failure::ClocksDiffer
            | Failure::Unknown => {
                let now = self.inner.clock.now();
                let (wanted, cause) = (wanted(error), error.to_string());
                let change = |outbox: &mut OutboxRecord| {
                    // Others failed at the same time: that is one failure.
                    if outbox.pause.as_ref().is_none_or(|pause| pause.is_over(now)) {
                        let before = outbox.pause.as_ref();
                        outbox.pause = Some(longer(before, PAUSE, wanted, now, cause.clone()));
                    }
                };
                self.change_outbox("pause", change).await.map(drop)
            }
            Failure::Declined { .. } | Failure::NotFound | Failure::KeyReused => Ok(()),
        }
    }

    /// The provider answers: whatever pause there was is over.
    pub(super) async fn note_success(&self, paid: bool) -> Result<(), Error> {
        let now = self.inner.clock.now();
        let change = |outbox: &mut OutboxRecord| {
            outbox.pause = None;
            if paid && outbox.circuit.take().is_some() {
                outbox.due_at = Some(now);
            }
        };
        self.change_outbox("paid", change).await.map(drop)
    }

    /// The exchange's balance at the provider is too low: payouts wait, and one is tried.
    pub(super) async fn open_circuit(&self, cause: &str) -> Result<(), Error> {
        let now = self.inner.clock.now();
        let change = |outbox: &mut OutboxRecord| {
            if outbox.circuit.as_ref().is_none_or(|open| open.is_over(now)) {
                let before = outbox.circuit.as_ref();
                let open = longer(before, CIRCUIT, Duration::ZERO, now, cause.to_owned());
                outbox.due_at = outbox.due_at.min(Some(open.until)).or(Some(open.until));
                outbox.circuit = Some(open);
            }
        };
        self.change_outbox("circuit", change).await.map(drop)
    }

    /// Takes the turn to try a payout although the balance is too low; not where it is somebody
    /// else's, or too early.
    pub(super) async fn take_probe(&self) -> Result<bool, Error> {
        let (version, mut outbox) = self.outbox_record("probe").await?;
        let now = self.inner.clock.now();
        let Some(open) = outbox.circuit.take_if(|open| open.is_over(now)) else {
            return Ok(false);
        };
        let cause = open.cause.clone();
        outbox.circuit = Some(longer(Some(&open), CIRCUIT, Duration::ZERO, now, cause));
        let mut batch = self.batch()?;
        Self::write_outbox(&mut batch, version, outbox);
        match self.commit("probe", batch).await {
            Ok(()) => Ok(true),
            Err(CommitFailure::Conflict) => Ok(false),
            Err(failure) => Err(failure.into_error("probe")),
        }
    }
}

/// The note of an alarm.
pub(super) fn stop(alarm: Alarm, detail: &str, transfer: Option<&str>, now: Timestamp) -> Stop {
    measured::stopped(alarm);
    tracing::error!(
        alarm = alarm.as_str(),
        detail,
        "nothing is paid out any more"
    );
    Stop {
        alarm,
        detail: detail.to_owned(),
        since: now,
        transfer: transfer.map(str::to_owned),
    }
}
