//! Checkouts: a page on which a user subscribes to a plan.
//!
//! The customer is made and linked to the user first, so that whose an invoice is can be told in
//! whatever order the news come.

use crate::engine::buying::{failed, key_of, put_user};
use crate::engine::{Call, DECISIONS_MAX, Engine, measured};
use crate::error::{Error, Rejection};
use crate::id::UserId;
use crate::payments::{Failure, NewCheckout, NewCustomer};
use crate::policy::Plan;
use crate::record::{Linked, UserRecord};

const OP: &str = "checkout";

/// How much of a plan's name tells one call under an idempotency key from another. The name may be
/// none, and as long as a request.
const TIER_CHARS_KEPT: usize = 64;

impl Engine {
    /// The URL of a page on which a user subscribes to a plan. Each call makes a page, unless its
    /// idempotency key gives it that of an earlier one; the credits come with the invoices that are
    /// paid, by [`receive_webhook`](Engine::receive_webhook).
    ///
    /// Whoever calls first makes the user known to the payment provider as a customer, once: calls
    /// at the same time and calls after a lost answer come upon the same one. (The provider knows
    /// a request again for 24 hours at least. One that was lost and is repeated later makes another
    /// customer there; it is linked to nobody, and nothing is ever bought as it.)
    ///
    /// # Errors
    /// [`Rejection::UserOnly`]; [`Rejection::PaymentsNotConfigured`]; [`Rejection::Invalid`] for a
    /// plan that does not exist, [`Rejection::TierNotConfigured`] for one without a price;
    /// [`Error::Payments`] where the provider gives no answer that can be used: call again.
    pub async fn checkout(&self, call: impl Into<Call<'_>>, tier: &str) -> Result<String, Error> {
        let known: String = tier.chars().take(TIER_CHARS_KEPT).collect();
        let call = call.into().to(OP, known);
        let user = call.user()?;
        let made = self.link_once(OP, &call, self.begin_checkout(user, tier));
        measured::command(OP, made.await)
    }

    async fn begin_checkout(&self, user: &UserId, tier: &str) -> Result<String, Error> {
        let payments = self.payments()?;
        let (plan, price) = self.plan(tier)?;
        self.claim_money().await?;
        let app_url = &self.inner.policy.app_url;
        for _ in 0..DECISIONS_MAX {
            let (version, record) = self.known_user(OP, user).await?;
            let Some(customer) = record.customer.clone() else {
                self.make_customer(version, record).await?;
                continue;
            };
            let checkout = NewCheckout {
                customer: customer.clone(),
                user: user.clone(),
                tier: plan.tier.clone(),
                price: price.to_owned(),
                store: self.store_id(OP).await?,
                success_url: format!("{app_url}/checkout/success"),
                cancel_url: format!("{app_url}/checkout/cancel"),
            };
            let made = self.ask("create_checkout", payments.create_checkout(&checkout));
            let error = match made.await {
                Ok(url) => return Ok(url),
                Err(error) => error,
            };
            let refused = matches!(error.failure, Failure::Declined { .. } | Failure::NotFound);
            if !refused || !self.is_customer_gone(user, &customer).await {
                return Err(failed(OP, error));
            }
            self.forget_customer(version, record).await?;
        }
        Err(Error::Busy { op: OP })
    }

    /// The plan of that name, and the price that it is sold at.
    fn plan(&self, tier: &str) -> Result<(&Plan, &str), Rejection> {
        let plans = &self.inner.policy.plans;
        let Some(plan) = plans.iter().find(|plan| plan.tier == tier) else {
            let names: Vec<_> = plans.iter().map(|plan| plan.tier.as_str()).collect();
            let cause = format!("names no plan; choose one of: {}", names.join(", "));
            return Err(Rejection::invalid("tier", cause));
        };
        match plan.price_ids.first() {
            Some(price) => Ok((plan, price)),
            None => Err(Rejection::TierNotConfigured(plan.tier.clone())),
        }
    }

    /// One step towards a customer: the number of its key is committed, or it is made and linked.
    /// Whoever was quicker has taken the same step.
    async fn make_customer(&self, version: u64, record: UserRecord) -> Result<(), Error> {
        if record.customers == 0 {
            return self.begin_customer(version, record).await;
        }
        let user = record.id.clone();
        let customer = NewCustomer {
            key: key_of("cus", &user, record.customers),
            user: user.clone(),
            store: self.store_id(OP).await?,
        };
        let made = self.payments()?.create_customer(&customer);
        match self.ask("create_customer", made).await {
            Ok(id) => self.keep_customer(version, record, id).await,
            // Somebody made one under this key, such as a store that is no more: not us.
            Err(error) if error.failure == Failure::KeyReused => {
                self.begin_customer(version, record).await
            }
            // Another call with the key is under way, or has just ended.
            Err(error) => match self.known_user(OP, &user).await? {
                (_, now) if now.customer.is_some() => Ok(()),
                _ => Err(failed(OP, error)),
            },
        }
    }

    /// Commits the number of the next customer's key, before anything is sent under it.
    async fn begin_customer(&self, version: u64, record: UserRecord) -> Result<(), Error> {
        let customers = record.customers.saturating_add(1);
        let record = UserRecord {
            customers,
            ..record
        };
        self.rewrite_user(OP, version, record).await.map(drop)
    }

    async fn keep_customer(
        &self,
        version: u64,
        record: UserRecord,
        id: String,
    ) -> Result<(), Error> {
        let user = record.id.clone();
        if let Some(owner) = self.owner_of(OP, Linked::Customer, &id).await? {
            let (_, now) = self.known_user(OP, &user).await?;
            return match now.customer == Some(id.clone()) && owner == user {
                true => Ok(()),
                false => Err(Error::Internal(format!(
                    "the payment provider gave the customer {id} out twice"
                ))),
            };
        }
        let mut batch = self.batch()?;
        self.put_link(&mut batch, Linked::Customer, &id, &user);
        let customer = Some(id);
        put_user(&mut batch, version, UserRecord { customer, ..record });
        self.commit_or_conflict(OP, batch).await.map(drop)
    }

    /// Whether the provider has deleted a customer, or has it for nobody here. In doubt it has not.
    async fn is_customer_gone(&self, user: &UserId, customer: &str) -> bool {
        let Ok(payments) = self.payments() else {
            return false;
        };
        match self.ask("customer", payments.customer(customer)).await {
            Ok(owner) => owner.user.as_deref() != Some(user.as_str()),
            Err(error) => error.failure == Failure::NotFound,
        }
    }

    /// The next checkout makes another customer. The link stays: what is still paid as this one is
    /// the user's.
    async fn forget_customer(&self, version: u64, record: UserRecord) -> Result<(), Error> {
        let customer = record.customer.as_deref().unwrap_or_default();
        tracing::warn!(user = %record.id, customer, "a customer is gone");
        let record = UserRecord {
            customer: None,
            ..record
        };
        self.begin_customer(version, record).await
    }
}
