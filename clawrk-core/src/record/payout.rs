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
    /// It is due to the receiver, and nothing is on its way.
    Owed = 1,
    /// An attempt is being sent.
    Sending = 2,
    /// An attempt was sent, and whether it was carried out is not known.
    Unknown = 3,
    /// The receiver has it.
    Paid = 4,
    /// The provider will not do it; a person has to look.
    Declined = 5,
    /// It was paid, and all of it was taken back.
    Reversed = 6,
    /// An operator has decided that it will not be paid.
    WrittenOff = 7,
}

impl PayoutStatus {
    /// Every status. Numbered from 1 without gaps.
    pub const ALL: [PayoutStatus; 7] = [
        PayoutStatus::Owed,
        PayoutStatus::Sending,
        PayoutStatus::Unknown,
        PayoutStatus::Paid,
        PayoutStatus::Declined,
        PayoutStatus::Reversed,
        PayoutStatus::WrittenOff,
    ];

    /// The stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            PayoutStatus::Owed => "owed",
            PayoutStatus::Sending => "sending",
            PayoutStatus::Unknown => "unknown",
            PayoutStatus::Paid => "paid",
            PayoutStatus::Declined => "declined",
            PayoutStatus::Reversed => "reversed",
            PayoutStatus::WrittenOff => "written_off",
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
    /// When the outbox looks at it next; none where only news or a person moves it on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
}
