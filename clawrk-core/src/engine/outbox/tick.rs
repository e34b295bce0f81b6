//! What is due to be sent, several payouts at a time.

use std::collections::BTreeSet;

use crate::engine::outbox::{PAYOUTS_AT_ONCE, Turn};
use crate::engine::together::{Work, together};
use crate::engine::{Engine, Progress, measured};
use crate::error::Error;
use crate::id::PayoutId;
use crate::record::{Body, OutboxRecord, PayoutRecord, PayoutStatus};
use crate::store::{Index, PageLimit};
use crate::time::Timestamp;

/// How many rows of what is due are read at once.
const ROWS: usize = 100;

impl Engine {
    /// Works on what is due to be sent: one round of at most [`PAYOUTS_AT_ONCE`] payouts, besides
    /// damaged ones, so that whatever else is due waits no longer than one call to the provider may
    /// take.
    pub(crate) async fn tick_payouts(&self, budget: usize) -> Result<Progress, Error> {
        if self.inner.payments.is_none() {
            return Ok(Progress {
                done: 0,
                next: None,
            });
        }
        let began = self.inner.clock.now();
        let (_, book) = self.outbox_record("tick").await?;
        measured::outbox(book.stop.as_ref());
        if let Err(error) = self.check_money().await {
            tracing::error!(%error, "nothing is paid out");
            return Ok(Progress {
                done: 0,
                next: None,
            });
        }
        let mut failed = BTreeSet::new();
        let mut done = 0;
        if budget > 0 && !is_paused(&book, began) {
            done = self.look_outside(&book, began).await?;
        }
        while done < budget {
            let before = failed.len();
            done += self.round(began, budget - done, &mut failed).await?;
            // Where some are damaged, others are due behind them.
            if failed.len() == before {
                break;
            }
        }
        let next = self.next_payout(&failed).await?;
        Ok(Progress { done, next })
    }

    /// One round of payouts, if it may begin.
    async fn round(
        &self,
        began: Timestamp,
        budget: usize,
        failed: &mut BTreeSet<PayoutId>,
    ) -> Result<usize, Error> {
        let (_, book) = self.outbox_record("tick").await?;
        let stopped = book.stop.is_some();
        if !stopped && !self.may_begin(&book, began) {
            return Ok(0);
        }
        let turn = Turn {
            book: &book,
            began,
            probe: false,
        };
        let most = budget.min(PAYOUTS_AT_ONCE);
        let (due, _) = self.due_payouts(most, stopped, failed).await?;
        let visits = due
            .iter()
            .map(|id| Box::pin(self.visit(*id, turn)) as Work<'_, _>)
            .collect();
        let mut done = 0;
        for (id, visited) in due.iter().zip(together(visits).await) {
            match visited {
                Ok(true) => done += 1,
                Ok(false) => {
                    failed.insert(*id);
                }
                Err(error) if Self::was_overtaken(&error) => done += 1,
                Err(error) => {
                    Self::spared(*id, Err::<(), _>(error))?;
                    failed.insert(*id);
                }
            }
        }
        Ok(done)
    }

    /// Up to so many payouts that are due and can be worked on, and when the next one is.
    async fn due_payouts(
        &self,
        most: usize,
        stopped: bool,
        without: &BTreeSet<PayoutId>,
    ) -> Result<(Vec<PayoutId>, Option<Timestamp>), Error> {
        let now = self.inner.clock.now();
        let (mut due, mut after) = (Vec::new(), None);
        loop {
            let limit = PageLimit::rows(ROWS);
            let page = self
                .inner
                .store
                .scan(&Index::DueOutside, after.as_ref(), limit);
            let page = page
                .await
                .map_err(|source| Error::Store { op: "tick", source })?;
            for record in page.rows {
                let Body::Payout(payout) = record.body else {
                    continue;
                };
                let Some(at) = payout.due_at else { continue };
                if without.contains(&payout.id) || !is_workable(&payout, stopped) {
                    continue;
                }
                if at > now || due.len() >= most {
                    return Ok((due, Some(at)));
                }
                due.push(payout.id);
            }
            after = page.next;
            if after.is_none() {
                return Ok((due, None));
            }
        }
    }

    /// When there is something to do next.
    async fn next_payout(&self, without: &BTreeSet<PayoutId>) -> Result<Option<Timestamp>, Error> {
        let (_, book) = self.outbox_record("tick").await?;
        let stopped = book.stop.is_some();
        let (_, payout) = self.due_payouts(0, stopped, without).await?;
        let look = match stopped {
            true => None,
            false => Some(self.look_due(&book)),
        };
        let next = [payout, look].into_iter().flatten().min();
        let now = self.inner.clock.now();
        let pause = book.pause.as_ref().filter(|_| is_paused(&book, now));
        Ok(next.map(|next| pause.map_or(next, |pause| next.max(pause.until))))
    }
}

/// Whether nothing may be asked now.
pub(super) fn is_paused(book: &OutboxRecord, now: Timestamp) -> bool {
    let pause = book.pause.as_ref();
    book.stop.is_none() && pause.is_some_and(|pause| !pause.is_over(now))
}

/// Whether there is something to do with it: while the outbox is stopped, what is owed is put off,
/// what nobody waits for any more is in doubt, and that stays as it is.
fn is_workable(payout: &PayoutRecord, stopped: bool) -> bool {
    !stopped || matches!(payout.status, PayoutStatus::Owed | PayoutStatus::Sending)
}
