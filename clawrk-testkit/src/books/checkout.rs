//! Checkout sessions: pages on which somebody buys.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::book::{Book, Cause};
use super::error::StripeError;
use super::params::Params;
use super::shelf::{Item, unset};
use super::subscription::Wish;

/// How long a session is open, in seconds.
const LIFE: i64 = 24 * 60 * 60;

/// A page on which somebody buys.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// Who buys, once that is known.
    pub customer: Option<String>,
    /// What the shop calls the buyer.
    pub client_reference_id: Option<String>,
    /// What was noted with it.
    pub metadata: BTreeMap<String, String>,
    /// How far it is.
    pub status: SessionStatus,
    /// The subscription that came of it.
    pub subscription: Option<String>,
    /// Its address.
    pub url: String,
    /// Where the buyer is sent who has paid.
    pub success_url: String,
    invoice: Option<String>,
    cancel_url: Option<String>,
    subscribes: bool,
    wish: Wish,
    currency: String,
    subtotal: i64,
}

/// How far a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStatus {
    /// It waits for the buyer.
    Open,
    /// The buyer has paid.
    Complete,
    /// It waits no more.
    Expired,
}

impl SessionStatus {
    /// Stripe's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            SessionStatus::Open => "open",
            SessionStatus::Complete => "complete",
            SessionStatus::Expired => "expired",
        }
    }
}

/// A session that is to be made.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    subscribes: bool,
    customer: Option<String>,
    client_reference_id: Option<String>,
    metadata: BTreeMap<String, String>,
    success_url: String,
    cancel_url: Option<String>,
    wish: Wish,
}

/// Parameters of Stripe that change nothing here.
const IGNORED: [&str; 11] = [
    "allow_promotion_codes",
    "automatic_tax",
    "billing_address_collection",
    "customer_email",
    "customer_update",
    "locale",
    "payment_intent_data",
    "payment_method_collection",
    "payment_method_types",
    "tax_id_collection",
    "ui_mode",
];

impl Draft {
    pub(super) fn read(params: &mut Params) -> Result<Draft, StripeError> {
        let mode = params.one_of("mode", &["payment", "subscription"])?;
        let subscribes = mode.ok_or_else(|| params.lacking("mode"))? == "subscription";
        let customer = params.text("customer")?;
        let success_url = params.url("success_url")?;
        let mut items = Vec::new();
        for mut item in params.list("line_items") {
            let quantity = item.between("quantity", 1, 999_999)?;
            let price = item.required("price")?;
            items.push((price, quantity.ok_or_else(|| item.lacking("quantity"))?));
            item.finish()?;
        }
        if items.is_empty() {
            return Err(params.lacking("line_items"));
        }
        let mut data = params.nested("subscription_data");
        if !subscribes && !data.is_empty() {
            let message = "You can not pass `subscription_data` in `payment` mode.";
            return Err(StripeError::value("subscription_data", message));
        }
        let metadata = data.map("metadata");
        let trial_days = data.between("trial_period_days", 1, 730)?;
        data.ignore(&["description"]);
        data.finish()?;
        let mut coupon = None;
        for mut discount in params.list("discounts") {
            coupon = Some(discount.required("coupon")?);
            discount.finish()?;
        }
        params.ignore(&IGNORED);
        Ok(Draft {
            subscribes,
            customer,
            client_reference_id: params.text("client_reference_id")?,
            metadata: params.map("metadata"),
            success_url: success_url.ok_or_else(|| params.lacking("success_url"))?,
            cancel_url: params.url("cancel_url")?,
            wish: Wish {
                items,
                metadata,
                trial_days: trial_days.unwrap_or(0),
                coupon,
            },
        })
    }
}

/// What this shows as null, always.
const NULLS: [&str; 26] = [
    "adaptive_pricing",
    "after_expiration",
    "allow_promotion_codes",
    "billing_address_collection",
    "client_secret",
    "collected_information",
    "consent",
    "consent_collection",
    "currency_conversion",
    "customer_creation",
    "customer_details",
    "customer_email",
    "invoice_creation",
    "locale",
    "payment_intent",
    "payment_link",
    "payment_method_configuration_details",
    "payment_method_options",
    "permissions",
    "recovered_from",
    "saved_payment_method_options",
    "setup_intent",
    "shipping_address_collection",
    "shipping_cost",
    "submit_type",
    "wallet_options",
];

