//! What the operator can do about one payout.

use crate::engine::commit::CommitFailure;
use crate::engine::once::Recalled;
use crate::engine::outbox::change::Stored;
use crate::engine::outbox::listing::{Found, Listing};
use crate::engine::outbox::operator::{check_note, replayed};
use crate::engine::outbox::{PayoutDetail, Resolution};
use crate::engine::{Call, DECISIONS_MAX, Engine};
use crate::error::{Error, Rejection};
use crate::id::PayoutId;
use crate::payments::{Failure, PaymentsError, Transfer};
use crate::payout::PayoutCommand;
use crate::payout::check_status;
use crate::payout::decide::{Command, decide};
use crate::record::{Answer, Body, Look, PayoutRecord, StepKind};
use crate::store::Key;
use crate::time::Timestamp;

impl Engine {
    /// Has a payout sent again that was declined, or that waits. For the operator.
    ///
    /// # Errors
    /// [`Rejection::AdminOnly`], [`Rejection::PayoutNotFound`],
    /// [`Rejection::WrongPayoutStatus`]; [`Rejection::Invalid`] or [`Rejection::TooLong`] for the
    /// note.
    pub async fn retry_payout(
        &self,
        call: impl Into<Call<'_>>,
        id: PayoutId,
        note: Option<&str>,
    ) -> Result<PayoutDetail, Error> {
        let call = call.into().to("retry", id);
        self.operate(&call, id, &Operation::Retry, note).await
    }

    /// Says what became of a payout. For the operator.
    ///
    /// `Paid` fetches the transfer and compares it; `Absent`, of a payout that is `unknown`, looks
    /// at the provider's list; `WrittenOff` is for what is owed or declined.
    ///
    /// # Errors
    /// [`Rejection::AdminOnly`], [`Rejection::PayoutNotFound`], [`Rejection::WrongPayoutStatus`],
    /// [`Rejection::TransferMismatch`] where the provider does not agree,
    /// [`Rejection::PaymentsNotConfigured`]; [`Rejection::Invalid`] or [`Rejection::TooLong`] for
    /// the note. [`Error::Payments`] where the provider gives no answer.
    pub async fn resolve_payout(
        &self,
        call: impl Into<Call<'_>>,
        id: PayoutId,
        resolution: &Resolution,
    ) -> Result<PayoutDetail, Error> {
        let call = call.into().to("resolve", id);
        let (operation, note) = match resolution {
            Resolution::Paid { transfer } => (Operation::Paid(transfer), None),
            Resolution::Absent { note } => (Operation::Absent, Some(&**note)),
            Resolution::WrittenOff { note } => (Operation::WriteOff, Some(&**note)),
        };
        self.operate(&call, id, &operation, note).await
    }

    async fn operate(
        &self,
        call: &Call<'_>,
        id: PayoutId,
        operation: &Operation<'_>,
        note: Option<&str>,
    ) -> Result<PayoutDetail, Error> {
        call.admin()?;
        for _ in 0..DECISIONS_MAX {
            let slot = match self.recall(call).await? {
                Recalled::Done(answer) => return replay(call, answer),
                Recalled::New(slot) => Some(slot),
                Recalled::Unkeyed => None,
            };
            check_note(note)?;
            let stored = self.stored_payout("payout", id).await?;
            let stored = stored.ok_or(Rejection::PayoutNotFound)?;
            let command = match self.carry_out(&stored, operation).await {
                Ok(command) => command,
                Err(error) => return replay(call, self.recall_or(call, error).await?),
            };
            let now = self.inner.clock.now();
            let (payout, attempt) = (&stored.payout, stored.attempt());
            let decision = match decide(payout, attempt, command, &call.actor, now) {
                Ok(decision) => decision,
                Err(refusal) => {
                    return replay(call, self.recall_or(call, refusal.into()).await?);
                }
            };
            let mut batch = self.batch()?;
            let changed = stored.write(&mut batch, decision, &call.actor, note).payout;
            if let Some(slot) = slot {
                slot.remember(&mut batch, Answer::Payout(Box::new(changed.clone())));
            }
            match self.commit("payout", batch).await {
                Ok(()) => return Ok(told(changed)),
                Err(CommitFailure::Conflict) => {}
                Err(failure) => return Err(failure.into_error("payout")),
            }
        }
        Err(Error::Busy { op: "payout" })
    }

    /// The command that the operation comes to, once the provider was asked.
    async fn carry_out(
        &self,
        stored: &Stored,
        operation: &Operation<'_>,
    ) -> Result<Command, Error> {
        let kind = operation.kind();
        check_status(stored.payout.status, kind)?;
        match operation {
            Operation::Retry => Ok(Command::Retry),
            Operation::WriteOff => Ok(Command::WriteOff),
            Operation::Paid(transfer) => self.fetched(stored, transfer).await,
            Operation::Absent => self.denied(stored).await,
        }
    }

