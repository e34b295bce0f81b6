//! Users and their API keys.

use serde::{Deserialize, Serialize};

use crate::id::{CommitId, KeyId, UserId};
use crate::record::{BankNews, ConnectedRecord, EarlierAccount};
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
    /// Who the user is to the payment provider as one who buys, by the provider's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// The number in the key that the customer is or was made under; 0 while none was begun.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub customers: u32,
    /// Where the user is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<ConnectedRecord>,
    /// The number in the key that the account is or will be made under; 0 while none was begun.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub accounts: u32,
    /// The accounts before this one, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_accounts: Vec<EarlierAccount>,
    /// What became known last of the account's bank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank: Option<BankNews>,
    /// The commit that made it.
    pub commit: CommitId,
}

impl UserRecord {
    /// A user who is unknown to the payment provider and has no login codes.
    pub fn new(id: UserId, name: Option<String>, made: Timestamp, commit: CommitId) -> UserRecord {
        UserRecord {
            id,
            name,
            disabled: false,
            created_at: made,
            login_codes: Vec::new(),
            customer: None,
            customers: 0,
            account: None,
            accounts: 0,
            earlier_accounts: Vec::new(),
            bank: None,
            commit,
        }
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Body, Record};

    #[test]
    fn what_a_user_does_not_have_is_not_written() {
        let at = Timestamp::from_millis(5);
        let commit = CommitId::from_bits(1);
        let ann = UserRecord::new(UserId::new("ann").unwrap(), None, at, commit);
        let json = serde_json::to_string(&ann).unwrap();
        assert_eq!(
            json,
            format!(
                "{{\"id\":\"ann\",\"name\":null,\"disabled\":false,\
                 \"created_at\":\"{at}\",\"commit\":\"{commit}\"}}"
            )
        );
        let record = Record::new(1, Body::User(ann));
        assert_eq!(Record::decode(&record.encode().unwrap()).unwrap(), record);
    }
}
