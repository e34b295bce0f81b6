//! What the operator can see of payouts and do about all of them.

use crate::engine::commit::CommitFailure;
use crate::engine::limits;
use crate::engine::once::Recalled;
use crate::engine::outbox::{OutboxState, PayoutDetail, PayoutDetails};
use crate::engine::transition::corrupt;
use crate::engine::{Call, DECISIONS_MAX, Engine, PageRequest, measured};
use crate::error::{Error, Rejection};
use crate::id::PayoutId;
use crate::payout::decide::{Command, decide};
use crate::record::{Answer, Body, Kind, OutboxRecord, PayoutStatus, Resumed};
use crate::store::{Index, PageLimit};

/// The longest note, in bytes.
pub(super) const NOTE_BYTES_MAX: usize = 1_000;

impl Engine {
    /// A page of all payouts, oldest first, or of those of a status. For the operator.
    ///
    /// # Errors
    /// [`Rejection::AdminOnly`]; [`Rejection::Invalid`] for a cursor that was not given out for
    /// this list.
    pub async fn all_payouts(
        &self,
        call: impl Into<Call<'_>>,
        status: Option<PayoutStatus>,
        page: &PageRequest,
    ) -> Result<PayoutDetails, Error> {
        call.into().admin()?;
        let index = match status {
            Some(status) => Index::Payouts(status),
            None => Index::All(Kind::Payout),
        };
        let (rows, next) = self.records("payouts", &index, page).await?;
        let items = rows.into_iter().filter_map(|record| match record.body {
            Body::Payout(payout) => Some(PayoutDetail::from(payout)),
            _ => None,
        });
        Ok(PayoutDetails {
            items: items.collect(),
            next,
        })
    }

    /// Whether anything is sent, and why not. For the operator.
    ///
    /// # Errors
    /// [`Rejection::AdminOnly`], [`Rejection::PaymentsNotConfigured`].
    pub async fn outbox(&self, call: impl Into<Call<'_>>) -> Result<OutboxState, Error> {
        call.into().admin()?;
        let (_, book) = self.outbox_record("outbox").await?;
        self.outbox_state(book).await
    }

    async fn outbox_state(&self, book: OutboxRecord) -> Result<OutboxState, Error> {
        if self.inner.payments.is_none() {
            return Err(Rejection::PaymentsNotConfigured.into());
        }
        Ok(OutboxState {
            running: book.stop.is_none(),
            stop: book.stop,
            also: book.also,
            pause: book.pause,
            circuit: book.circuit,
            budget_left_cents: self.budget_left().await?,
            watched_at: book.watched_at,
            resumed: book.resumed,
        })
    }

    /// Takes up sending again after it was stopped; also ends a wait for the provider, or for the
    /// exchange's balance there. For the operator, who has looked at what stopped it: the transfers
    /// that were shown raise no alarm any more.
    ///
    /// # Errors
    /// [`Rejection::AdminOnly`], [`Rejection::PaymentsNotConfigured`]; [`Rejection::Invalid`] or
    /// [`Rejection::TooLong`] for the note.
    pub async fn resume_outbox(
        &self,
        call: impl Into<Call<'_>>,
        note: Option<&str>,
    ) -> Result<OutboxState, Error> {
        let call = call.into().to("resume", "outbox");
        call.admin()?;
        for _ in 0..DECISIONS_MAX {
            let slot = match self.recall(&call).await? {
                Recalled::Done(Answer::Outbox(book)) => {
                    replayed(&call);
                    return self.outbox_state(*book).await;
                }
                Recalled::Done(_) => return Err(Rejection::IdempotencyKeyReused.into()),
                Recalled::New(slot) => Some(slot),
                Recalled::Unkeyed => None,
            };
            if self.inner.payments.is_none() {
                return Err(Rejection::PaymentsNotConfigured.into());
            }
            check_note(note)?;
            let (version, mut book) = self.outbox_record("resume").await?;
            let now = self.inner.clock.now();
            book.resume();
            book.pause = None;
            book.circuit = None;
            book.due_at = Some(now);
            book.watch_at = Some(now);
            book.resumed = Some(Resumed {
                actor: call.actor.clone(),
                at: now,
                note: note.map(str::to_owned),
            });
            let mut batch = self.batch()?;
            Self::write_outbox(&mut batch, version, book.clone());
            if let Some(slot) = slot {
                slot.remember(&mut batch, Answer::Outbox(Box::new(book.clone())));
            }
            match self.commit("resume", batch).await {
                Ok(()) => {
                    measured::outbox(None);
                    tracing::warn!(note, "payouts are sent again");
                    return self.outbox_state(book).await;
                }
                Err(CommitFailure::Conflict) => {}
                Err(failure) => return Err(failure.into_error("resume")),
            }
        }
        Err(Error::Busy { op: "resume" })
    }

