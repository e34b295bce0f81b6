//! A user's account at the payment provider: where the user is paid.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// How far a connected account is, as far as is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    /// Its owner has not completed it, or the provider holds something back.
    Pending,
    /// Nothing is missing.
    Active,
}

impl AccountStatus {
    /// The stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            AccountStatus::Pending => "pending",
            AccountStatus::Active => "active",
        }
    }
}

/// The connected account of a user. It is the user's for as long as the provider has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectedRecord {
    /// The provider's id.
    pub id: String,
    /// How far it was when the provider was last asked.
    pub status: AccountStatus,
    /// Whether money could be sent to it then. That can be so before it is active.
    pub can_receive: bool,
    /// When it became known.
    pub created_at: Timestamp,
    /// When the provider is asked again; none while nothing says that it has changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<AccountLook>,
}

/// A look at a connected account that is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountLook {
    /// When.
    pub due_at: Timestamp,
    /// How often it was tried.
    pub tries: u32,
}

/// An account that was a user's and is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierAccount {
    /// The provider's id.
    pub id: String,
    /// When it was found to be gone.
    pub gone_at: Timestamp,
}

/// What the provider told last of how an account pays on to its bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankNews {
    /// When it happened.
    pub at: Timestamp,
    /// What went wrong; none where it worked.
    pub problem: Option<String>,
}
