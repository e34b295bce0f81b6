//! The port to whoever moves real money.

use std::fmt;

use async_trait::async_trait;

use crate::record::PayoutRecord;

/// A payment provider.
///
/// Configured, it makes jobs whose credits are held carry a payout in their terms. Verified jobs
/// then leave a payout that is owed; nothing sends it in this release.
#[async_trait]
pub trait Payments: Send + Sync + fmt::Debug {
    /// Sends the payout and answers with the provider's id of the transfer.
    async fn send_transfer(
        &self,
        payout: &PayoutRecord,
    ) -> Result<String, Box<dyn std::error::Error + Send + Sync>>;
}
