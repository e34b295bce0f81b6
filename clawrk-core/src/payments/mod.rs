//! The port to whoever moves real money.
//!
//! Core decides who is paid what, and when; a provider carries it out. The words here are Stripe's,
//! since its rules are the strictest to be met: a request has a key under which it happens once, a
//! lost answer leaves the outcome unknown, and news come in any order, late, and more than once.

mod account;
mod buying;
mod error;
mod metered;
mod news;
mod transfer;

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

pub use account::{ConnectedAccount, NewAccount, NewLink};
pub use buying::{Invoice, InvoiceLine, Lines, NewCheckout, NewCustomer, Owner};
pub use error::{DeclineClass, Failure, PaymentsError, WebhookError};
pub(crate) use metered::Metered;
pub use news::{News, WebhookEvent};
pub use transfer::{SendTransfer, Transfer, TransferTerms, Transfers, TransfersPage};

/// Whether money is real.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Play money.
    Test,
    /// Real money.
    Live,
}

impl Mode {
    /// The stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Mode::Test => "test",
            Mode::Live => "live",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A payment provider.
///
/// Configured, it makes jobs whose credits are held carry a payout in their terms, sells credits,
/// and is sent the payouts of verified jobs by [`tick`](crate::Engine::tick).
///
/// Obligations of an implementation:
/// - What a method's `key` names happens once: the same key and request again give the same answer
///   and have no second effect, for at least 24 hours. (Core repeats within 20.)
/// - An error says truthfully whether anything can have happened ([`Failure`]); in doubt, it is
///   [`Failure::Unknown`].
/// - No method retries by itself, and none follows a redirect: core decides when to ask again.
/// - Every call ends, with an error at last. Core drops calls that take longer than
///   [`payments_timeout`](field@crate::policy::Policy::payments_timeout); what became of them is
///   then unknown.
/// - No secret is in a `Debug` text, an error or a log.
#[async_trait]
pub trait Payments: Send + Sync + fmt::Debug {
    /// Whether the money is real. Part of every attempt to pay.
    fn mode(&self) -> Mode;

    /// The version of the provider's interface that requests are written for. Part of every attempt
    /// to pay, since a request repeated under its key must be the same to the byte.
    fn api_version(&self) -> &str;

    /// The provider's id of the exchange's own account, whose money is sent.
    async fn platform(&self) -> Result<String, PaymentsError>;

    /// Makes a customer. Gives its id.
    async fn create_customer(&self, customer: &NewCustomer) -> Result<String, PaymentsError>;

    /// Makes a page on which a customer subscribes to a plan. Gives its URL.
    async fn create_checkout(&self, checkout: &NewCheckout) -> Result<String, PaymentsError>;

    /// Makes an account that can be paid. Gives its id.
    async fn create_account(&self, account: &NewAccount) -> Result<String, PaymentsError>;

    /// Makes a page on which the owner of an account completes it. Gives its URL, which is good
    /// once and not for long.
    async fn create_link(&self, link: &NewLink) -> Result<String, PaymentsError>;

    /// The account as it is now.
    async fn account(&self, id: &str) -> Result<ConnectedAccount, PaymentsError>;

    /// The body of the request that pays out so much. Pure: it is stored before it is first sent,
    /// and sent as it was stored ever after.
    fn draft(&self, terms: &TransferTerms) -> String;

    /// Sends a payout.
    async fn send_transfer(&self, send: &SendTransfer) -> Result<Transfer, PaymentsError>;

    /// The transfer as it is now.
    async fn transfer(&self, id: &str) -> Result<Transfer, PaymentsError>;

    /// A page of transfers, newest first.
    async fn transfers(
        &self,
        which: &Transfers,
        after: Option<&str>,
    ) -> Result<TransfersPage, PaymentsError>;

    /// Whose customer this is, as far as the provider knows.
    async fn customer(&self, id: &str) -> Result<Owner, PaymentsError>;

    /// Whose subscription this is, as far as the provider knows.
    async fn subscription(&self, id: &str) -> Result<Owner, PaymentsError>;

    /// A page of an invoice's lines, from behind that line on.
    async fn invoice_lines(
        &self,
        invoice: &str,
        after: Option<&str>,
    ) -> Result<Lines, PaymentsError>;

    /// What a webhook says, once its signature was found to be the provider's and of these minutes.
    fn read_webhook(
        &self,
        body: &[u8],
        signature: &str,
        now: Timestamp,
    ) -> Result<WebhookEvent, WebhookError>;
}