    async fn fetched(&self, stored: &Stored, id: &str) -> Result<Command, Error> {
        let at = self.asked_provider(self.inner.clock.now());
        let at = at.ok_or(Rejection::PaymentsNotConfigured)?;
        let transfer = self.asked(at.until, at.payments.transfer(id));
        let transfer = match transfer.await {
            Ok(transfer) => transfer,
            Err(error) if matches!(error.failure, Failure::NotFound) => {
                let text = format!("the provider has no transfer {id}");
                return Err(Rejection::TransferMismatch(text).into());
            }
            Err(error) => return Err(failed(error)),
        };
        let mode = at.payments.mode();
        match differs(stored, &transfer, id) {
            None if transfer.mode == mode => Ok(Command::Settle(transfer)),
            None => Err(Rejection::TransferMismatch(format!(
                "the transfer {id} is of mode {}, not {mode}",
                transfer.mode
            ))
            .into()),
            Some(text) => Err(Rejection::TransferMismatch(text).into()),
        }
    }

    async fn denied(&self, stored: &Stored) -> Result<Command, Error> {
        let at = self.asked_provider(self.inner.clock.now());
        let at = at.ok_or(Rejection::PaymentsNotConfigured)?;
        let platform = self.platform(at).await.map_err(failed)?;
        if stored.open().is_some_and(|open| open.purse() != platform) {
            let text = "the attempt was made for another account or mode of the exchange; \
                        configure that key first";
            return Err(Rejection::TransferMismatch(text.to_owned()).into());
        }
        let now = self.inner.clock.now();
        if self.is_being_sent_again(stored, now).await? {
            let text = "it is being sent once more at this moment; look again in some minutes";
            return Err(Rejection::TransferMismatch(text.to_owned()).into());
        }
        let store = self.store_id("payout").await?;
        let listing = self.list_group(at, &stored.payout, &store).await;
        let Listing { found, at } = listing.map_err(failed)?;
        let text = match found {
            Found::None => return Ok(Command::Deny(Look { at, platform })),
            Found::Ours(found) => {
                let ids: Vec<&str> = found.iter().map(|found| &*found.id).collect();
                format!("the provider lists {} for this payout", ids.join(", "))
            }
            Found::Foreign(cause) => cause,
        };
        Err(Rejection::TransferMismatch(text).into())
    }

    /// Whether somebody has begun to send what is in doubt once more, and may not have heard the
    /// answer. No listing tells what is on its way.
    async fn is_being_sent_again(&self, stored: &Stored, now: Timestamp) -> Result<bool, Error> {
        if stored.payout.due_at.is_none_or(|lease| lease <= now) {
            return Ok(false);
        }
        let step = Key::Step(stored.payout.id, stored.version);
        let step = self.read_one("payout", step).await?;
        Ok(step.is_some_and(|record| match record.body {
            Body::Step(step) => matches!(step.kind, StepKind::Resent { .. }),
            _ => false,
        }))
    }
}

/// What an operator wants done.
enum Operation<'a> {
    Retry,
    Paid(&'a str),
    Absent,
    WriteOff,
}

impl Operation<'_> {
    fn kind(&self) -> PayoutCommand {
        match self {
            Operation::Retry => PayoutCommand::Retry,
            Operation::Paid(_) => PayoutCommand::Settle,
            Operation::Absent => PayoutCommand::Deny,
            Operation::WriteOff => PayoutCommand::WriteOff,
        }
    }
}

/// In what a transfer differs from what would pay the payout. One that an operator made by hand
/// need not name the payout, but the job's group or nothing else.
fn differs(stored: &Stored, transfer: &Transfer, id: &str) -> Option<String> {
    let payout = &stored.payout;
    let (amount, currency) = (transfer.amount, &transfer.currency);
    if transfer.id != id {
        return Some(format!("the provider answers with {} instead", transfer.id));
    }
    if amount != payout.amount || !currency.eq_ignore_ascii_case(&payout.currency) {
        let (owed, of) = (payout.amount, &payout.currency);
        return Some(format!(
            "the transfer {id} is {amount} {currency}, and {owed} {of} are owed"
        ));
    }
    let job = payout.id.job().to_string();
    let names_payout = transfer.payout.as_deref() == Some(&*payout.id.to_string());
    let names_job = transfer.payout.is_none() && transfer.group.as_deref() == Some(&*job);
    if names_payout || names_job {
        return None;
    }
    Some(format!(
        "the transfer {id} names neither this payout nor the group of its job"
    ))
}

fn failed(source: PaymentsError) -> Error {
    Error::Payments {
        op: "payout",
        source,
    }
}

fn told(payout: PayoutRecord) -> PayoutDetail {
    let (id, status) = (payout.id, payout.status);
    tracing::warn!(payout = %id, %status, note = payout.note, "an operator moved a payout");
    PayoutDetail::from(payout)
}

fn replay(call: &Call<'_>, answer: Answer) -> Result<PayoutDetail, Error> {
    match answer {
        Answer::Payout(payout) => {
            replayed(call);
            Ok(PayoutDetail::from(*payout))
        }
        _ => Err(Rejection::IdempotencyKeyReused.into()),
    }
}
