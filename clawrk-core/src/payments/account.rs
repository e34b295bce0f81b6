//! Accounts of those who are paid.

use serde::{Deserialize, Serialize};

use crate::id::UserId;

/// An account to be made for a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// Under this key it is made once.
    pub key: String,
    /// Whose it is; kept with the account.
    pub user: UserId,
    /// The id of this exchange's store; kept with the account.
    pub store: String,
}

/// A page on which the owner completes an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLink {
    /// The account.
    pub account: String,
    /// Where a browser goes whose page has expired.
    pub refresh_url: String,
    /// Where a browser goes that is done. That it comes there proves nothing.
    pub return_url: String,
}

/// An account of a receiver, as the provider has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectedAccount {
    /// Its id.
    pub id: String,
    /// Whether money can be sent to it.
    pub can_receive: bool,
    /// Whether it can pay on to a bank.
    pub can_pay_out: bool,
    /// Whether it was deleted, or belongs to the exchange no more.
    pub gone: bool,
}

impl ConnectedAccount {
    /// Whether nothing is missing.
    pub fn is_active(&self) -> bool {
        self.can_receive && self.can_pay_out && !self.gone
    }
}
