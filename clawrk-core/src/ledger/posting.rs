//! One leg of a flow.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::JobId;
use crate::ledger::Account;
use crate::money::{Cents, Credits};
use crate::time::Timestamp;

/// Why an amount moved: one of a closed list, as users see it in their ledger.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reason(String);

impl Reason {
    /// A job was made or verified: `job:<id>`.
    pub fn job(job: JobId) -> Reason {
        Reason(format!("job:{job}"))
    }

    /// A job gave its credits back: `refund:<id>`.
    pub fn refund(job: JobId) -> Reason {
        Reason(format!("refund:{job}"))
    }

    /// An operator gave or took credits: `admin:<text>`.
    pub fn admin(text: &str) -> Reason {
        Reason(format!("admin:{text}"))
    }

    /// A paid invoice granted the credits of a plan: `subscription:<tier>`.
    pub fn subscription(tier: &str) -> Reason {
        Reason(format!("subscription:{tier}"))
    }

    /// A paid invoice brought money: `invoice:<id>`. No user's ledger shows it.
    pub fn invoice(id: &str) -> Reason {
        Reason(format!("invoice:{id}"))
    }

    /// The reason's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What one account gains in a commit. The store numbers the entry and keeps the balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// The account that gains `delta`.
    pub account: Account,
    /// What it gains, in the smallest unit of its commodity; negative for a loss.
    pub delta: i64,
    /// The commit fails as `Short` if the balance after all its postings would be below this.
    /// Only for accounts that have a balance.
    pub floor: Option<i64>,
    /// The other side of the flow.
    pub other_account: Account,
    /// Why.
    pub reason: Reason,
    /// The job that it is about.
    pub job: Option<JobId>,
    /// When.
    pub at: Timestamp,
}

/// What both legs of a flow have in common.
#[derive(Debug, Clone)]
pub(crate) struct Flow {
    pub(crate) from: Account,
    pub(crate) to: Account,
    pub(crate) reason: Reason,
    pub(crate) job: Option<JobId>,
    pub(crate) at: Timestamp,
}

impl Flow {
    /// Both legs of a flow of credits; what has a balance may not fall below zero.
    pub(crate) fn credits(self, amount: Credits) -> [Posting; 2] {
        self.legs(amount.units(), Some(0))
    }

    /// Both legs of a flow of cents, whatever they leave.
    pub(crate) fn cents(self, amount: Cents) -> [Posting; 2] {
        self.legs(amount.units(), None)
    }

    /// Both legs of a flow of cents that must leave at least `floor` where it comes from.
    pub(crate) fn cents_above(self, amount: Cents, floor: Cents) -> [Posting; 2] {
        self.legs(amount.units(), Some(floor.units()))
    }

    /// The floor is for the leg that loses, and only where a balance is kept.
    fn legs(self, amount: i64, floor: Option<i64>) -> [Posting; 2] {
        let leg = |account: &Account, other: &Account, delta: i64| Posting {
            account: account.clone(),
            delta,
            floor: floor.filter(|_| delta < 0 && account.has_balance()),
            other_account: other.clone(),
            reason: self.reason.clone(),
            job: self.job,
            at: self.at,
        };
        [
            leg(&self.from, &self.to, -amount),
            leg(&self.to, &self.from, amount),
        ]
    }
}
