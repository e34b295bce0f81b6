//! What a provider told, and what came of it.

use serde::{Deserialize, Serialize};

use crate::id::{CommitId, UserId};
use crate::payments::Invoice;
use crate::time::Timestamp;

/// A webhook that was received. Kept for as long as it may be repeated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxRecord {
    /// The event's id.
    pub event: String,
    /// The provider's name of its type.
    pub kind: String,
    /// What came of it, such as `granted`, or `ignored:` and why.
    pub outcome: String,
    /// The provider's id of what it was about, where it had an effect here: an invoice, a customer
    /// or an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// When it was received.
    pub at: Timestamp,
    /// When it may be forgotten.
    pub expires_at: Timestamp,
    /// The commit that wrote it.
    pub commit: CommitId,
}

/// An invoice that was paid, and what it granted. Kept for ever: it grants once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceRecord {
    /// The invoice.
    pub invoice: Invoice,
    /// What came of it.
    pub outcome: InvoiceOutcome,
    /// When it is looked at again, while it is parked.
    pub due_at: Option<Timestamp>,
    /// The commit that wrote it first.
    pub commit: CommitId,
}

/// What came of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceOutcome {
    /// It granted credits.
    Granted {
        /// To whom.
        user: UserId,
        /// Which plans, and how many credits each.
        grants: Vec<Grant>,
        /// The commit of the grant.
        commit: CommitId,
    },
    /// It grants nothing; why.
    Nothing {
        /// Why.
        reason: String,
        /// The commit that found this out.
        commit: CommitId,
    },
    /// It waits for something to become known; what.
    Parked {
        /// What is missing.
        missing: String,
        /// How often it was looked at.
        looks: u32,
    },
}

/// Credits of one plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The plan's name.
    pub tier: String,
    /// How many.
    pub credits: crate::money::Credits,
}

/// What a provider's id belongs to. Kept for ever: it never belongs to anybody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRecord {
    /// What the id names.
    pub what: Linked,
    /// The provider's id.
    pub id: String,
    /// Whose it is.
    pub user: UserId,
    /// When it became known.
    pub created_at: Timestamp,
    /// The commit that wrote it.
    pub commit: CommitId,
}

/// What a provider's id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Linked {
    /// Somebody who buys.
    Customer,
    /// The account of somebody who is paid.
    Account,
}

impl Linked {
    /// Both.
    pub const ALL: [Linked; 2] = [Linked::Customer, Linked::Account];

    /// The stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Linked::Customer => "customer",
            Linked::Account => "account",
        }
    }
}
