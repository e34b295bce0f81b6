//! Whether what is stored keeps the rules of money, found out while others write.
//!
//! No snapshot is needed, because everything here is checked in an order in which it can only have
//! become true. Entries and events are never rewritten, so what a record says of its past is exact
//! whenever it is read: an account with n entries has the entries 1 to n, a job at version v the
//! events 1 to v. What belongs together is committed together, so whoever saw one half finds the
//! other half afterwards. That something is *not* there is therefore never concluded from an
//! earlier look; it is concluded from what was seen: a payout that was seen demands a job that is
//! verified. Only index entries may come and go, and they are looked at again before they count.
//!
//! That the sum over each commodity is zero follows: every entry has one twin of the opposite
//! amount. That what a receiver is owed is the sum of the unpaid payouts follows as well: each
//! entry of a payout belongs to one of its steps, and each step has its entries.

mod accounts;
mod counts;
mod entries;
mod expected;
mod history;
mod indexes;
mod invoices;
mod jobs;
mod links;
mod look;
mod paying;
mod payouts;
mod report;
mod steps;
mod twin;

use crate::engine::Engine;
use crate::error::Error;
use crate::record::Kind;
use crate::watch::Watch;

use look::Auditor;

pub use report::{Audit, Place, VIOLATIONS_MAX, Violation, ViolationKind};

impl Engine {
    /// Checks the rules of the ledger and of everything that hangs on it, on the store as it is,
    /// while it is in use.
    ///
    /// It reads every record at least once and holds a page of them at a time, besides the ids of
    /// all users and transfers, and of invoices that were settled and brought no money. What is
    /// committed after it began may or may not be covered; nothing that is right is ever reported.
    ///
    /// What the store cannot read is a violation of its own, and as good as missing to all other
    /// checks, which go on.
    ///
    /// # Errors
    /// Only failures of the store to answer at all.
    pub async fn audit(&self) -> Result<Audit, Error> {
        self.audit_watched(&mut |_| {}).await
    }

    /// Does what [`Engine::audit`] does, and says how far it is: first by records, then by users.
    ///
    /// # Errors
    /// As [`Engine::audit`].
    pub async fn audit_watched(&self, watch: &mut Watch<'_>) -> Result<Audit, Error> {
        let store = self.store().as_ref();
        let counts = look::stated(store).await?;
        let mut auditor = Auditor::new(store, &counts, watch);
        auditor.meta().await?;
        auditor.users().await?;
        auditor.invoices().await?;
        auditor.links().await?;
        auditor.inbox().await?;
        auditor.accounts().await?;
        auditor.entries(Kind::Entry).await?;
        auditor.entries(Kind::LooseEntry).await?;
        auditor.jobs().await?;
        auditor.payouts().await?;
        auditor.keys().await?;
        auditor.counts(counts).await?;
        auditor.indexes().await?;
        Ok(auditor.audit)
    }
}
