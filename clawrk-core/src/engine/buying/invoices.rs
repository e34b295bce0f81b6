//! Paid invoices: judged on what is known here, and settled in one commit.

use crate::engine::Engine;
use crate::engine::outside::backoff;
use crate::error::Error;
use crate::id::UserId;
use crate::invoice::{self, Missing, Rules, Verdict};
use crate::payments::{Invoice, Owner};
use crate::record::{Body, InvoiceOutcome, InvoiceRecord, Linked, Record};
use crate::store::{Batch, Guard, Key};
use crate::time::Timestamp;

/// What comes of an invoice, and what that relies on.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    guards: Vec<Guard>,
}

impl Judged {
    /// It cannot be settled, since an account would hold more than it can.
    pub(super) fn too_much() -> Judged {
        let why = "an account of the ledger would hold more than it can";
        Judged {
            verdict: Verdict::Park(Missing::Amount(why)),
            guards: Vec::new(),
        }
    }
}

impl Engine {
    /// Judges an invoice by what is known here. No provider is asked.
    pub(super) async fn judge(&self, op: &'static str, invoice: &Invoice) -> Result<Judged, Error> {
        let store = self.store_id(op).await?;
        let rules = Rules {
            policy: &self.inner.policy,
            store: &store,
        };
        let (user, guards) = self.buyer(op, &invoice.owner).await?;
        let verdict = invoice::judge(invoice, rules, user.as_ref());
        let guards = match verdict {
            Verdict::Park(Missing::User) => guards,
            _ => Vec::new(),
        };
        Ok(Judged { verdict, guards })
    }

    /// Has payouts looked at that wait for what invoices bring. What fails is left to `tick`.
    pub(super) async fn tell_budget(&self) {
        let told = match self.budget_left().await {
            Ok(None) => return,
            Ok(Some(_)) => self.sweep_soon().await,
            Err(error) => Err(error),
        };
        if let Err(error) = told {
            tracing::error!(%error, "payouts that wait for money wait on");
        }
    }

    /// Who bought something: the user that was noted with it, else whose customer it is. Where it
    /// is nobody, what that relies on. (A user stays, and so does a link.)
    async fn buyer(
        &self,
        op: &'static str,
        owner: &Owner,
    ) -> Result<(Option<UserId>, Vec<Guard>), Error> {
        let mut guards = Vec::new();
        if let Some(noted) = owner.user.as_ref().and_then(|id| UserId::new(id).ok()) {
            if self.user_record(op, &noted).await?.is_some() {
                return Ok((Some(noted), guards));
            }
            guards.push(Guard::Absent(Key::User(noted)));
        }
        if let Some(customer) = &owner.customer {
            match self.owner_of(op, Linked::Customer, customer).await? {
                // One who was linked before their first request has no record yet.
                Some(user) if self.user_record(op, &user).await?.is_none() => {
                    guards.push(Guard::Absent(Key::User(user)));
                }
                Some(user) => return Ok((Some(user), guards)),
                None => {
                    let key = Key::Link(Linked::Customer, customer.clone());
                    guards.push(Guard::Absent(key));
                }
            }
        }
        Ok((None, guards))
    }
}

/// Puts an invoice that was never seen before into the batch, with all that it moves.
pub(super) fn write_new(batch: &mut Batch, invoice: &Invoice, judged: &Judged, now: Timestamp) {
    let record = InvoiceRecord {
        invoice: invoice.clone(),
        outcome: outcome(&judged.verdict, 0, batch),
        due_at: is_parked(judged).then(|| now.after(backoff(0))),
        commit: batch.id,
    };
    batch.guards.extend(judged.guards.iter().cloned());
    batch
        .guards
        .push(Guard::Absent(Key::Invoice(invoice.id.clone())));
    batch.puts.push(Record::new(1, Body::Invoice(record)));
    let postings = invoice::postings(invoice, &judged.verdict, now);
    batch.postings.extend(postings);
}

/// Puts what became of a parked invoice into the batch, with all that it moves. It is due then
/// where it still is parked.
pub(super) fn write_again(
    batch: &mut Batch,
    version: u64,
    parked: InvoiceRecord,
    judged: &Judged,
    now: Timestamp,
) {
    let looks = match parked.outcome {
        InvoiceOutcome::Parked { looks, .. } => looks,
        InvoiceOutcome::Granted { .. } | InvoiceOutcome::Nothing { .. } => 0,
    };
    let postings = invoice::postings(&parked.invoice, &judged.verdict, now);
    let record = InvoiceRecord {
        outcome: outcome(&judged.verdict, looks, batch),
        due_at: parked.due_at.filter(|_| is_parked(judged)),
        ..parked
    };
    let key = Key::Invoice(record.invoice.id.clone());
    batch.guards.extend(judged.guards.iter().cloned());
    batch.guards.push(Guard::At(key, version));
    batch
        .puts
        .push(Record::new(version + 1, Body::Invoice(record)));
    batch.postings.extend(postings);
}

fn is_parked(judged: &Judged) -> bool {
    matches!(judged.verdict, Verdict::Park(_))
}

fn outcome(verdict: &Verdict, looks: u32, batch: &Batch) -> InvoiceOutcome {
    match verdict {
        Verdict::Grant(user, grants) => InvoiceOutcome::Granted {
            user: user.clone(),
            grants: grants.clone(),
            commit: batch.id,
        },
        Verdict::Nothing(why) => InvoiceOutcome::Nothing {
            reason: why.as_str().to_owned(),
            commit: batch.id,
        },
        Verdict::Park(missing) => InvoiceOutcome::Parked {
            missing: missing.to_string(),
            looks,
        },
    }
}

/// Tells what became of an invoice.
pub(super) fn tell(invoice: &Invoice, verdict: &Verdict) {
    let id = &invoice.id;
    match verdict {
        Verdict::Grant(user, grants) => {
            let tiers: Vec<_> = grants.iter().map(|grant| grant.tier.as_str()).collect();
            tracing::info!(invoice = id, %user, ?tiers, "an invoice granted credits");
        }
        Verdict::Nothing(why) => {
            tracing::info!(
                invoice = id,
                why = why.as_str(),
                "an invoice grants nothing"
            );
        }
        Verdict::Park(missing) => {
            tracing::warn!(invoice = id, %missing, "an invoice waits");
        }
    }
}
