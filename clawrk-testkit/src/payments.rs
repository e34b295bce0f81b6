//! A payment provider that nobody may ask.

use async_trait::async_trait;
use clawrk_core::payments::Payments;
use clawrk_core::record::PayoutRecord;

/// A provider whose mere presence makes jobs carry a payout, and who fails the test that sends
/// one.
#[derive(Debug, Clone, Copy, Default)]
pub struct ForbiddenPayments;

#[async_trait]
impl Payments for ForbiddenPayments {
    async fn send_transfer(
        &self,
        payout: &PayoutRecord,
    ) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        panic!("the payout {} was sent, and nothing may be", payout.id)
    }
}
