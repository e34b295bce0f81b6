//! Transfers: how receivers are paid.

use serde::{Deserialize, Serialize};

use crate::money::Cents;
use crate::payments::Mode;
use crate::time::Timestamp;

/// What is to be paid out, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferTerms {
    /// How much.
    pub amount: Cents,
    /// In which currency, as a lower-case ISO 4217 code.
    pub currency: String,
    /// The account that is paid.
    pub destination: String,
    /// The group that it can be found by: the job's id.
    pub group: String,
    /// The payout's id; kept with the transfer.
    pub payout: String,
    /// The job's id; kept with the transfer.
    pub job: String,
    /// The id of this exchange's store; kept with the transfer.
    pub store: String,
}

/// A request to pay, the same whenever it is sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendTransfer {
    /// Under this key it happens once.
    pub key: String,
    /// What [`draft`](super::Payments::draft) made of the terms.
    pub body: String,
    /// The version of the provider's interface that the body was written for.
    pub api_version: String,
}

/// A transfer, as the provider has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Its id.
    pub id: String,
    /// How much.
    pub amount: Cents,
    /// In which currency, as a lower-case ISO 4217 code.
    pub currency: String,
    /// The account that is paid.
    pub destination: String,
    /// Whether the money is real.
    pub mode: Mode,
    /// The group that it can be found by.
    pub group: Option<String>,
    /// The payout that was noted with it.
    pub payout: Option<String>,
    /// The store that was noted with it.
    pub store: Option<String>,
    /// How much of it was taken back. Only grows.
    pub reversed: Cents,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Which transfers to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transfers {
    /// Those of a group.
    Group(String),
    /// Those made at that time or later.
    Since(Timestamp),
}

/// A page of transfers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransfersPage {
    /// The transfers, newest first.
    pub items: Vec<Transfer>,
    /// Whether more follow, to be asked for after the last of these.
    pub more: bool,
    /// What time it was at the provider when it answered, to the second at least. While that is not
    /// the time here, nothing is sent and no absence is proven. None where the provider does not
    /// tell: then the clock here is believed.
    pub at: Option<Timestamp>,
}
