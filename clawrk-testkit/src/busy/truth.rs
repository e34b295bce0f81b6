//! What the money of an exchange comes to, told by everything but its ledger.

use std::collections::BTreeMap;

use clawrk_core::engine::{JobFilter, PageRequest, PayoutDetail};
use clawrk_core::id::{JobId, UserId};
use clawrk_core::job::Status;
use clawrk_core::record::PayoutStatus;
use clawrk_core::{Call, Engine};

use super::{Busy, SKILLS};
use crate::books::{BALANCE, Oracle};

/// What is known of somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// What they can spend.
    pub credits: i64,
    /// What they see of their ledger, oldest first: what they gained, why, and when.
    pub entries: Vec<(i64, String, String)>,
    /// What they are owed, in cents: payouts that are not paid, reversed or written off.
    pub owed: i64,
}

/// What the money of an exchange comes to. Amounts are credits or cents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Truth {
    /// Everybody.
    pub users: BTreeMap<UserId, Known>,
    /// How many jobs there are of each status.
    pub jobs: BTreeMap<&'static str, usize>,
    /// What open jobs hold.
    pub holds: BTreeMap<JobId, i64>,
    /// What verified jobs cost that somebody else did than who sent them.
    pub spent: i64,
    /// How many payouts there are of each status.
    pub payouts: BTreeMap<&'static str, usize>,
    /// What all payouts come to that there ever were.
    pub payout_cost: i64,
    /// What was written off or taken back, and not paid after all.
    pub recovered: i64,
    /// What was paid, whatever became of it since.
    pub paid: i64,
    /// By how much the balance at Stripe is more than in the beginning.
    pub balance: i64,
    /// What all invoices brought.
    pub sales: i64,
}

/// All of a list.
macro_rules! all {
    ($page:ident => $list:expr) => {{
        let (mut items, mut $page) = (Vec::new(), PageRequest::first());
        loop {
            let found = $list.await.unwrap();
            items.extend(found.items);
            match found.next {
                Some(next) => $page.after = Some(next),
                None => break items,
            }
        }
    }};
}

impl Truth {
    /// What the exchange and the books say now. What Stripe has not told yet is missing from the
    /// former, so [settle](Busy::settle) first where both are compared.
    ///
    /// # Panics
    /// If the exchange does not answer.
    pub async fn of(busy: &Busy) -> Truth {
        let engine = busy.engine();
        let mut truth = Truth::default();
        for user in all!(page => engine.users(Call::by_admin(), &page)) {
            truth.user(engine, user.id, user.credits.units()).await;
        }
        for payout in Truth::all_payouts(engine).await {
            truth.payout(&payout);
        }
        let mut books = busy.payments().books();
        truth.balance = books.test().balance("usd") - BALANCE;
        let out = Oracle::of(&books).sums.get("usd").copied().unwrap_or(0);
        truth.sales = truth.balance + out;
        truth
    }

    pub(super) async fn all_payouts(engine: &Engine) -> Vec<PayoutDetail> {
        all!(page => engine.all_payouts(Call::by_admin(), None, &page))
    }

    async fn user(&mut self, engine: &Engine, user: UserId, credits: i64) {
        let entries = all!(page => engine.ledger(&user, &page)).into_iter().rev();
        let entries = entries.map(|entry| {
            let (delta, at) = (entry.delta.units(), entry.created_at.to_string());
            (delta, entry.reason.to_string(), at)
        });
        let known = self.users.entry(user.clone()).or_default();
        known.credits = credits;
        known.entries = entries.collect();
        for job in all!(page => engine.jobs(&user, &JobFilter::sent(), &page)) {
            *self.jobs.entry(job.status.as_str()).or_default() += 1;
            let cost = SKILLS.iter().find(|(name, _)| *name == job.skill);
            let cost = i64::from(cost.unwrap().1);
            if !job.status.is_final() {
                self.holds.insert(job.id, cost);
            } else if job.status == Status::Verified && job.receiver != Some(job.sender) {
                self.spent += cost;
            }
        }
    }

    fn payout(&mut self, payout: &PayoutDetail) {
        let amount = payout.amount_cents.units();
        *self.payouts.entry(payout.status.as_str()).or_default() += 1;
        self.payout_cost += amount;
        self.recovered += payout.reversed_cents.units();
        match payout.status {
            PayoutStatus::Paid | PayoutStatus::Reversed => self.paid += amount,
            PayoutStatus::WrittenOff => self.recovered += amount,
            PayoutStatus::Owed
            | PayoutStatus::Sending
            | PayoutStatus::Unknown
            | PayoutStatus::Declined => {
                let known = self.users.entry(payout.receiver.clone()).or_default();
                known.owed += amount;
            }
        }
    }
}
