//! A payment provider that cannot be reached.

use async_trait::async_trait;
use clawrk_core::payments::{
    ConnectedAccount, Failure, Lines, Mode, NewAccount, NewCheckout, NewCustomer, NewLink, Owner,
    Payments, PaymentsError, SendTransfer, Transfer, TransferTerms, Transfers, TransfersPage,
    WebhookError, WebhookEvent,
};
use clawrk_core::time::Timestamp;

/// A provider whose mere presence makes jobs carry a payout, and who never answers anything: what
/// is owed stays owed.
#[derive(Debug, Clone, Copy, Default)]
pub struct OfflinePayments;

macro_rules! offline {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl Payments for OfflinePayments {
            fn mode(&self) -> Mode {
                Mode::Test
            }

            fn api_version(&self) -> &str {
                "none"
            }

            fn draft(&self, terms: &TransferTerms) -> String {
                panic!("{terms:?} was drafted, and nothing may be")
            }

            fn read_webhook(
                &self,
                _: &[u8],
                _: &str,
                _: Timestamp,
            ) -> Result<WebhookEvent, WebhookError> {
                panic!("a webhook was read, and none may be")
            }

            $(async fn $name(&self, $($argument: $type),*) -> Result<$answer, PaymentsError> {
                let asked = (stringify!($name), $($argument,)*);
                Err(PaymentsError {
                    failure: Failure::NotSent,
                    detail: format!("{asked:?} was asked of nobody"),
                    request_id: None,
                })
            })*
        }
    };
}

offline! {
    fn platform() -> String;
    fn create_customer(customer: &NewCustomer) -> String;
    fn create_checkout(checkout: &NewCheckout) -> String;
    fn create_account(account: &NewAccount) -> String;
    fn create_link(link: &NewLink) -> String;
    fn account(id: &str) -> ConnectedAccount;
    fn send_transfer(send: &SendTransfer) -> Transfer;
    fn transfer(id: &str) -> Transfer;
    fn transfers(which: &Transfers, after: Option<&str>) -> TransfersPage;
    fn customer(id: &str) -> Owner;
    fn subscription(id: &str) -> Owner;
    fn invoice_lines(invoice: &str, after: Option<&str>) -> Lines;
}
