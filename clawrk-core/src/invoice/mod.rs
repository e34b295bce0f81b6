//! What a paid invoice grants: a pure function of the invoice, the plans, and whose it is.

#[cfg(test)]
mod tests;

use std::fmt;

use crate::id::UserId;
use crate::ledger::{Account, Flow, Posting, Reason};
use crate::money::{Cents, Credits};
use crate::payments::{Invoice, InvoiceLine};
use crate::policy::{Plan, Policy};
use crate::record::Grant;
use crate::time::Timestamp;

/// The most credits that an invoice grants by itself: as many as an operator may give at once.
pub(crate) const CREDITS_MAX: i64 = 1_000_000_000;

/// The most that an invoice may have brought to be taken at its word, in the currency's smallest
/// unit.
pub(crate) const PAID_MAX: i64 = 1_000_000_000_000;

/// The most plans that an invoice grants credits of by itself.
pub(crate) const GRANTS_MAX: usize = 50;

/// The most lines that are looked at.
pub(crate) const LINES_MAX: usize = 1_000;

/// By what an invoice is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'a> {
    /// What is sold.
    pub(crate) policy: &'a Policy,
    /// The id of this exchange's store.
    pub(crate) store: &'a str,
}

/// What comes of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It grants credits to a user.
    Grant(UserId, Vec<Grant>),
    /// It grants nothing.
    Nothing(Why),
    /// Something has to become known first.
    Park(Missing),
}

/// Why an invoice grants nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// It belongs to another exchange.
    Foreign,
    /// It only settles changes in the middle of a period.
    Proration,
    /// Nothing was paid for any plan: a trial, or a full discount.
    Unpaid,
    /// What was paid for has no credits.
    NoCredits,
}

impl Why {
    /// The stable text.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Why::Foreign => "foreign_store",
            Why::Proration => "proration",
            Why::Unpaid => "unpaid",
            Why::NoCredits => "no_credits",
        }
    }
}

/// What an invoice waits for. The text begins with one word for what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It is in another currency than this exchange's.
    Currency(String),
    /// It has more lines than came with it.
    Lines,
    /// Nobody here is known to have bought it.
    User,
    /// What was bought is no plan.
    Plan,
    /// A person has to look at its numbers; why.
    Amount(&'static str),
}

impl Missing {
    /// The word for what it is.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Missing::Currency(_) => "currency",
            Missing::Lines => "lines",
            Missing::User => "user",
            Missing::Plan => "plan",
            Missing::Amount(_) => "amount",
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.word();
        match self {
            Missing::Currency(currency) => write!(f, "{word}: it is in {currency:?}"),
            Missing::Lines => write!(f, "{word}: it has more than came with it"),
            Missing::User => write!(f, "{word}: nobody here is known to have bought it"),
            Missing::Plan => write!(f, "{word}: none has its price, and none is noted with it"),
            Missing::Amount(why) => write!(f, "{word}: {why}"),
        }
    }
}

/// What comes of an invoice of that user; none where nobody knows whose it is.
pub(crate) fn judge(invoice: &Invoice, rules: Rules<'_>, user: Option<&UserId>) -> Verdict {
    match sold(invoice, rules) {
        Err(verdict) => verdict,
        Ok(grants) => match user {
            None => Verdict::Park(Missing::User),
            Some(user) => Verdict::Grant(user.clone(), grants),
        },
    }
}

/// The credits that were paid for, whoever did; else what comes of the invoice.
fn sold(invoice: &Invoice, rules: Rules<'_>) -> Result<Vec<Grant>, Verdict> {
    let Rules { policy, store } = rules;
    if is_foreign(invoice.owner.store.as_deref(), store) {
        return Err(Verdict::Nothing(Why::Foreign));
    }
    if invoice.currency != policy.currency {
        return Err(Verdict::Park(Missing::Currency(invoice.currency.clone())));
    }
    if !(0..=PAID_MAX).contains(&invoice.paid.units()) {
        let why = "what was paid is negative, or more than 10^12";
        return Err(Verdict::Park(Missing::Amount(why)));
    }
    if invoice.lines.len() > LINES_MAX {
        return Err(Verdict::Park(Missing::Amount("it has over 1000 lines")));
    }
    if invoice.more_lines {
        return Err(Verdict::Park(Missing::Lines));
    }
    let lines = priced(invoice, &policy.plans)?;
    if lines.iter().all(|(line, _)| !counts(line)) {
        let settles = !lines.is_empty() && lines.iter().all(|(line, _)| line.proration);
        let why = if settles { Why::Proration } else { Why::Unpaid };
        return Err(Verdict::Nothing(why));
    }
    add_up(&lines)
}

