//! What a job's life demands of the ledger, told from its terms and where it stands alone: the
//! audit's own reading of the rules, apart from the code that decides.

use crate::id::UserId;
use crate::job::{JobRecord, OnRejected, State};
use crate::ledger::{Account, Flow, Posting, Reason};
use crate::money::{Cents, Credits};

/// The postings of the commit that made the job, in their order.
pub(super) fn opening(job: &JobRecord) -> Vec<Posting> {
    if job.terms.held == Credits::ZERO {
        return Vec::new();
    }
    let from = Account::User(job.sender.clone());
    flow(job, from, Account::Hold(job.id), Reason::job(job.id))
        .credits(job.terms.held)
        .into()
}

/// The postings of the commit that ended the job, in their order; none while it is open.
pub(super) fn closing(job: &JobRecord) -> Vec<Posting> {
    let mut postings = Vec::new();
    if let Some((to, reason)) = goes_to(job)
        && job.terms.held != Credits::ZERO
    {
        let hold = flow(job, Account::Hold(job.id), to, reason);
        postings.extend(hold.credits(job.terms.held));
    }
    if let Some((receiver, amount)) = payout(job) {
        let payable = Account::Payable(receiver.clone());
        let owed = flow(job, Account::PayoutCost, payable, Reason::job(job.id));
        postings.extend(owed.cents(amount));
    }
    postings
}

/// Whom the job pays, and what; none where it pays nobody.
pub(super) fn payout(job: &JobRecord) -> Option<(&UserId, Cents)> {
    match &job.state {
        State::Verified { receiver } if *receiver != job.sender => {
            (job.terms.payout != Cents::ZERO).then_some((receiver, job.terms.payout))
        }
        _ => None,
    }
}

/// Where the hold of a job that ended went.
fn goes_to(job: &JobRecord) -> Option<(Account, Reason)> {
    let refund = || {
        let sender = Account::User(job.sender.clone());
        Some((sender, Reason::refund(job.id)))
    };
    match &job.state {
        State::Queued
        | State::Accepted { .. }
        | State::InProgress { .. }
        | State::Submitted { .. } => None,
        State::Cancelled | State::Failed { .. } => refund(),
        State::Verified { receiver } if *receiver == job.sender => refund(),
        State::Verified { .. } => Some((Account::Spent, Reason::job(job.id))),
        State::Rejected { .. } => match job.terms.on_rejected {
            OnRejected::Keep => Some((Account::Forfeited, Reason::job(job.id))),
            OnRejected::Refund | OnRejected::Requeue => refund(),
        },
    }
}

fn flow(job: &JobRecord, from: Account, to: Account, reason: Reason) -> Flow {
    Flow {
        from,
        to,
        reason,
        job: Some(job.id),
        at: job.created_at,
    }
}
