//! The provider's list of transfers: whether it has one that the store does not know.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::engine::Engine;
use crate::engine::outbox::ask::Provider;
use crate::engine::outbox::news::{News, read};
use crate::engine::outbox::tick::is_paused;
use crate::error::Error;
use crate::id::PayoutId;
use crate::payments::{PaymentsError, Transfer, Transfers};
use crate::payout::decide::Command;
use crate::record::{Alarm, OutboxRecord, PayoutStatus, Platform};
use crate::time::Timestamp;

/// How often the list is looked at.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// How far before the newest known transfer a look begins: the provider may show one late.
const OVERLAP: Duration = Duration::from_secs(10 * 60);

/// How often payouts are looked at that wait for something elsewhere.
const SWEPT_EVERY: Duration = Duration::from_secs(15 * 60);

/// How far a look at the list has come. It goes on from there when time ran out.
#[derive(Debug, Clone)]
pub(super) struct Position {
    platform: Platform,
    since: Timestamp,
    after: Option<String>,
    newest: Option<Timestamp>,
}

impl Engine {
    /// Whether the provider's list was looked at since this engine began. Nothing is sent before.
    pub(super) fn has_watched(&self) -> bool {
        self.inner.outbox.watched.load(Ordering::Acquire)
    }

    /// Whether something may be begun in a tick that began then, so that all of it takes no longer
    /// than one call may.
    pub(super) fn may_begin(&self, book: &OutboxRecord, began: Timestamp) -> bool {
        let now = self.inner.clock.now();
        let late = now >= began.after(self.inner.policy.payments_timeout / 2);
        self.has_watched() && !late && !is_paused(book, now)
    }

    /// When the outbox itself is to be looked at.
    pub(super) fn look_due(&self, book: &OutboxRecord) -> Timestamp {
        let now = self.inner.clock.now();
        match book.due_at {
            Some(due) if self.has_watched() && !is_due(due, SWEPT_EVERY, now) => due,
            _ => now,
        }
    }

    /// Looks at the provider's list and at what waits, where that is due. Gives how many
    /// payouts were tried.
    pub(super) async fn look_outside(
        &self,
        book: &OutboxRecord,
        began: Timestamp,
    ) -> Result<usize, Error> {
        let now = self.inner.clock.now();
        if book.stop.is_some() || self.look_due(book) > now {
            return Ok(0);
        }
        let list_is_due = book.watch_at.is_none_or(|at| is_due(at, EVERY, now));
        if !self.has_watched() || list_is_due {
            self.watch(book, began).await?;
        }
        let (_, book) = self.outbox_record("look").await?;
        if book.stop.is_some() || !self.may_begin(&book, began) {
            return Ok(0);
        }
        let probed = self.probe(&book, began).await?;
        // The one that was tried may have been paid: then all are woken.
        let (_, book) = self.outbox_record("look").await?;
        let more = self.sweep(&book).await?;
        let latest = self.latest(&book);
        let change = |outbox: &mut OutboxRecord| {
            let next = now.after(SWEPT_EVERY);
            let probe = outbox.circuit.as_ref().map(|open| open.until);
            let due = [outbox.watch_at, probe].into_iter().flatten();
            let due = due.chain([next]).min();
            outbox.due_at = if more { Some(now) } else { due };
            outbox.latest = Some(latest);
        };
        self.change_outbox("look", change).await?;
        Ok(usize::from(probed))
    }

    /// Looks at the provider's list, as far as time allows.
    async fn watch(&self, book: &OutboxRecord, began: Timestamp) -> Result<(), Error> {
        let Some(at) = self.asked_provider(began) else {
            return Ok(());
        };
        let platform = match self.platform(at).await {
            Ok(platform) => platform,
            Err(error) => return self.watch_failed(error).await,
        };
        let known = self.inner.outbox.known(|known| known.watch.take());
        let known = known.filter(|known| known.platform == platform);
        let mut position = known.unwrap_or_else(|| Position {
            since: since(book, &platform),
            after: None,
            newest: None,
            platform,
        });
        loop {
            match self.watch_page(at, book, &mut position).await? {
                Ok(true) => {}
                Ok(false) => return self.watched(position).await,
                Err(error) => {
                    self.inner
                        .outbox
                        .known(|known| known.watch = Some(position));
                    return self.watch_failed(error).await;
                }
            }
        }
    }

    async fn watch_failed(&self, error: PaymentsError) -> Result<(), Error> {
        tracing::warn!(%error, "the provider's list of transfers could not be had");
        let now = self.inner.clock.now();
        // Whatever it is, it is asked again later and not at once.
        self.change_outbox("watch", |outbox| {
            outbox.due_at = Some(now.after(SWEPT_EVERY));
        })
        .await?;
        self.note_failure(&error).await
    }

