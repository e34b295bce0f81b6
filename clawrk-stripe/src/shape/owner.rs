//! Whose something is, by what clawrk noted with it.

use clawrk_core::payments::Owner;
use serde_json::Value;

use crate::shape::{part, reference, text};

/// What clawrk notes with the things that it makes. Names of Stripe's `metadata`.
#[derive(Debug)]
pub(crate) struct Noted;

impl Noted {
    pub(crate) const USER: &str = "clawrk_user";
    pub(crate) const TIER: &str = "clawrk_tier";
    pub(crate) const STORE: &str = "clawrk_store";
    pub(crate) const PAYOUT: &str = "clawrk_payout";
    pub(crate) const JOB: &str = "clawrk_job";

    /// Whether anything of ours is in there.
    pub(crate) fn is_in(metadata: &Value) -> bool {
        [Noted::USER, Noted::TIER, Noted::STORE]
            .iter()
            .any(|name| text(metadata, name).is_some())
    }

    /// The owner that is noted there.
    pub(crate) fn owner(metadata: Option<&Value>, customer: Option<String>) -> Owner {
        let noted = |name| text(metadata?, name);
        Owner {
            user: noted(Noted::USER),
            tier: noted(Noted::TIER),
            store: noted(Noted::STORE),
            customer,
        }
    }
}

/// The owner of a customer or of a subscription.
pub(crate) fn owner(object: &Value) -> Owner {
    let is_customer = text(object, "object").as_deref() == Some("customer");
    let customer = if is_customer {
        text(object, "id")
    } else {
        reference(object, "customer")
    };
    Noted::owner(part(object, "metadata"), customer)
}

/// The owner of a checkout, which names the user a second time.
pub(crate) fn owner_of_checkout(session: &Value) -> Owner {
    let mut owner = owner(session);
    owner.user = owner.user.or_else(|| text(session, "client_reference_id"));
    owner
}