    /// Marks every payout that is owed, being sent or declined as `unknown`: the store is an old
    /// copy, and what was sent since it was made is not known. Gives how many there were. Nothing
    /// is sent for them before the provider's list has proven, a day from now, that nothing was.
    ///
    /// What was `unknown` before is treated likewise, and not counted.
    ///
    /// # Errors
    /// [`Rejection::AdminOnly`]; [`StoreError::Corrupt`](crate::store::StoreError::Corrupt) where
    /// some are damaged and were not marked: all the others are. What was marked before a failure
    /// stays so; call again.
    pub async fn mark_restored(&self, call: impl Into<Call<'_>>) -> Result<u64, Error> {
        let call = call.into().to("restored", "store");
        call.admin()?;
        let slot = match self.recall(&call).await? {
            Recalled::Done(Answer::Payouts(marked)) => {
                replayed(&call);
                return Ok(marked);
            }
            Recalled::Done(_) => return Err(Rejection::IdempotencyKeyReused.into()),
            Recalled::New(slot) => Some(slot),
            Recalled::Unkeyed => None,
        };
        let mut damaged = Vec::new();
        // First, since the others become that.
        let unknown = PayoutStatus::Unknown;
        self.mark_all(&call, unknown, &mut damaged).await?;
        let mut marked = 0;
        for status in [
            PayoutStatus::Owed,
            PayoutStatus::Sending,
            PayoutStatus::Declined,
        ] {
            marked += self.mark_all(&call, status, &mut damaged).await?;
        }
        if let Some(first) = damaged.first() {
            let count = damaged.len();
            let detail = format!("{count} payouts are damaged and not marked, the first: {first}");
            return Err(corrupt("restored", detail));
        }
        if let Some(slot) = slot {
            let mut batch = self.batch()?;
            slot.remember(&mut batch, Answer::Payouts(marked));
            let committed = self.commit("restored", batch).await;
            committed.map_err(|failure| failure.into_error("restored"))?;
        }
        tracing::warn!(marked, "payouts of a restored store are unknown");
        Ok(marked)
    }

    /// Marks all of a status, and notes what is damaged: it must not keep the others unmarked.
    async fn mark_all(
        &self,
        call: &Call<'_>,
        status: PayoutStatus,
        damaged: &mut Vec<String>,
    ) -> Result<u64, Error> {
        let index = Index::Payouts(status);
        let (mut marked, mut after) = (0, None);
        loop {
            let limit = PageLimit::rows(PageLimit::ROWS_MAX);
            let page = self.inner.store.scan(&index, after.as_ref(), limit).await;
            let page = page.map_err(|source| Error::Store {
                op: "restored",
                source,
            })?;
            damaged.extend(page.damaged.into_iter().map(|row| row.detail));
            for record in page.rows {
                let Body::Payout(payout) = record.body else {
                    continue;
                };
                match Self::spared(payout.id, self.mark(call, payout.id).await)? {
                    Some(is_marked) => marked += u64::from(is_marked),
                    None => damaged.push(payout.id.to_string()),
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(marked);
            }
        }
    }

    /// Whether the payout is marked by this; not where it needs no mark by now.
    async fn mark(&self, call: &Call<'_>, id: PayoutId) -> Result<bool, Error> {
        for _ in 0..DECISIONS_MAX {
            let Some(stored) = self.stored_payout("restored", id).await? else {
                return Ok(false);
            };
            let now = self.inner.clock.now();
            let (payout, attempt) = (&stored.payout, stored.attempt());
            let decided = decide(payout, attempt, Command::Restore, &call.actor, now);
            let Ok(decision) = decided else {
                return Ok(false);
            };
            let mut batch = self.batch()?;
            stored.write(&mut batch, decision, &call.actor, None);
            match self.commit("restored", batch).await {
                Ok(()) => return Ok(true),
                Err(CommitFailure::Conflict) => {}
                Err(failure) => return Err(failure.into_error("restored")),
            }
        }
        Err(Error::Busy { op: "restored" })
    }
}

pub(super) fn replayed(call: &Call<'_>) {
    if let Some(once) = call.once {
        once.mark_replayed();
    }
}

pub(super) fn check_note(note: Option<&str>) -> Result<(), Rejection> {
    match note {
        Some(note) => limits::text("note", note, NOTE_BYTES_MAX),
        None => Ok(()),
    }
}
