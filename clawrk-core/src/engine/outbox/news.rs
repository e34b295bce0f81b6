//! What a transfer that became known says of its payout.

use crate::engine::Engine;
use crate::engine::outbox::book::stop;
use crate::engine::outbox::change::Stored;
use crate::error::Error;
use crate::id::PayoutId;
use crate::job::Actor;
use crate::payments::Transfer;
use crate::payout::agrees;
use crate::payout::decide::{Command, decide};
use crate::record::{Alarm, PayoutStatus};
use crate::store::Batch;

/// What is to be made of a transfer.
#[derive(Debug)]
pub(super) enum News {
    /// It says nothing new.
    Known,
    /// It is the payout's.
    Paid,
    /// More of it was taken back.
    Reversed,
    /// The payout has another one.
    Double(String),
    /// It is not what is owed; why.
    Unequal(String),
}

/// What a transfer that names a payout says of it.
pub(super) fn read(stored: &Stored, transfer: &Transfer) -> News {
    let payout = &stored.payout;
    match &payout.transfer {
        Some(known) if *known != transfer.id => {
            let (other, id) = (&transfer.id, payout.id);
            News::Double(format!(
                "the payout {id} is paid by {known}, and also by {other}"
            ))
        }
        Some(_) if transfer.reversed.min(payout.amount) > payout.reversed => News::Reversed,
        Some(_) => News::Known,
        None if agrees(payout, transfer) => News::Paid,
        None => News::Unequal(format!(
            "the transfer {} of {} {} is noted with the payout {}, which owes {} {}",
            transfer.id,
            transfer.amount,
            transfer.currency,
            payout.id,
            payout.amount,
            payout.currency
        )),
    }
}

impl Engine {
    /// Puts into the batch what a transfer does that the provider told of: it settles its payout
    /// whatever that stands at, or notes what was taken back. Gives what came of it, in a word or a
    /// few, such as `paid` or `ignored: of another store`.
    ///
    /// The batch is guarded by all that was read; on a conflict, call again with a new batch.
    pub(crate) async fn note_transfer(
        &self,
        transfer: &Transfer,
        batch: &mut Batch,
    ) -> Result<String, Error> {
        let store = self.store_id("transfer").await?;
        if transfer.store.as_deref() != Some(&*store) {
            return Ok("ignored: of another store".to_owned());
        }
        let id = transfer.payout.as_deref().map(str::parse::<PayoutId>);
        let Some(Ok(id)) = id else {
            return Ok("ignored: of no payout".to_owned());
        };
        let Some(stored) = self.stored_payout("transfer", id).await? else {
            if self.is_confirmed(transfer).await? {
                return Ok("known".to_owned());
            }
            let detail = format!("the transfer {} pays {id}, which is not here", transfer.id);
            self.alarm(batch, Alarm::StoreBehindStripe, &detail, &transfer.id)
                .await?;
            return Ok("alarm: store_behind_stripe".to_owned());
        };
        let command = match read(&stored, transfer) {
            News::Known => return Ok("known".to_owned()),
            News::Paid => Command::Settle(transfer.clone()),
            News::Reversed => Command::Reverse {
                total: transfer.reversed,
            },
            News::Double(_) if self.is_confirmed(transfer).await? => {
                return Ok("known".to_owned());
            }
            News::Double(detail) => {
                self.alarm(batch, Alarm::DoubleTransfer, &detail, &transfer.id)
                    .await?;
                return Ok("alarm: double_transfer".to_owned());
            }
            News::Unequal(cause) if stored.payout.status == PayoutStatus::Unknown => {
                Command::Refer { cause }
            }
            News::Unequal(cause) => {
                tracing::error!(payout = %id, %cause, "a transfer is not what is owed");
                return Ok("ignored: not what is owed".to_owned());
            }
        };
        let now = self.inner.clock.now();
        let (payout, attempt) = (&stored.payout, stored.attempt());
        let decision = decide(payout, attempt, command, &Actor::System, now)?;
        let changed = stored.write(batch, decision, &Actor::System, None);
        Ok(changed.payout.status.as_str().to_owned())
    }

    /// Whether an operator has looked at what was there when the transfer was.
    async fn is_confirmed(&self, transfer: &Transfer) -> Result<bool, Error> {
        let (_, book) = self.outbox_record("transfer").await?;
        Ok(book.is_confirmed(transfer))
    }

    /// Has the batch stop the outbox.
    pub(super) async fn alarm(
        &self,
        batch: &mut Batch,
        alarm: Alarm,
        detail: &str,
        transfer: &str,
    ) -> Result<(), Error> {
        let (version, mut outbox) = self.outbox_record("transfer").await?;
        let now = self.inner.clock.now();
        outbox.raise(stop(alarm, detail, Some(transfer), now));
        Self::write_outbox(batch, version, outbox);
        Ok(())
    }
}
