//! A payout's steps, read one after the other, as the life that they tell, and what each of them
//! demands of the ledger: the audit's own reading of the rules, apart from the code that decides.

use std::time::Duration;

use crate::job::Actor;
use crate::ledger::{Account, Flow, Posting, Reason};
use crate::money::Cents;
use crate::payments::DeclineClass;
use crate::record::{Absence, PayoutRecord, PayoutStatus, StepKind, StepRecord};

/// How long after the last send the first listing of a proof is taken, and how long after that the
/// second one.
const PROOF: (Duration, Duration) = (
    Duration::from_secs(24 * 60 * 60),
    Duration::from_secs(10 * 60),
);

/// Where a payout stands after some of its steps.
#[derive(Debug)]
pub(super) struct Paying<'a> {
    payout: &'a PayoutRecord,
    status: PayoutStatus,
    attempt: u32,
    /// Whether the latest attempt may still be sent or carried out; so long, it has its share of
    /// the budget.
    open: bool,
    transfer: Option<String>,
    reversed: Cents,
}

impl<'a> Paying<'a> {
    /// A payout that its job has just made.
    pub(super) fn new(payout: &'a PayoutRecord) -> Paying<'a> {
        Paying {
            payout,
            status: PayoutStatus::Owed,
            attempt: 0,
            open: false,
            transfer: None,
            reversed: Cents::ZERO,
        }
    }

    /// Goes one step on, and gives what that moves.
    ///
    /// # Errors
    /// Why the step cannot be the next one.
    pub(super) fn step(&mut self, step: &StepRecord) -> Result<Vec<Posting>, String> {
        use PayoutStatus::{Declined, Owed, Paid, Sending, Unknown, WrittenOff};
        let from = self.status;
        let mut postings = Vec::new();
        let (legal, to): (&[PayoutStatus], _) = match &step.kind {
            StepKind::Begun { attempt } => {
                let next = self.attempt.saturating_add(1);
                if self.open || *attempt != next {
                    let before = self.attempt;
                    return Err(format!("attempt {attempt} cannot follow on {before}"));
                }
                (self.attempt, self.open) = (next, true);
                postings.extend(self.flow(Account::Budget, Account::Reserved));
                (&[Owed], Sending)
            }
            StepKind::Resent { attempt } => {
                if !self.open || *attempt != self.attempt {
                    return Err(format!("attempt {attempt} is not open"));
                }
                let to = if from == Owed { Sending } else { Unknown };
                (&[Owed, Unknown], to)
            }
            StepKind::Put { .. } => (&[Owed, Unknown], from),
            StepKind::Woken => (&[Owed, Declined], Owed),
            StepKind::NotExecuted { .. } => (&[Sending], Owed),
            StepKind::Doubted { .. } => (&[Sending, Unknown], Unknown),
            StepKind::Lapsed => (&[Sending], Unknown),
            StepKind::Declined { class, .. } => {
                postings.extend(self.release());
                let to = match class {
                    DeclineClass::Platform | DeclineClass::Account => Owed,
                    DeclineClass::Person => Declined,
                };
                (&[Sending], to)
            }
            StepKind::Looked(_) | StepKind::LookFailed { .. } => (&[Unknown], Unknown),
            StepKind::Absent(proof) => {
                if !proves(proof, &step.actor) {
                    return Err(format!("{proof:?} proves nothing"));
                }
                postings.extend(self.release());
                (&[Unknown], Owed)
            }
            StepKind::Referred { .. } => (&[Sending, Unknown], Unknown),
            StepKind::Paid { transfer, reversed } => {
                if !self.open {
                    postings.extend(self.flow(Account::Budget, Account::Reserved));
                }
                self.open = false;
                let payable = match from {
                    WrittenOff => Account::Recovered,
                    _ => self.payable(),
                };
                postings.extend(self.flow(payable, Account::Provider));
                self.transfer = Some(transfer.clone());
                postings.extend(self.take_back(*reversed));
                (
                    &[Owed, Sending, Unknown, Declined, WrittenOff],
                    self.taken_back(),
                )
            }
            StepKind::Reversed { total } => {
                if *total <= self.reversed {
                    return Err(format!("{total} were taken back before"));
                }
                postings.extend(self.take_back(*total));
                (&[Paid], self.taken_back())
            }
            StepKind::WrittenOff => {
                postings.extend(self.release());
                postings.extend(self.flow(self.payable(), Account::Recovered));
                (&[Owed, Declined], WrittenOff)
            }
            StepKind::Restored => (&[Owed, Sending, Declined, Unknown], Unknown),
        };
        self.status = to;
        match legal.contains(&from) {
            true => Ok(postings),
            false => Err(format!("{:?} cannot follow on {from}", step.kind)),
        }
    }

    /// Compares the end of the history with the payout.
    ///
    /// # Errors
    /// In what they differ.
    pub(super) fn leads_to(&self) -> Result<(), String> {
        let payout = self.payout;
        let told = (self.status, self.attempt, &self.transfer, self.reversed);
        let stands = (
            payout.status,
            payout.attempt,
            &payout.transfer,
            payout.reversed,
        );
        match told == stands {
            true => Ok(()),
            false => Err(format!(
                "the payout stands at {stands:?}, its steps lead to {told:?} \
                 (status, attempt, transfer, reversed)"
            )),
        }
    }

    /// Whether the latest attempt may still be sent or carried out.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    fn payable(&self) -> Account {
        Account::Payable(self.payout.receiver.clone())
    }

    /// What ends the open attempt gives back.
    fn release(&mut self) -> Vec<Posting> {
        match std::mem::take(&mut self.open) {
            true => self.flow(Account::Reserved, Account::Budget),
            false => Vec::new(),
        }
    }

    fn take_back(&mut self, total: Cents) -> Vec<Posting> {
        let more = Cents::new(total.units().saturating_sub(self.reversed.units()));
        self.reversed = total;
        match more == Cents::ZERO {
            true => Vec::new(),
            false => self.flow_of(more, Account::Provider, Account::Recovered),
        }
    }

    fn taken_back(&self) -> PayoutStatus {
        match self.reversed >= self.payout.amount {
            true => PayoutStatus::Reversed,
            false => PayoutStatus::Paid,
        }
    }

    fn flow(&self, from: Account, to: Account) -> Vec<Posting> {
        self.flow_of(self.payout.amount, from, to)
    }

    fn flow_of(&self, amount: Cents, from: Account, to: Account) -> Vec<Posting> {
        let job = self.payout.id.job();
        let flow = Flow {
            from,
            to,
            reason: Reason::job(job),
            job: Some(job),
            at: self.payout.created_at,
        };
        flow.cents(amount).into()
    }
}

/// Whether a proof is one: far enough after the last send and apart, or an operator's word.
fn proves(proof: &Absence, actor: &Actor) -> bool {
    let (after, apart) = PROOF;
    match proof.by_operator {
        true => *actor == Actor::Admin,
        false => {
            proof.first >= proof.last_sent_at.after(after)
                && proof.second >= proof.first.after(apart)
        }
    }
}
