//! Payouts.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{PayoutId, UserId};
use crate::money::Cents;
use crate::payments::Mode;
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

    /// Whether the receiver is still owed the amount.
    pub const fn is_unpaid(self) -> bool {
        matches!(
            self,
            PayoutStatus::Owed
                | PayoutStatus::Sending
                | PayoutStatus::Unknown
                | PayoutStatus::Declined
        )
    }
}

impl fmt::Display for PayoutStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a payout waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// The receiver has no account that money can be sent to.
    Account,
    /// Payouts may take no more than they have taken.
    Budget,
    /// The exchange's balance at the provider is too low.
    PlatformBalance,
    /// The provider did not carry out what it was asked; it is asked again.
    Provider,
    /// The outbox is stopped.
    Stopped,
    /// An attempt is open that was made for another account or mode of the exchange.
    OtherAccount,
    /// Whether an attempt was carried out is being found out.
    Doubt,
    /// A person has to look.
    Person,
}

impl Wait {
    /// Every reason.
    pub const ALL: [Wait; 8] = [
        Wait::Account,
        Wait::Budget,
        Wait::PlatformBalance,
        Wait::Provider,
        Wait::Stopped,
        Wait::OtherAccount,
        Wait::Doubt,
        Wait::Person,
    ];

    /// The stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Wait::Account => "account",
            Wait::Budget => "budget",
            Wait::PlatformBalance => "platform_balance",
            Wait::Provider => "provider",
            Wait::Stopped => "stopped",
            Wait::OtherAccount => "other_account",
            Wait::Doubt => "doubt",
            Wait::Person => "person",
        }
    }
}

/// Whose books something was asked of: the exchange's account at the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// The account whose money is sent.
    pub account: String,
    /// Whether the money is real.
    pub mode: Mode,
}

/// A complete listing in which no transfer of a payout was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// When it was begun, by the provider's clock where that can be told.
    pub at: Timestamp,
    /// Of whose transfers.
    pub platform: Platform,
}

/// The proof that what was sent was not carried out and never will be: two complete listings, long
/// after the last send and well apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    /// When it was sent last, or may have been.
    pub last_sent_at: Timestamp,
    /// When the first listing was begun.
    pub first: Timestamp,
    /// When the second one was begun.
    pub second: Timestamp,
    /// Of whose transfers.
    pub platform: Platform,
    /// Whether an operator says so instead, and one listing agreed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub by_operator: bool,
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
    /// When the outbox looks at it next; none where only news, a change elsewhere or a person
    /// moves it on. While an attempt is being sent, the end of the sender's lease.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// The number of the latest attempt; 0 before the first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempt: u32,
    /// Why it waits, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Wait>,
    /// How often in a row it was put off.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub tries: u32,
    /// The transfer that paid it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<String>,
    /// How much of that transfer was taken back.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub reversed: Cents,
    /// When it was found in an old copy of the store: what was sent since the copy was made is not
    /// known, so this counts as the last send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored_at: Option<Timestamp>,
    /// The first of the two listings that prove absence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<Look>,
    /// The latest proof of absence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Absence>,
    /// What went wrong last, for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What an operator said of it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When it changed last; none before the first change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Timestamp>,
}

impl PayoutRecord {
    /// A payout that is due from now on.
    pub fn owed(
        id: PayoutId,
        receiver: UserId,
        amount: Cents,
        currency: String,
        now: Timestamp,
    ) -> PayoutRecord {
        PayoutRecord {
            id,
            receiver,
            amount,
            currency,
            status: PayoutStatus::Owed,
            created_at: now,
            due_at: Some(now),
            attempt: 0,
            wait: None,
            tries: 0,
            transfer: None,
            reversed: Cents::ZERO,
            restored_at: None,
            look: None,
            proof: None,
            error: None,
            note: None,
            changed_at: None,
        }
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn is_nothing(amount: &Cents) -> bool {
    *amount == Cents::ZERO
}