/// Whether something belongs to another exchange. What says nothing may be anybody's.
pub(crate) fn is_foreign(noted: Option<&str>, store: &str) -> bool {
    noted.is_some_and(|noted| noted != store)
}

/// Whether a line was paid for by itself.
fn counts(line: &InvoiceLine) -> bool {
    !line.proration && line.net > Cents::ZERO
}

/// The lines that sell plans: those with a price that is known. Where there is none, the plan that
/// was noted with the invoice; then it must be clear which line is its.
fn priced<'a>(
    invoice: &'a Invoice,
    plans: &'a [Plan],
) -> Result<Vec<(&'a InvoiceLine, &'a Plan)>, Verdict> {
    let with_price = |line: &'a InvoiceLine| {
        let price = line.price.as_ref()?;
        let plan = plans.iter().find(|plan| plan.price_ids.contains(price))?;
        Some((line, plan))
    };
    let known: Vec<_> = invoice.lines.iter().filter_map(with_price).collect();
    if !known.is_empty() {
        return Ok(known);
    }
    let noted = invoice.owner.tier.as_ref();
    let noted = noted.and_then(|tier| plans.iter().find(|plan| plan.tier == *tier));
    let Some(plan) = noted else {
        return Err(Verdict::Park(Missing::Plan));
    };
    if invoice.lines.iter().filter(|line| counts(line)).count() > 1 {
        let why = "no price of it is known, and several lines were paid for";
        return Err(Verdict::Park(Missing::Amount(why)));
    }
    Ok(invoice.lines.iter().map(|line| (line, plan)).collect())
}

/// The credits of all lines that count, by plan.
fn add_up(lines: &[(&InvoiceLine, &Plan)]) -> Result<Vec<Grant>, Verdict> {
    let too_much = || Verdict::Park(Missing::Amount("it would grant more than 10^9 credits"));
    let mut grants: Vec<Grant> = Vec::new();
    for (line, plan) in lines.iter().filter(|(line, _)| counts(line)) {
        let quantity = i64::try_from(line.quantity).map_err(|_| too_much())?;
        let credits = plan.credits.units().checked_mul(quantity);
        let credits = Credits::new(credits.ok_or_else(too_much)?);
        match grants.iter_mut().find(|grant| grant.tier == plan.tier) {
            Some(grant) => {
                let sum = grant.credits.checked_add(credits);
                grant.credits = sum.ok_or_else(too_much)?;
            }
            None => grants.push(Grant {
                tier: plan.tier.clone(),
                credits,
            }),
        }
    }
    grants.retain(|grant| grant.credits > Credits::ZERO);
    let sum: i128 = grants.iter().map(|g| i128::from(g.credits.units())).sum();
    match sum {
        0 => Err(Verdict::Nothing(Why::NoCredits)),
        _ if sum > i128::from(CREDITS_MAX) => Err(too_much()),
        _ if grants.len() > GRANTS_MAX => {
            Err(Verdict::Park(Missing::Amount("it is of over 50 plans")))
        }
        _ => Ok(grants),
    }
}

/// What an invoice moves in the ledger when it is settled: first the money that came, then the
/// credits that it grants. One that belongs to another exchange moves nothing.
pub(crate) fn postings(invoice: &Invoice, verdict: &Verdict, at: Timestamp) -> Vec<Posting> {
    let flow = |from, to, reason| Flow {
        from,
        to,
        reason,
        job: None,
        at,
    };
    let mut postings = Vec::new();
    let settled = match verdict {
        Verdict::Grant(..) => true,
        Verdict::Nothing(why) => *why != Why::Foreign,
        Verdict::Park(_) => false,
    };
    if settled && invoice.paid > Cents::ZERO {
        let reason = Reason::invoice(&invoice.id);
        let sale = flow(Account::Provider, Account::Sales, reason.clone());
        let budget = flow(Account::Receipts, Account::Budget, reason);
        postings.extend(sale.cents(invoice.paid));
        postings.extend(budget.cents(invoice.paid));
    }
    if let Verdict::Grant(user, grants) = verdict {
        for Grant { tier, credits } in grants {
            let issued = Account::Issued(tier.clone());
            let reason = Reason::subscription(tier);
            let grant = flow(issued, Account::User(user.clone()), reason);
            postings.extend(grant.credits(*credits));
        }
    }
    postings
}