impl Item for Session {
    const NAME: &'static str = "checkout.session";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, livemode: bool) -> Value {
        let open = self.status == SessionStatus::Open;
        let paid = match (self.status, self.wish.trial_days) {
            (SessionStatus::Complete, 0) => "paid",
            (SessionStatus::Complete, _) => "no_payment_required",
            _ => "unpaid",
        };
        let mut shown = json!({
            "id": self.id,
            "object": "checkout.session",
            "amount_subtotal": self.subtotal,
            "amount_total": self.subtotal,
            "automatic_tax": { "enabled": false, "liability": null, "provider": null,
                "status": null },
            "cancel_url": self.cancel_url,
            "client_reference_id": self.client_reference_id,
            "created": self.created,
            "currency": self.currency,
            "custom_fields": [],
            "custom_text": { "after_submit": null, "shipping_address": null, "submit": null,
                "terms_of_service_acceptance": null },
            "customer": self.customer,
            "discounts": [],
            "excluded_payment_method_types": [],
            "expires_at": self.created + LIFE,
            "invoice": self.invoice,
            "livemode": livemode,
            "metadata": self.metadata,
            "mode": if self.subscribes { "subscription" } else { "payment" },
            "payment_method_collection": "always",
            "payment_method_types": ["card"],
            "payment_status": paid,
            "shipping_options": [],
            "status": self.status.as_str(),
            "subscription": self.subscription,
            "success_url": self.success_url,
            "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 },
            "ui_mode": "hosted_page",
            "url": open.then_some(&self.url),
        });
        unset(&mut shown, &NULLS);
        shown
    }
}

impl Book {
    pub(super) fn create_session(&mut self, draft: Draft) -> Result<Value, StripeError> {
        if let Some(customer) = &draft.customer {
            self.buyer(customer)?;
        }
        let wish = &draft.wish;
        let (subtotal, currency) = self.check_wish(wish, "line_items", draft.subscribes)?;
        let prefix = if self.livemode() {
            "cs_live"
        } else {
            "cs_test"
        };
        let id = self.id(prefix, 56);
        let session = Session {
            url: format!("https://checkout.stripe.com/c/pay/{id}"),
            id,
            created: self.now(),
            customer: draft.customer,
            client_reference_id: draft.client_reference_id,
            metadata: draft.metadata,
            status: SessionStatus::Open,
            subscription: None,
            invoice: None,
            success_url: draft.success_url,
            cancel_url: draft.cancel_url,
            subscribes: draft.subscribes,
            wish: draft.wish,
            currency,
            subtotal,
        };
        let livemode = self.livemode();
        Ok(self.sessions.put(session).render(livemode))
    }

    /// The session with that id.
    pub fn session(&self, id: &str) -> Option<&Session> {
        self.sessions.get(id)
    }

    /// The session whose page has that address.
    pub fn session_at(&self, url: &str) -> Option<&Session> {
        self.sessions.iter().find(|session| session.url == url)
    }

    /// The buyer pays: a subscription and a paid invoice come of it, and Stripe tells of all that.
    /// False if the session waits no more: then nothing comes of it.
    ///
    /// # Panics
    /// If there is no such session.
    pub fn complete_checkout(&mut self, id: &str) -> bool {
        self.expire_sessions();
        let session = self.sessions.get(id).expect("a session of this book");
        if session.status != SessionStatus::Open {
            return false;
        }
        let session = session.clone();
        let customer = match session.customer {
            Some(customer) => customer,
            None => self.add_customer(),
        };
        let bought = session.subscribes.then(|| {
            let subscription = self.subscribe(&customer, session.wish);
            let invoice = self.subscription(&subscription).latest_invoice.clone();
            (subscription, invoice)
        });
        let livemode = self.livemode();
        if let Some(session) = self.sessions.get_mut(id) {
            session.status = SessionStatus::Complete;
            session.customer = Some(customer);
            if let Some((subscription, invoice)) = bought {
                session.subscription = Some(subscription);
                session.invoice = invoice;
            }
            let shown = session.render(livemode);
            self.emit_own("checkout.session.completed", shown, &Cause::default());
        }
        true
    }

    /// The same, as Stripe's own tools ask for it.
    pub(super) fn confirm_page(&mut self, id: &str) -> Result<Value, StripeError> {
        if self.sessions.get(id).is_none() {
            return Err(StripeError::missing("payment_page", id));
        }
        if !self.complete_checkout(id) {
            let message = "This session is not open any more.";
            return Err(StripeError::invalid(400, "payment_page_not_open", message));
        }
        self.sessions.show(id, self.livemode())
    }

    /// A customer that the page itself has made.
    fn add_customer(&mut self) -> String {
        let draft = super::customer::Draft::anonymous();
        let shown = self.create_customer(draft, &Cause::default());
        shown["id"].as_str().unwrap_or_default().to_owned()
    }

    /// Closes the sessions that are too old.
    pub(super) fn expire_sessions(&mut self) {
        let now = self.now();
        let old: Vec<String> = self
            .sessions
            .iter()
            .filter(|session| session.status == SessionStatus::Open)
            .filter(|session| session.created + LIFE <= now)
            .map(|session| session.id.clone())
            .collect();
        let livemode = self.livemode();
        for id in old {
            let Some(session) = self.sessions.get_mut(&id) else {
                continue;
            };
            session.status = SessionStatus::Expired;
            let shown = session.render(livemode);
            self.emit_own("checkout.session.expired", shown, &Cause::default());
        }
    }
}
