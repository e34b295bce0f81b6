//! Doubt: sending the same again, and looking whether it was carried out.

use crate::engine::Engine;
use crate::engine::outbox::Turn;
use crate::engine::outbox::change::Stored;
use crate::engine::outbox::listing::Listing;
use crate::error::Error;
use crate::id::PayoutId;
use crate::payments::{Failure, PaymentsError};
use crate::payout::decide::{Command, said};
use crate::payout::{LEASE_MARGIN, Next, listed_from, may_resend, next};
use crate::record::{Look, OutboxRecord, PayoutStatus, Wait};
use crate::time::Timestamp;

impl Engine {
    /// Does what is next with a payout that is due. Says whether there was anything that the outbox
    /// can do; whoever was quicker has done it.
    pub(super) async fn visit(&self, id: PayoutId, turn: Turn<'_>) -> Result<bool, Error> {
        let Some(stored) = self.stored_payout("payout", id).await? else {
            return Ok(true);
        };
        let now = self.inner.clock.now();
        if stored.payout.due_at.is_none_or(|due| due > now) {
            return Ok(true);
        }
        if turn.book.stop.is_some() && stored.payout.status == PayoutStatus::Owed {
            self.put_off(&stored, Wait::Stopped).await?;
            return Ok(true);
        }
        let latest = self.latest(turn.book);
        match next(&stored.payout, stored.attempt(), now, latest) {
            Next::Nothing => {
                tracing::error!(payout = %id, "a payout is due that nothing can be done with");
                return Ok(false);
            }
            Next::Begin => self.begin(stored, turn).await?,
            Next::Resend => self.send_again(stored, turn, latest).await?,
            Next::Lapse => {
                let lapse = Command::Lapse { latest };
                self.change_payout("payout", &stored, lapse).await?;
            }
            Next::Forgo => {
                self.change_payout("payout", &stored, Command::Forgo)
                    .await?;
            }
            Next::List => self.look(stored, turn).await?,
        }
        Ok(true)
    }

    /// The latest time that was seen here or is written down.
    pub(super) fn latest(&self, book: &OutboxRecord) -> Timestamp {
        let seen = self.inner.outbox.latest(self.inner.clock.now());
        book.latest.map_or(seen, |latest| latest.max(seen))
    }

    /// Sends the latest attempt, the same to the byte.
    async fn send_again(
        &self,
        stored: Stored,
        turn: Turn<'_>,
        latest: Timestamp,
    ) -> Result<(), Error> {
        let owed = stored.payout.status == PayoutStatus::Owed;
        if owed && turn.book.circuit.is_some() && !turn.probe {
            return self.put_off(&stored, Wait::PlatformBalance).await;
        }
        let Some(at) = self.provider(turn.began) else {
            return Ok(());
        };
        let platform = match self.platform(at).await {
            Ok(platform) => platform,
            Err(error) => return self.put_off_by(&stored, &error).await,
        };
        if stored.open().is_none_or(|open| open.purse() != platform) {
            return self.put_off(&stored, Wait::OtherAccount).await;
        }
        let store = self.store_id("payout").await?;
        let found = match self.list_group(at, &stored.payout, &store).await {
            Ok(listing) => listing.found,
            Err(error) => return self.put_off_by(&stored, &error).await,
        };
        if self.go_by(&stored, found).await? {
            return Ok(());
        }
        let resend = Command::Resend {
            lease: at.send_until.after(LEASE_MARGIN),
            latest,
        };
        let Some(stored) = self.change_payout("payout", &stored, resend).await? else {
            return Ok(());
        };
        let now = self.inner.clock.now();
        let sendable = stored
            .open()
            .is_some_and(|open| may_resend(open, now, latest));
        if sendable {
            return self.send(at, stored).await;
        }
        let lapse = Command::Lapse { latest };
        self.change_payout("payout", &stored, lapse).await.map(drop)
    }

    /// Looks whether what was sent was carried out.
    async fn look(&self, stored: Stored, turn: Turn<'_>) -> Result<(), Error> {
        let Some(at) = self.asked_provider(turn.began) else {
            return Ok(());
        };
        let platform = match self.platform(at).await {
            Ok(platform) => platform,
            Err(error) => return self.put_off_by(&stored, &error).await,
        };
        if stored.open().is_some_and(|open| open.purse() != platform) {
            return self.put_off(&stored, Wait::OtherAccount).await;
        }
        let store = self.store_id("payout").await?;
        let listing = match self.list_group(at, &stored.payout, &store).await {
            Ok(listing) => listing,
            Err(error) => return self.failed_look(&stored, &error).await,
        };
        let Listing { found, at } = listing;
        if self.go_by(&stored, found).await? {
            return Ok(());
        }
        let from = listed_from(&stored.payout, stored.attempt(), at);
        let command = match at >= from {
            true => Command::Look(Look { at, platform }),
            // By the provider's clock it is too early.
            false => Command::PutOff {
                wait: Wait::Doubt,
                due: Some(self.inner.clock.now().after(from.since(at))),
                cause: None,
            },
        };
        self.change_payout("payout", &stored, command)
            .await
            .map(drop)
    }

    async fn failed_look(&self, stored: &Stored, error: &PaymentsError) -> Result<(), Error> {
        if error.failure != Failure::ClocksDiffer {
            let cause = said(error);
            let failed = Command::FailLook { cause };
            self.change_payout("payout", stored, failed).await?;
        }
        self.note_failure(error).await
    }
}
