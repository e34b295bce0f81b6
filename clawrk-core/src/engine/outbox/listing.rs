//! Looking for the transfers of a payout in the provider's list.

use crate::engine::Engine;
use crate::engine::outbox::ask::Provider;
use crate::payments::{Failure, PaymentsError, Transfer, Transfers, TransfersPage};
use crate::payout::{agrees, clocks_agree};
use crate::record::PayoutRecord;
use crate::time::Timestamp;

/// The most pages that the transfers of one job may fill. There is one transfer at most where
/// nothing went wrong, so more than this is not a listing that anybody can trust.
const PAGES_MAX: usize = 20;

/// What a complete listing of a job's transfers says of its payout.
#[derive(Debug)]
pub(super) enum Found {
    /// There is none.
    None,
    /// These are the payout's; the oldest first.
    Ours(Vec<Transfer>),
    /// One that is not what the payout owes; why.
    Foreign(String),
}

/// A complete listing of a job's transfers.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) found: Found,
    /// When it was begun, by the provider's clock where that can be told.
    pub(super) at: Timestamp,
}

impl Engine {
    /// Lists all transfers of the payout's job. A page that fails voids all of it; so does a wrong
    /// clock, unless the payout's own transfer was found, which is so at any time.
    pub(super) async fn list_group(
        &self,
        at: Provider<'_>,
        payout: &PayoutRecord,
        store: &str,
    ) -> Result<Listing, PaymentsError> {
        let group = Transfers::Group(payout.id.job().to_string());
        let mut begun = self.inner.clock.now();
        let mut all: Vec<Transfer> = Vec::new();
        let mut clock = Ok(());
        for number in 0..PAGES_MAX {
            let after = all.last().map(|transfer| transfer.id.clone());
            let page = at.payments.transfers(&group, after.as_deref());
            let page = self.asked(at.until, page).await?;
            clock = clock.and(self.check_clock(&page));
            if let (0, Some(theirs)) = (number, page.at) {
                begun = theirs;
            }
            let empty = page.items.is_empty();
            all.extend(page.items);
            if !page.more {
                let found = read(payout, store, all);
                return match found {
                    Found::Ours(_) => Ok(Listing { found, at: begun }),
                    Found::None | Found::Foreign(_) => clock.map(|()| Listing { found, at: begun }),
                };
            }
            if empty {
                break;
            }
        }
        Err(PaymentsError {
            failure: Failure::Unknown,
            detail: format!("the list of transfers does not end after {PAGES_MAX} pages"),
            request_id: None,
        })
    }

    /// Refuses to go by a clock that is not the provider's: an attempt would be sent again under a
    /// key that is long forgotten, or be given up while it is on its way.
    pub(super) fn check_clock(&self, page: &TransfersPage) -> Result<(), PaymentsError> {
        let ours = self.inner.clock.now();
        match page.at {
            Some(theirs) if !clocks_agree(ours, theirs) => Err(PaymentsError {
                failure: Failure::ClocksDiffer,
                detail: format!(
                    "it is {ours} here and {theirs} there; set the clock of this machine right: \
                     until then nothing is paid out"
                ),
                request_id: None,
            }),
            _ => Ok(()),
        }
    }
}

/// Tells the payout's own transfers from others.
fn read(payout: &PayoutRecord, store: &str, mut all: Vec<Transfer>) -> Found {
    all.reverse();
    let of_us =
        |transfer: &Transfer| transfer.store.as_deref() == Some(store) && agrees(payout, transfer);
    let (ours, others): (Vec<_>, Vec<_>) = all.into_iter().partition(of_us);
    match (ours.is_empty(), others.first()) {
        (false, _) => Found::Ours(ours),
        (true, Some(other)) => Found::Foreign(format!(
            "the provider lists the transfer {} for this job, which is not what is owed",
            other.id
        )),
        (true, None) => Found::None,
    }
}
