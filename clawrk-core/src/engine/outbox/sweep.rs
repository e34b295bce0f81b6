//! Payouts that wait for something elsewhere: whether it has come.

use crate::engine::Engine;
use crate::engine::commit::CommitFailure;
use crate::engine::outbox::Turn;
use crate::error::Error;
use crate::id::PayoutId;
use crate::ledger::Account;
use crate::money::Cents;
use crate::payout::decide::Command;
use crate::policy::PayoutBudget;
use crate::record::{Body, OutboxRecord, PayoutRecord, PayoutStatus, Platform, Record, Wait};
use crate::store::{Guard, Index, Key, Page, PageLimit};
use crate::time::Timestamp;

/// How many payouts are looked at in one go.
const ROWS: usize = 200;

impl Engine {
    /// Wakes the payouts whose time has come, a page of them. Says whether there are more.
    pub(super) async fn sweep(&self, book: &OutboxRecord) -> Result<bool, Error> {
        let after = self.inner.outbox.known(|known| known.sweep.take());
        let index = Index::Payouts(PayoutStatus::Owed);
        let limit = PageLimit::rows(ROWS);
        let page = self.inner.store.scan(&index, after.as_ref(), limit).await;
        let Page { rows, next, .. } = page.map_err(|source| Error::Store {
            op: "sweep",
            source,
        })?;
        let mut left = self.budget_left().await?;
        for record in rows {
            if let Body::Payout(payout) = record.body
                && payout.due_at.is_none()
                && self.has_come(&payout, book, &mut left).await?
            {
                self.wake(payout.id, Command::Wake).await?;
            }
        }
        if next.is_none() {
            self.sweep_doubt().await?;
        }
        let more = next.is_some();
        self.inner.outbox.known(|known| known.sweep = next);
        Ok(more)
    }

    /// What is in doubt and was sent for another account of the exchange, which is back.
    async fn sweep_doubt(&self) -> Result<(), Error> {
        let index = Index::Payouts(PayoutStatus::Unknown);
        let limit = PageLimit::rows(ROWS);
        let page = self.inner.store.scan(&index, None, limit).await;
        let page = page.map_err(|source| Error::Store {
            op: "sweep",
            source,
        })?;
        for record in page.rows {
            if let Body::Payout(payout) = record.body
                && payout.wait == Some(Wait::OtherAccount)
                && self.is_our_purse(&payout).await?
            {
                let again = Command::PutOff {
                    wait: Wait::Doubt,
                    due: Some(self.inner.clock.now()),
                    cause: None,
                };
                self.wake(payout.id, again).await?;
            }
        }
        Ok(())
    }

    async fn wake(&self, id: PayoutId, command: Command) -> Result<(), Error> {
        let Some(stored) = self.stored_payout("sweep", id).await? else {
            return Ok(());
        };
        match self.change_payout("sweep", &stored, command).await {
            Err(error) if !Self::was_overtaken(&error) => Err(error),
            _ => Ok(()),
        }
    }

    /// Whether what an owed payout waits for has come.
    async fn has_come(
        &self,
        payout: &PayoutRecord,
        book: &OutboxRecord,
        left: &mut Option<Cents>,
    ) -> Result<bool, Error> {
        Ok(match payout.wait {
            // It was made by a release that sent nothing.
            None | Some(Wait::Stopped | Wait::Provider | Wait::Doubt) => true,
            Some(Wait::PlatformBalance) => book.circuit.is_none(),
            Some(Wait::Account) => self.account_is_ready(payout).await?,
            Some(Wait::OtherAccount) => self.is_our_purse(payout).await?,
            Some(Wait::Budget) => match left {
                None => true,
                Some(left) => {
                    let after = Cents::new(left.units().saturating_sub(payout.amount.units()));
                    let fits = after >= Cents::ZERO;
                    if fits {
                        *left = after;
                    }
                    fits
                }
            },
            Some(Wait::Person) => false,
        })
    }

    /// What payouts may still take; none where that does not matter.
    pub(crate) async fn budget_left(&self) -> Result<Option<Cents>, Error> {
        let Some(payments) = &self.inner.payments else {
            return Ok(None);
        };
        Ok(match self.inner.policy.payout_budget(payments.mode()) {
            PayoutBudget::Receipts => {
                let (_, left) = self.account_balance("budget", Account::Budget).await?;
                Some(left)
            }
            PayoutBudget::Cents(limit) => {
                let (_, taken) = self.account_balance("budget", Account::Reserved).await?;
                Some(Cents::new(limit.units().saturating_sub(taken.units())))
            }
            PayoutBudget::Unlimited | PayoutBudget::Auto => None,
        })
    }

    /// Whether the receiver's account can receive money by now. Where nobody asks the provider
    /// about it, somebody does from now on.
    async fn account_is_ready(&self, payout: &PayoutRecord) -> Result<bool, Error> {
        let found = self.user_record("sweep", &payout.receiver).await?;
        let Some((version, mut user)) = found else {
            return Ok(false);
        };
        if user
            .account
            .as_ref()
            .is_some_and(|account| account.can_receive)
        {
            return Ok(true);
        }
        if self.watch_account(&mut user, false) {
            let mut batch = self.batch()?;
            let key = Key::User(user.id.clone());
            batch.guards.push(Guard::At(key, version));
            let put = Record::new(version + 1, Body::User(user));
            batch.puts.push(put);
            match self.commit("sweep", batch).await {
                Ok(()) | Err(CommitFailure::Conflict) => {}
                Err(failure) => return Err(failure.into_error("sweep")),
            }
        }
        Ok(false)
    }

    /// Whether the open attempt was made for the account that is configured now.
    async fn is_our_purse(&self, payout: &PayoutRecord) -> Result<bool, Error> {
        let ours: Option<Platform> = self.inner.outbox.known(|known| known.platform.clone());
        let stored = self.stored_payout("sweep", payout.id).await?;
        let open = stored.as_ref().and_then(|stored| stored.open());
        Ok(ours.is_some() && open.map(|open| open.purse()) == ours)
    }

    /// Tries the oldest payout that waits for the exchange's balance, where it is time. Says
    /// whether one was tried.
    pub(super) async fn probe(&self, book: &OutboxRecord, began: Timestamp) -> Result<bool, Error> {
        if book.circuit.is_none() || !self.take_probe().await? {
            return Ok(false);
        }
        let index = Index::Payouts(PayoutStatus::Owed);
        let mut after = None;
        loop {
            let limit = PageLimit::rows(ROWS);
            let page = self.inner.store.scan(&index, after.as_ref(), limit).await;
            let page = page.map_err(|source| Error::Store {
                op: "probe",
                source,
            })?;
            for record in page.rows {
                if let Body::Payout(payout) = record.body
                    && payout.wait == Some(Wait::PlatformBalance)
                {
                    self.wake(payout.id, Command::Wake).await?;
                    self.visit(
                        payout.id,
                        Turn {
                            book,
                            began,
                            probe: true,
                        },
                    )
                    .await?;
                    return Ok(true);
                }
            }
            after = page.next;
            if after.is_none() {
                // Nobody waits for it.
                self.note_success(true).await?;
                return Ok(false);
            }
        }
    }

    /// Has what waits looked at with the next tick: an account or the budget has changed.
    pub(crate) async fn sweep_soon(&self) -> Result<(), Error> {
        let now = self.inner.clock.now();
        self.inner.outbox.known(|known| known.sweep = None);
        self.change_outbox("sweep", |outbox| outbox.due_at = Some(now))
            .await
            .map(drop)
    }
}
