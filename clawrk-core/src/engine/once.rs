//! Requests that have their effect once.

use std::time::Duration;

use crate::engine::commit::CommitFailure;
use crate::engine::{Call, Engine};
use crate::error::{Error, Rejection};
use crate::record::{Answer, Body, OnceRecord, OnceState, Record};
use crate::store::{Batch, Guard, Key};
use crate::time::Timestamp;

/// How much longer a reservation lasts than what is waited for, so that what came of it can still
/// be committed.
pub(crate) const LEASE_MARGIN: Duration = Duration::from_secs(5);

/// Where the answer to a call will be remembered.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    guard: Guard,
    record: OnceRecord,
    version: u64,
    /// Whether others are kept from it by now.
    reserved: bool,
}

/// What is known of a call under its key.
#[derive(Debug)]
pub(crate) enum Recalled {
    /// It carries no key.
    Unkeyed,
    /// It is new.
    New(Box<Slot>),
    /// It had its effect; this was the answer.
    Done(Answer),
}

impl Engine {
    /// Refuses a call whose idempotency key cannot be used for it, before anything else of the
    /// call is looked at. A call without a key, with a new one, or one that would be given its
    /// first answer again, passes.
    ///
    /// # Errors
    /// [`Rejection::IdempotencyKeyReused`], [`Rejection::RequestInProgress`].
    pub async fn check_once(&self, call: impl Into<Call<'_>>) -> Result<(), Error> {
        self.recall(&call.into()).await.map(|_| ())
    }

    /// Looks up a call under its idempotency key.
    ///
    /// # Errors
    /// Rejections for a key that stands for another request, or whose first request is still being
    /// worked on.
    pub(crate) async fn recall(&self, call: &Call<'_>) -> Result<Recalled, Error> {
        let Some(once) = call.once else {
            return Ok(Recalled::Unkeyed);
        };
        let key = Key::Once(call.scope(), once.key.clone());
        let found = self.read_one("recall", key.clone()).await?;
        let now = self.inner.clock.now();
        let (guard, version) = match found {
            None => (Guard::Absent(key), 1),
            Some(Record {
                version,
                body: Body::Once(found),
                ..
            }) => {
                if let Some(answer) = known(&found, call, once.request, now)? {
                    return Ok(Recalled::Done(answer));
                }
                (Guard::At(key, version), version + 1)
            }
            Some(_) => return Err(Error::Internal(format!("{key} is no request"))),
        };
        let record = OnceRecord {
            scope: call.scope(),
            key: once.key.clone(),
            request: once.request,
            command: call.command.clone(),
            state: OnceState::Reserved { until: now },
            expires_at: now.after(self.inner.policy.retention()),
            commit: crate::id::CommitId::from_bits(0),
        };
        Ok(Recalled::New(Box::new(Slot {
            guard,
            record,
            version,
            reserved: false,
        })))
    }

    /// Reserves the key of a call that will wait for a language model, so that nobody asks another
    /// one meanwhile; without a model there is nothing to wait for. None where somebody else was
    /// quicker.
    pub(crate) async fn hold(
        &self,
        op: &'static str,
        slot: Option<Box<Slot>>,
    ) -> Result<Option<Option<Box<Slot>>>, Error> {
        let (Some(free), true) = (&slot, self.inner.model.is_some()) else {
            return Ok(Some(slot));
        };
        let now = self.inner.clock.now();
        let until = now
            .after(self.inner.policy.model_timeout)
            .after(LEASE_MARGIN);
        let mut batch = self.batch()?;
        let reserved = free.reserve(&mut batch, until);
        match self.commit(op, batch).await {
            Ok(()) => Ok(Some(Some(Box::new(reserved)))),
            Err(CommitFailure::Conflict) => Ok(None),
            Err(failure) => Err(failure.into_error(op)),
        }
    }

    /// Frees an idempotency key whose request came to nothing. It would end by itself anyway.
    pub(crate) async fn abandon(&self, slot: Option<Box<Slot>>) {
        let (Some(slot), Ok(mut batch)) = (slot.filter(|slot| slot.reserved), self.batch()) else {
            return;
        };
        slot.forget(&mut batch);
        if let Err(error) = self.inner.store.commit(&batch).await {
            tracing::debug!(%error, "an idempotency key stays reserved until its time is up");
        }
    }

    /// The slot, unless its reservation ran out and the key went to another request, or was
    /// forgotten: then whatever is done with it would conflict for ever.
    pub(crate) async fn still_held(
        &self,
        op: &'static str,
        slot: Option<Box<Slot>>,
    ) -> Result<Option<Box<Slot>>, Error> {
        let Some(slot) = slot else { return Ok(None) };
        let found = self.read_one(op, slot.guard.key().clone()).await?;
        let version = found.map_or(0, |record| record.version);
        Ok((version + 1 == slot.version).then_some(slot))
    }

    /// What a call gets that would fail: the answer of the same request, if that had its effect
    /// since the key was looked up, else the failure.
    pub(crate) async fn recall_or(&self, call: &Call<'_>, error: Error) -> Result<Answer, Error> {
        if call.once.is_some()
            && error.rejection().is_some()
            && let Recalled::Done(answer) = self.recall(call).await?
        {
            return Ok(answer);
        }
        Err(error)
    }
}

/// The answer of a request that is done; none where the record is spent.
fn known(
    found: &OnceRecord,
    call: &Call<'_>,
    request: [u8; 32],
    now: Timestamp,
) -> Result<Option<Answer>, Rejection> {
    if found.expires_at <= now {
        return Ok(None);
    }
    // Looked at before the verb is known, the command is not compared.
    let same_command = call.command.is_empty() || found.command == call.command;
    match &found.state {
        OnceState::Reserved { until } if *until <= now => Ok(None),
        _ if found.request != request || !same_command => Err(Rejection::IdempotencyKeyReused),
        OnceState::Reserved { until } => Err(Rejection::RequestInProgress {
            retry_after: until.since(now),
        }),
        OnceState::Done(answer) => Ok(Some(answer.clone())),
        OnceState::Proof | OnceState::Login(_) => Ok(None),
    }
}

impl Slot {
    /// Has the batch remember the answer.
    pub(crate) fn remember(&self, batch: &mut Batch, answer: Answer) {
        self.put(batch, OnceState::Done(answer));
    }

    /// Has the batch reserve the key until that time, and gives the slot to end the reservation
    /// with.
    pub(crate) fn reserve(&self, batch: &mut Batch, until: Timestamp) -> Slot {
        self.put(batch, OnceState::Reserved { until });
        let key = self.guard.key().clone();
        Slot {
            guard: Guard::At(key, self.version),
            version: self.version + 1,
            reserved: true,
            ..self.clone()
        }
    }

    /// Has the batch forget the reservation.
    pub(crate) fn forget(&self, batch: &mut Batch) {
        batch.guards.push(self.guard.clone());
        batch.deletes.push(self.guard.key().clone());
    }

    fn put(&self, batch: &mut Batch, state: OnceState) {
        let record = OnceRecord {
            state,
            commit: batch.id,
            ..self.record.clone()
        };
        batch.guards.push(self.guard.clone());
        batch
            .puts
            .push(Record::new(self.version, Body::Once(record)));
    }
}
