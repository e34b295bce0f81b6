//! Payouts.

use serde::{Deserialize, Serialize};

use crate::id::{PayoutId, UserId};
use crate::money::Cents;
use crate::time::Timestamp;

/// How far a payout is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum PayoutStatus {
    /// It is due to the receiver and was not sent.
    Owed = 1,
}

impl PayoutStatus {
    /// Every status. Numbered from 1 without gaps.
    pub const ALL: [PayoutStatus; 1] = [PayoutStatus::Owed];

    /// The stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            PayoutStatus::Owed => "owed",
        }
    }
}

/// What a receiver is to be paid for a verified job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutRecord {
    /// The payout's id, made from the job's.
    pub id: PayoutId,
    /// Who is paid.
    pub receiver: UserId,
    /// How much.
    pub amount: Cents,
    /// In which currency, as a lower-case ISO 4217 code.
    pub currency: String,
    /// How far it is.
    pub status: PayoutStatus,
    /// When the job was verified.
    pub created_at: Timestamp,
}
