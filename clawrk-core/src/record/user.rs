//! Users and their API keys.

use serde::{Deserialize, Serialize};

use crate::id::{CommitId, KeyId, UserId};
use crate::time::Timestamp;

/// A user as stored. The credits are an account of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRecord {
    /// The user's id.
    pub id: UserId,
    /// A name for people.
    pub name: Option<String>,
    /// Whether the user's tokens are refused.
    pub disabled: bool,
    /// When the row was made.
    pub created_at: Timestamp,
    /// The login codes that were given out and not used, oldest first; some may have expired.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub login_codes: Vec<OpenCode>,
    /// The commit that made it.
    pub commit: CommitId,
}

/// A login code that was given out and not used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCode {
    /// What it is stored under: the SHA-256 of the code, in hexadecimal digits.
    pub key: String,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// An API key as stored: a hash, never the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyRecord {
    /// The public part.
    pub id: KeyId,
    /// Whose key it is.
    pub user: UserId,
    /// A name for people.
    pub name: Option<String>,
    /// The SHA-256 of the secret part, which has 256 random bits.
    #[serde(with = "super::hex")]
    pub hash: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to some minutes; none where it never was.
    #[serde(default)]
    pub last_used_at: Option<Timestamp>,
    /// The commit that made it.
    pub commit: CommitId,
}
