//! Credits and payouts of users.

use serde::{Deserialize, Serialize};

use crate::engine::commit::CommitFailure;
use crate::engine::once::Recalled;
use crate::engine::{Call, Engine, PageRequest, limits};
use crate::error::{Error, Rejection};
use crate::id::{JobId, PayoutId, UserId};
use crate::ledger::{Account, Flow, Reason};
use crate::money::{Cents, Credits};
use crate::record::{Answer, Body, PayoutStatus};
use crate::store::{Guard, Index, Key};
use crate::time::Timestamp;

/// The most credits that an operator may give or take at once.
const GRANT_MAX: i64 = 1_000_000_000;

/// How often a grant is decided afresh. Its answer holds the balance, so it loses to every posting
/// that comes between; at a sender with n jobs on the way it wins about one time in n.
const GRANT_DECISIONS_MAX: usize = 1_000;

/// The longest reason, in bytes.
const REASON_BYTES_MAX: usize = 200;

/// An entry of a user's ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The entry's number in the user's ledger, from 1 without gaps.
    pub id: u64,
    /// What the user gained; negative for what was spent.
    pub delta: Credits,
    /// The balance after it.
    pub balance: Credits,
    /// Why: `job:<id>`, `refund:<id>` or `admin:<text>`.
    pub reason: Reason,
    /// When.
    pub created_at: Timestamp,
}

/// A page of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries {
    /// The entries, newest first.
    pub items: Vec<Entry>,
    /// The cursor of the next page; none at the end.
    pub next: Option<String>,
}

/// A payout as its receiver sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payout {
    /// The payout's id.
    pub id: PayoutId,
    /// The job that it pays for.
    pub job: JobId,
    /// How much.
    pub amount_cents: Cents,
    /// In which currency.
    pub currency: String,
    /// How far it is.
    pub status: PayoutStatus,
    /// The transfer that paid it, by the provider's id.
    pub transfer: Option<String>,
    /// When the job was verified.
    pub created_at: Timestamp,
}

/// A page of payouts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payouts {
    /// The payouts, newest first.
    pub items: Vec<Payout>,
    /// The cursor of the next page; none at the end.
    pub next: Option<String>,
}

impl Engine {
    /// Gives a user credits, or takes some; answers with the balance after it. For the operator.
    ///
    /// # Errors
    /// [`Rejection::AdminOnly`]; [`Rejection::Invalid`] for a delta of 0, one over 10⁹ either way,
    /// or a balance that would overflow; `Invalid` or [`Rejection::TooLong`] for the reason;
    /// [`Rejection::UserNotFound`]; [`Rejection::InsufficientCredits`] where the balance would fall
    /// below 0. [`Error::Busy`] where dozens post to the account without a pause: the answer is
    /// exact, so nobody may come in between.
    pub async fn grant_credits(
        &self,
        call: impl Into<Call<'_>>,
        user: &UserId,
        delta: Credits,
        reason: &str,
    ) -> Result<Credits, Error> {
        let call = call.into().to("grant", user);
        call.admin()?;
        for _ in 0..GRANT_DECISIONS_MAX {
            let slot = match self.recall(&call).await? {
                Recalled::Done(answer) => return replay(&call, &answer),
                Recalled::New(slot) => Some(slot),
                Recalled::Unkeyed => None,
            };
            check_grant(delta, reason)?;
            if self.user_record("grant", user).await?.is_none() {
                return Err(Rejection::UserNotFound(user.clone()).into());
            }
            let (version, balance) = self.balance("grant", user).await?;
            let after = match after_grant(balance, delta) {
                Ok(after) => after,
                Err(rejection) => {
                    let answer = self.recall_or(&call, rejection.into()).await?;
                    return replay(&call, &answer);
                }
            };
            let mut batch = self.batch()?;
            // The answer holds the balance, so nobody may change it in between.
            let account = Account::User(user.clone());
            batch.guards.push(match version {
                0 => Guard::Absent(Key::Account(account.clone())),
                _ => Guard::At(Key::Account(account.clone()), version),
            });
            let flow = Flow {
                from: Account::Issued("admin".to_owned()),
                to: account,
                reason: Reason::admin(reason),
                job: None,
                at: self.inner.clock.now(),
            };
            batch.postings.extend(flow.credits(delta));
            if let Some(slot) = slot {
                slot.remember(&mut batch, Answer::Credits(after));
            }
            match self.commit("grant", batch).await {
                Ok(()) => return Ok(after),
                Err(CommitFailure::Conflict) => {}
                Err(failure) => return Err(failure.into_error("grant")),
            }
        }
        Err(Error::Busy { op: "grant" })
    }

    /// A page of a user's ledger, newest first, of at most 1,000 entries.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] for a cursor that was not given out for this list.
    pub async fn ledger(&self, user: &UserId, page: &PageRequest) -> Result<Entries, Error> {
        let index = Index::EntriesOf(Account::User(user.clone()));
        let (rows, next) = self.records("ledger", &index, page).await?;
        let items = rows.into_iter().filter_map(|record| match record.body {
            Body::Entry(entry) => Some(Entry {
                id: entry.number?,
                delta: Credits::new(entry.delta),
                balance: Credits::new(entry.balance?),
                reason: entry.reason,
                created_at: entry.at,
            }),
            _ => None,
        });
        Ok(Entries {
            items: items.collect(),
            next,
        })
    }

    /// A page of a user's payouts, newest first, of at most 1,000.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] for a cursor that was not given out for this list.
    pub async fn payouts(&self, receiver: &UserId, page: &PageRequest) -> Result<Payouts, Error> {
        let index = Index::PayoutsOf(receiver.clone());
        let (rows, next) = self.records("payouts", &index, page).await?;
        let items = rows.into_iter().filter_map(|record| match record.body {
            Body::Payout(payout) => Some(Payout {
                id: payout.id,
                job: payout.id.job(),
                amount_cents: payout.amount,
                currency: payout.currency,
                status: payout.status,
                transfer: payout.transfer,
                created_at: payout.created_at,
            }),
            _ => None,
        });
        Ok(Payouts {
            items: items.collect(),
            next,
        })
    }
}

fn replay(call: &Call<'_>, answer: &Answer) -> Result<Credits, Error> {
    if let Some(once) = call.once {
        once.mark_replayed();
    }
    match answer {
        Answer::Credits(credits) => Ok(*credits),
        _ => Err(Rejection::IdempotencyKeyReused.into()),
    }
}

fn check_grant(delta: Credits, reason: &str) -> Result<(), Rejection> {
    if delta == Credits::ZERO || delta.units().unsigned_abs() > GRANT_MAX.unsigned_abs() {
        let cause = format!("must be between -{GRANT_MAX} and {GRANT_MAX}, and not 0");
        return Err(Rejection::invalid("delta", cause));
    }
    limits::text("reason", reason, REASON_BYTES_MAX)
}

fn after_grant(balance: Credits, delta: Credits) -> Result<Credits, Rejection> {
    let after = balance.checked_add(delta).ok_or_else(|| {
        Rejection::invalid(
            "delta",
            "would take the balance over what an account can hold",
        )
    })?;
    if after < Credits::ZERO {
        let needed = Credits::new(delta.units().saturating_abs());
        return Err(Rejection::InsufficientCredits { needed });
    }
    Ok(after)
}
