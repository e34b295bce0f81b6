//! Looking for the transfers of a payout in the provider's list.

use crate::engine::Engine;
use crate::engine::outbox::ask::Provider;
use crate::payments::{Failure, PaymentsError, Transfer, Transfers};
use crate::payout::agrees;
use crate::record::PayoutRecord;

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

impl Engine {
    /// Lists all transfers of the payout's job. A page that fails voids all of it.
    pub(super) async fn list_group(
        &self,
        at: Provider<'_>,
        payout: &PayoutRecord,
        store: &str,
    ) -> Result<Found, PaymentsError> {
        let group = Transfers::Group(payout.id.job().to_string());
        let mut all: Vec<Transfer> = Vec::new();
        for _ in 0..PAGES_MAX {
            let after = all.last().map(|transfer| transfer.id.clone());
            let page = at.payments.transfers(&group, after.as_deref());
            let page = self.asked(at.until, page).await?;
            let empty = page.items.is_empty();
            all.extend(page.items);
            if !page.more {
                return Ok(read(payout, store, all));
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
