//! What a provider tells by itself.

use serde::{Deserialize, Serialize};

use crate::payments::{ConnectedAccount, Invoice, Mode, Owner, Transfer};
use crate::time::Timestamp;

/// A webhook whose signature is right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookEvent {
    /// Its id: the same for each repetition.
    pub id: String,
    /// The provider's name of its type, such as `invoice.paid`.
    pub kind: String,
    /// Whether it is about real money.
    pub mode: Mode,
    /// The connected account that it came from; none for the exchange's own.
    pub account: Option<String>,
    /// When it happened.
    pub created_at: Timestamp,
    /// What it says.
    pub news: News,
}

/// What a webhook says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// A checkout was completed. Grants nothing; says whose the customer is.
    CheckoutCompleted(Owner),
    /// An invoice was paid.
    InvoicePaid(Invoice),
    /// A subscription ended.
    SubscriptionEnded(Owner),
    /// A connected account changed.
    Account(ConnectedAccount),
    /// A connected account wants nothing to do with the exchange any more.
    AccountGone(String),
    /// A connected account could not pay on to its bank; why.
    BankFailed(String),
    /// A connected account paid on to its bank.
    BankPaid,
    /// A transfer was made, changed or taken back.
    Transfer(Transfer),
    /// Of a type that nobody here waits for.
    Other,
    /// Of a type that matters, in a shape that cannot be used; why.
    Unusable(String),
}