    /// A page of the list. Says whether more follow.
    async fn watch_page(
        &self,
        at: Provider<'_>,
        book: &OutboxRecord,
        position: &mut Position,
    ) -> Result<Result<bool, PaymentsError>, Error> {
        let which = Transfers::Since(position.since);
        let page = at.payments.transfers(&which, position.after.as_deref());
        let page = match self.asked(at.until, page).await {
            Ok(page) => page,
            Err(error) => return Ok(Err(error)),
        };
        for transfer in &page.items {
            self.compare_one(book, transfer).await?;
            position.newest = position.newest.max(Some(transfer.created_at));
        }
        if let Err(error) = self.check_clock(&page) {
            return Ok(Err(error));
        }
        position.after = page.items.last().map(|transfer| transfer.id.clone());
        Ok(Ok(page.more && position.after.is_some()))
    }

    /// All of the list was seen.
    async fn watched(&self, position: Position) -> Result<(), Error> {
        let now = self.inner.clock.now();
        let change = |outbox: &mut OutboxRecord| {
            let same = outbox.watched.as_ref() == Some(&position.platform);
            let known = outbox.newest.filter(|_| same);
            outbox.newest = known.max(position.newest);
            outbox.watched = Some(position.platform.clone());
            outbox.watched_at = Some(now);
            outbox.watch_at = Some(now.after(EVERY));
            outbox.due_at = Some(now);
            outbox.pause = None;
            outbox.latest = outbox.latest.max(Some(now));
        };
        self.change_outbox("watch", change).await?;
        self.inner.outbox.watched.store(true, Ordering::Release);
        Ok(())
    }

    /// Compares a transfer of the list with what the store has, where it is this store's.
    async fn compare_one(&self, book: &OutboxRecord, transfer: &Transfer) -> Result<(), Error> {
        let store = self.store_id("watch").await?;
        let id = transfer.payout.as_deref().map(str::parse::<PayoutId>);
        match (id, transfer.store.as_deref() == Some(&*store)) {
            (Some(Ok(id)), true) => {
                let compared = self.compare(book, id, transfer).await;
                Self::spared(id, compared).map(drop)
            }
            _ => Ok(()),
        }
    }

    async fn compare(
        &self,
        book: &OutboxRecord,
        id: PayoutId,
        transfer: &Transfer,
    ) -> Result<(), Error> {
        let confirmed = book.is_confirmed(transfer);
        let Some(stored) = self.stored_payout("watch", id).await? else {
            let detail = format!("the transfer {} pays {id}, which is not here", transfer.id);
            return self.alarm_unless(confirmed, &detail, transfer).await;
        };
        let command = match read(&stored, transfer) {
            News::Known => return Ok(()),
            News::Reversed => Command::Reverse {
                total: transfer.reversed,
            },
            News::Paid => {
                let status = stored.payout.status;
                // The answer of what is on its way may be lost, or still to come.
                let expected = [PayoutStatus::Sending, PayoutStatus::Unknown].contains(&status);
                if !expected {
                    let id = &transfer.id;
                    let detail = format!("the transfer {id} pays a payout that is {status} here");
                    self.alarm_unless(confirmed, &detail, transfer).await?;
                }
                Command::Settle(transfer.clone())
            }
            News::Double(detail) if !confirmed => {
                let id = Some(&*transfer.id);
                return self.stop_outbox(Alarm::DoubleTransfer, &detail, id).await;
            }
            News::Unequal(cause) if stored.payout.status == PayoutStatus::Unknown => {
                Command::Refer { cause }
            }
            News::Unequal(detail) => return self.alarm_unless(confirmed, &detail, transfer).await,
            News::Double(_) => return Ok(()),
        };
        match self.change_payout("watch", &stored, command).await {
            Err(error) if !Self::was_overtaken(&error) => Err(error),
            _ => Ok(()),
        }
    }

    async fn alarm_unless(
        &self,
        confirmed: bool,
        detail: &str,
        transfer: &Transfer,
    ) -> Result<(), Error> {
        if confirmed {
            return Ok(());
        }
        let id = Some(&*transfer.id);
        self.stop_outbox(Alarm::StoreBehindStripe, detail, id).await
    }
}

/// Whether something is due that is never put off for longer than that. Where it is further off, it
/// was put off by a clock that went back since.
fn is_due(at: Timestamp, longest: Duration, now: Timestamp) -> bool {
    at <= now || at > now.after(longest)
}

/// From when on the list is looked at: where it was seen before, from a little before the newest
/// transfer that was seen.
fn since(book: &OutboxRecord, platform: &Platform) -> Timestamp {
    let same = book.watched.as_ref() == Some(platform);
    let newest = book.newest.filter(|_| same);
    newest.map_or(Timestamp::MIN, |newest| {
        let overlap = i64::try_from(OVERLAP.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(newest.as_millis().saturating_sub(overlap))
    })
}
