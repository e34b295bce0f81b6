//! Payouts and the outbox as the operator sees them.

use serde::{Deserialize, Serialize};

use crate::id::{JobId, PayoutId, UserId};
use crate::money::Cents;
use crate::record::{Absence, Pause, PayoutRecord, PayoutStatus, Resumed, Stop, Wait};
use crate::time::Timestamp;

/// A payout as the operator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutDetail {
    /// The payout's id.
    pub id: PayoutId,
    /// The job that it pays for.
    pub job: JobId,
    /// Who is paid.
    pub receiver: UserId,
    /// How much.
    pub amount_cents: Cents,
    /// In which currency.
    pub currency: String,
    /// How far it is.
    pub status: PayoutStatus,
    /// Why it waits, where it does.
    pub wait: Option<Wait>,
    /// When the outbox looks at it next; none where something else moves it on.
    pub due_at: Option<Timestamp>,
    /// How many attempts there were.
    pub attempts: u32,
    /// What went wrong last.
    pub error: Option<String>,
    /// The transfer that paid it, by the provider's id.
    pub transfer: Option<String>,
    /// How much of that was taken back.
    pub reversed_cents: Cents,
    /// The latest proof that what was sent was not carried out.
    pub proof: Option<Absence>,
    /// What an operator said of it last.
    pub note: Option<String>,
    /// When the job was verified.
    pub created_at: Timestamp,
    /// When it changed last.
    pub changed_at: Option<Timestamp>,
}

impl From<PayoutRecord> for PayoutDetail {
    fn from(payout: PayoutRecord) -> PayoutDetail {
        PayoutDetail {
            id: payout.id,
            job: payout.id.job(),
            receiver: payout.receiver,
            amount_cents: payout.amount,
            currency: payout.currency,
            status: payout.status,
            wait: payout.wait,
            due_at: payout.due_at,
            attempts: payout.attempt,
            error: payout.error,
            transfer: payout.transfer,
            reversed_cents: payout.reversed,
            proof: payout.proof,
            note: payout.note,
            created_at: payout.created_at,
            changed_at: payout.changed_at,
        }
    }
}

/// A page of payouts, for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutDetails {
    /// The payouts, oldest first.
    pub items: Vec<PayoutDetail>,
    /// The cursor of the next page; none at the end.
    pub next: Option<String>,
}

/// What an operator says of a payout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Resolution {
    /// It was paid by that transfer, which is fetched and compared.
    Paid {
        /// The transfer, by the provider's id.
        transfer: String,
    },
    /// It was not paid. Refused where the provider lists a transfer.
    Absent {
        /// How that is known.
        note: String,
    },
    /// It will not be paid.
    WrittenOff {
        /// Why.
        note: String,
    },
}

/// Whether anything is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxState {
    /// Whether what is owed is sent.
    pub running: bool,
    /// Why not, until an operator says so.
    pub stop: Option<Stop>,
    /// What else was found since then.
    pub also: Vec<Stop>,
    /// Until when nothing is asked, since the provider could not be reached.
    pub pause: Option<Pause>,
    /// Until when no payout is tried, since the exchange's balance at the provider is too low.
    pub circuit: Option<Pause>,
    /// What payouts may still take, in cents; none where that is not limited.
    pub budget_left_cents: Option<Cents>,
    /// When the provider's list of transfers was last seen whole.
    pub watched_at: Option<Timestamp>,
    /// Who took up sending again last.
    pub resumed: Option<Resumed>,
}
