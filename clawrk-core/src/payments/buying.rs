//! How credits are bought: customers, checkouts, invoices.

use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::money::Cents;
use crate::time::Timestamp;

/// A customer to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCustomer {
    /// Under this key it is made once.
    pub key: String,
    /// Who it is; kept with the customer.
    pub user: UserId,
    /// The id of this exchange's store; kept with the customer.
    pub store: String,
}

/// A page on which a customer subscribes to a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCheckout {
    /// The customer.
    pub customer: String,
    /// Who it is; kept with the page and with the subscription.
    pub user: UserId,
    /// The plan's name; kept likewise.
    pub tier: String,
    /// The plan's price, as the provider's id.
    pub price: String,
    /// The id of this exchange's store; kept likewise.
    pub store: String,
    /// Where a browser goes that has paid.
    pub success_url: String,
    /// Where a browser goes that has not.
    pub cancel_url: String,
}

/// Whose something is, as far as the provider knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The user that was noted when it was made.
    pub user: Option<String>,
    /// The plan that was noted when it was made.
    pub tier: Option<String>,
    /// The store that was noted when it was made.
    pub store: Option<String>,
    /// The customer that it belongs to.
    pub customer: Option<String>,
}

/// An invoice that was paid, whatever version of the provider's interface told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// Its id.
    pub id: String,
    /// Whose it is, as noted with the invoice or its subscription.
    pub owner: Owner,
    /// The subscription that it is of.
    pub subscription: Option<String>,
    /// The currency, as a lower-case ISO 4217 code.
    pub currency: String,
    /// What was paid, in the currency's smallest unit.
    pub paid: Cents,
    /// When it was made.
    pub created_at: Timestamp,
    /// What was sold.
    pub lines: Vec<InvoiceLine>,
    /// Whether there are more lines than these, to be had by
    /// [`invoice_lines`](super::Payments::invoice_lines).
    pub more_lines: bool,
}

/// A line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceLine {
    /// Its id.
    pub id: String,
    /// The price, as the provider's id.
    pub price: Option<String>,
    /// How many.
    pub quantity: u64,
    /// Whether it settles a change in the middle of a period.
    pub proration: bool,
    /// What it comes to after its discounts; negative for what is given back.
    pub net: Cents,
}

/// A page of an invoice's lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    /// The lines, in the provider's order.
    pub items: Vec<InvoiceLine>,
    /// Whether more follow.
    pub more: bool,
}
