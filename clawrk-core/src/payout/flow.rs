//! What the steps of a payout move in the ledger.

use crate::ledger::{Account, Flow, Posting, Reason};
use crate::money::Cents;
use crate::record::PayoutRecord;
use crate::time::Timestamp;

/// What moves, for one payout.
pub(super) struct Flows<'a> {
    pub(super) payout: &'a PayoutRecord,
    pub(super) at: Timestamp,
}

impl Flows<'_> {
    fn between(&self, from: Account, to: Account) -> Flow {
        let job = self.payout.id.job();
        Flow {
            from,
            to,
            reason: Reason::job(job),
            job: Some(job),
            at: self.at,
        }
    }

    fn payable(&self) -> Account {
        Account::Payable(self.payout.receiver.clone())
    }

    /// The budget is taken, if it is there.
    pub(super) fn reserve_above(&self, floor: Option<Cents>) -> [Posting; 2] {
        let flow = self.between(Account::Budget, Account::Reserved);
        match floor {
            Some(floor) => flow.cents_above(self.payout.amount, floor),
            None => flow.cents(self.payout.amount),
        }
    }

    /// The budget is given back.
    pub(super) fn release(&self) -> [Posting; 2] {
        let flow = self.between(Account::Reserved, Account::Budget);
        flow.cents_above(self.payout.amount, Cents::ZERO)
    }

    pub(super) fn pay(&self) -> [Posting; 2] {
        let flow = self.between(self.payable(), Account::Provider);
        flow.cents(self.payout.amount)
    }

    /// What was written off is paid after all.
    pub(super) fn pay_written_off(&self) -> [Posting; 2] {
        let flow = self.between(Account::Recovered, Account::Provider);
        flow.cents(self.payout.amount)
    }

    pub(super) fn write_off(&self) -> [Posting; 2] {
        let flow = self.between(self.payable(), Account::Recovered);
        flow.cents(self.payout.amount)
    }

    pub(super) fn take_back(&self, amount: Cents) -> [Posting; 2] {
        self.between(Account::Provider, Account::Recovered)
            .cents(amount)
    }
}
