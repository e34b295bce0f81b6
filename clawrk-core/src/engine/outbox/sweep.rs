//! Payouts that wait for something elsewhere: whether it has come.

use crate::engine::Engine;
use crate::engine::commit::CommitFailure;
use crate::engine::outbox::Turn;
use crate::engine::outside::backoff;
use crate::error::Error;
use crate::id::PayoutId;
use crate::ledger::Account;
use crate::money::Cents;
use crate::payout::decide::Command;
use crate::policy::PayoutBudget;
use crate::record::{Body, OutboxRecord, PayoutRecord, PayoutStatus, Platform, Record, Wait};
use crate::store::{Cursor, Guard, Index, Key, Page, PageLimit};
use crate::time::Timestamp;

/// How many payouts are looked at in one go.
const ROWS: usize = 200;

/// How far a look at what waits has come: through what is owed, then through what is in doubt.
#[derive(Debug)]
pub(super) struct Sweep {
    status: PayoutStatus,
    after: Option<Cursor>,
}

impl Sweep {
    const FIRST: Sweep = Sweep {
        status: PayoutStatus::Owed,
        after: None,
    };
    const SECOND: Sweep = Sweep {
        status: PayoutStatus::Unknown,
        after: None,
    };
}

impl Engine {
    /// Wakes the payouts whose time has come, a page of each kind. Says whether there are more.
    pub(super) async fn sweep(&self, book: &OutboxRecord) -> Result<bool, Error> {
        let sweep = self.inner.outbox.known(|known| known.sweep.take());
        let sweep = sweep.unwrap_or(Sweep::FIRST);
        let owed = sweep.status == PayoutStatus::Owed;
        let mut next = self.sweep_page(sweep, book).await?;
        if owed && next.is_none() {
            next = self.sweep_page(Sweep::SECOND, book).await?;
        }
        let more = next.is_some();
        self.inner.outbox.known(|known| known.sweep = next);
        Ok(more)
    }

    /// Looks at a page, and says where the next one of the kind begins.
    async fn sweep_page(
        &self,
        Sweep { status, after }: Sweep,
        book: &OutboxRecord,
    ) -> Result<Option<Sweep>, Error> {
        let index = Index::Payouts(status);
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
            {
                let swept = self.sweep_one(&payout, book, &mut left).await;
                Self::spared(payout.id, swept)?;
            }
        }
        Ok(next.map(|after| Sweep {
            status,
            after: Some(after),
        }))
    }

    /// Wakes a payout, if what it waits for has come.
    async fn sweep_one(
        &self,
        payout: &PayoutRecord,
        book: &OutboxRecord,
        left: &mut Option<Cents>,
    ) -> Result<(), Error> {
        let now = self.inner.clock.now();
        match payout.status {
            PayoutStatus::Owed if self.has_come(payout, book, left).await? => {
                self.wake(payout.id, Command::Wake).await
            }
            // It was sent for another account of the exchange, which is back.
            PayoutStatus::Unknown
                if payout.wait == Some(Wait::OtherAccount) && self.is_our_purse(payout).await? =>
            {
                let again = Command::PutOff {
                    wait: Wait::Doubt,
                    due: Some(now),
                    cause: None,
                };
                self.wake(payout.id, again).await
            }
            _ => Ok(()),
        }
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
            Some(Wait::Account) => {
                may_ask_account(payout, self.inner.clock.now())
                    && self.account_is_ready(payout).await?
            }
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
                    let tried = self.try_one(payout.id, book, began).await;
                    if Self::spared(payout.id, tried)?.is_some() {
                        return Ok(true);
                    }
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

    async fn try_one(
        &self,
        id: PayoutId,
        book: &OutboxRecord,
        began: Timestamp,
    ) -> Result<(), Error> {
        self.wake(id, Command::Wake).await?;
        let turn = Turn {
            book,
            began,
            probe: true,
        };
        self.visit(id, turn).await.map(drop)
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

/// Whether a receiver's account may be tried again. One that is declined although it looks fine is
/// tried less and less often: each attempt is a record for ever.
fn may_ask_account(payout: &PayoutRecord, now: Timestamp) -> bool {
    let since = payout.changed_at.unwrap_or(payout.created_at);
    payout.attempt == 0 || now >= since.after(backoff(payout.attempt))
}
