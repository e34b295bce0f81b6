//! Subscriptions: what is paid for again and again.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::book::{Book, Cause};
use super::error::StripeError;
use super::invoice::{Line, Origin, Reason};
use super::params::{Params, note};
use super::price::Price;
use super::shelf::{self, list, unset};

/// What somebody wants to subscribe to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wish {
    /// The prices, and how many of each.
    pub(super) items: Vec<(String, i64)>,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) trial_days: i64,
    pub(super) coupon: Option<String>,
}

/// A subscription that is to be made without a checkout.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    customer: String,
    wish: Wish,
}

impl Draft {
    pub(super) fn read(params: &mut Params) -> Result<Draft, StripeError> {
        let customer = params.required("customer")?;
        let mut items = Vec::new();
        for mut item in params.list("items") {
            let quantity = item.between("quantity", 1, 999_999)?.unwrap_or(1);
            items.push((item.required("price")?, quantity));
            item.finish()?;
        }
        if items.is_empty() {
            return Err(params.lacking("items"));
        }
        let trial_days = params.between("trial_period_days", 1, 730)?;
        let mut coupon = None;
        for mut discount in params.list("discounts") {
            coupon = Some(discount.required("coupon")?);
            discount.finish()?;
        }
        params.ignore(&["default_payment_method", "description"]);
        Ok(Draft {
            customer,
            wish: Wish {
                items,
                metadata: params.map("metadata"),
                trial_days: trial_days.unwrap_or(0),
                coupon,
            },
        })
    }
}

/// A subscription that is to be noted something with.
#[derive(Debug, Clone)]
pub(super) struct Change {
    subscription: String,
    metadata: BTreeMap<String, String>,
}

impl Change {
    pub(super) fn read(subscription: &str, params: &mut Params) -> Change {
        Change {
            subscription: subscription.to_owned(),
            metadata: params.map("metadata"),
        }
    }
}

/// What is paid for again and again.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// Its id.
    pub id: String,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// Who pays.
    pub customer: String,
    /// What was noted with it.
    pub metadata: BTreeMap<String, String>,
    /// Stripe's word for how it is, such as `active`.
    pub status: &'static str,
    /// The newest invoice.
    pub latest_invoice: Option<String>,
    pub(super) items: Vec<SubscriptionItem>,
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) discount: Option<Discount>,
    trial: Option<(i64, i64)>,
    ended_at: Option<i64>,
}

/// One thing of a subscription.
#[derive(Debug, Clone)]
pub(super) struct SubscriptionItem {
    pub(super) id: String,
    pub(super) created: i64,
    pub(super) price: Price,
    pub(super) quantity: i64,
}

/// A coupon that was given to a subscription.
#[derive(Debug, Clone)]
pub(super) struct Discount {
    pub(super) id: String,
    pub(super) percent_off: i64,
    pub(super) forever: bool,
}

const DAY: i64 = 24 * 60 * 60;

/// What this shows as null, always.
const NULLS: [&str; 20] = [
    "application",
    "application_fee_percent",
    "billing_cycle_anchor_config",
    "billing_thresholds",
    "cancel_at",
    "days_until_due",
    "default_payment_method",
    "default_source",
    "description",
    "next_pending_invoice_item_invoice",
    "on_behalf_of",
    "pause_collection",
    "payment_settings",
    "pending_invoice_item_interval",
    "pending_setup_intent",
    "pending_update",
    "schedule",
    "test_clock",
    "transfer_data",
    "trial_settings",
];

impl shelf::Item for Subscription {
    const NAME: &'static str = "subscription";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, livemode: bool) -> Value {
        let items: Vec<Value> = self
            .items
            .iter()
            .map(|item| item.render(self, livemode))
            .collect();
        let url = format!("/v1/subscription_items?subscription={}", self.id);
        let currency = self.items.first().map(|item| item.price.currency.as_str());
        let discounts: Vec<&str> = self.discount.iter().map(|held| held.id.as_str()).collect();
        let mut shown = json!({
            "id": self.id,
            "object": "subscription",
            "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
            "billing_cycle_anchor": self.created,
            "billing_mode": { "type": "classic" },
            "billing_schedules": [],
            "cancel_at_period_end": false,
            "canceled_at": self.ended_at,
            "cancellation_details": { "comment": null, "feedback": null, "reason": null },
            "collection_method": "charge_automatically",
            "created": self.created,
            "currency": currency.unwrap_or("usd"),
            "customer": self.customer,
            "default_tax_rates": [],
            "discounts": discounts,
            "ended_at": self.ended_at,
            "invoice_settings": { "account_tax_ids": null, "issuer": { "type": "self" } },
            "items": list(&url, items, false),
            "latest_invoice": self.latest_invoice,
            "livemode": livemode,
            "metadata": self.metadata,
            "start_date": self.created,
            "status": self.status,
            "trial_end": self.trial.map(|(_, end)| end),
            "trial_start": self.trial.map(|(start, _)| start),
        });
        unset(&mut shown, &NULLS);
        shown
    }
}

impl SubscriptionItem {
    fn render(&self, subscription: &Subscription, livemode: bool) -> Value {
        json!({
            "id": self.id,
            "object": "subscription_item",
            "billing_thresholds": null,
            "created": self.created,
            "current_period_end": subscription.end,
            "current_period_start": subscription.start,
            "discounts": [],
            "metadata": {},
            "price": shelf::Item::render(&self.price, livemode),
            "quantity": self.quantity,
            "subscription": subscription.id,
            "tax_rates": [],
        })
    }
}

impl Book {
    /// The subscription as it is.
    ///
    /// # Panics
    /// If there is no such subscription.
    pub fn subscription(&self, id: &str) -> &Subscription {
        let found = self.subscriptions.get(id);
        found.expect("a subscription of this book")
    }

    /// The subscription as it is, if there is one.
    pub fn find_subscription(&self, id: &str) -> Option<&Subscription> {
        self.subscriptions.get(id)
    }

    fn subscription_mut(&mut self, id: &str) -> &mut Subscription {
        let found = self.subscriptions.get_mut(id);
        found.expect("a subscription of this book")
    }

    /// Makes a subscription and its first invoice. Gives its id.
    pub(super) fn subscribe(&mut self, customer: &str, wish: Wish) -> String {
        let now = self.now();
        let mut items = Vec::new();
        for (id, quantity) in &wish.items {
            let price = self.prices.get(id).expect("a price of this book").clone();
            items.push(self.new_item(price, *quantity));
        }
        let coupon = wish.coupon.and_then(|id| self.coupons.get(&id)).cloned();
        let discount = coupon.map(|coupon| Discount {
            id: self.id("di", 24),
            percent_off: coupon.percent_off,
            forever: coupon.forever,
        });
        let trial = (wish.trial_days > 0).then(|| (now, now + wish.trial_days * DAY));
        let period = items.first().map_or(30 * DAY, |item| item.price.period());
        let subscription = Subscription {
            id: self.id("sub", 23),
            created: now,
            customer: customer.to_owned(),
            metadata: wish.metadata,
            status: if trial.is_some() {
                "trialing"
            } else {
                "active"
            },
            latest_invoice: None,
            items,
            start: now,
            end: trial.map_or(now + period, |(_, end)| end),
            discount,
            trial,
            ended_at: None,
        };
        let id = subscription.id.clone();
        self.subscriptions.put(subscription);
        self.bill(&id, Reason::Create);
        self.tell_of(&id, "customer.subscription.created");
        id
    }

    fn new_item(&mut self, price: Price, quantity: i64) -> SubscriptionItem {
        SubscriptionItem {
            id: self.id("si", 13),
            created: self.now(),
            price,
            quantity,
        }
    }

    fn tell_of(&mut self, id: &str, kind: &str) {
        let shown = shelf::Item::render(self.subscription(id), self.livemode());
        self.emit_own(kind, shown, &Cause::default());
    }

    /// Subscribes a customer to so many of a price, without a checkout. Gives the subscription's
    /// id.
    ///
    /// # Panics
    /// If there is no such price.
    pub fn start_subscription(&mut self, customer: &str, price: &str, quantity: i64) -> String {
        let wish = Wish {
            items: vec![(price.to_owned(), quantity)],
            ..Wish::default()
        };
        self.subscribe(customer, wish)
    }

    /// The next period begins, and is paid for. Gives the invoice's id.
    ///
    /// # Panics
    /// If there is no such subscription.
    pub fn renew(&mut self, id: &str) -> String {
        let subscription = self.subscription_mut(id);
        let period = subscription.items.first().map(|item| item.price.period());
        subscription.start = subscription.end;
        subscription.end += period.unwrap_or(30 * DAY);
        subscription.status = "active";
        if subscription
            .discount
            .as_ref()
            .is_some_and(|held| !held.forever)
        {
            subscription.discount = None;
        }
        let invoice = self.bill(id, Reason::Cycle);
        self.tell_of(id, "customer.subscription.updated");
        invoice
    }

    /// The customer changes to so many of another price in the middle of a period: half of the old
    /// price is given back, half of the new one is paid. Gives the invoice's id.
    ///
    /// # Panics
    /// If there is no such subscription or price.
    pub fn change_plan(&mut self, id: &str, price: &str, quantity: i64) -> String {
        let price = self
            .prices
            .get(price)
            .expect("a price of this book")
            .clone();
        let (old, (start, end)) = {
            let subscription = self.subscription(id);
            (
                subscription.items.clone(),
                (subscription.start, subscription.end),
            )
        };
        let middle = start + (end - start) / 2;
        let item = self.new_item(price, quantity);
        let mut lines = Vec::new();
        for (item, sign, word) in old.iter().map(|item| (item, -1, "Unused time on")).chain([(
            &item,
            1,
            "Remaining time on",
        )]) {
            let origin = Origin::Pending {
                item: self.id("ii", 24),
                proration: true,
            };
            let half = item.price.unit_amount * item.quantity / 2;
            lines.push(Line {
                id: self.id("il", 24),
                origin,
                subscription: Some(id.to_owned()),
                price: Some(item.price.clone()),
                quantity: item.quantity,
                amount: sign * half,
                discounts: Vec::new(),
                period: (middle, end),
                description: format!("{word} {}", item.price.id),
                currency: item.price.currency.clone(),
                metadata: BTreeMap::new(),
            });
        }
        self.subscription_mut(id).items = vec![item];
        let invoice = self.settle(id, Reason::Update, lines);
        self.tell_of(id, "customer.subscription.updated");
        invoice
    }

    /// What comes of a subscription whose invoice was paid, or was not.
    pub(super) fn settle_standing(&mut self, id: &str, declines: bool) {
        let subscription = self.subscription_mut(id);
        match (subscription.status, declines) {
            ("active", true) => subscription.status = "past_due",
            ("past_due", false) => subscription.status = "active",
            _ => {}
        }
    }

    pub(super) fn subscribe_asked(&mut self, draft: Draft) -> Result<Value, StripeError> {
        self.buyer(&draft.customer)?;
        self.check_wish(&draft.wish, "items", true)?;
        let id = self.subscribe(&draft.customer, draft.wish);
        self.subscriptions.show(&id, self.livemode())
    }

    /// Looks whether everything is there that somebody wants. Gives the sum of it and the currency.
    pub(super) fn check_wish(
        &self,
        wish: &Wish,
        list: &str,
        subscribes: bool,
    ) -> Result<(i64, String), StripeError> {
        let (mut sum, mut currency) = (0, String::new());
        for (at, (id, quantity)) in wish.items.iter().enumerate() {
            let param = format!("{list}[{at}][price]");
            let found = self.prices.get(id);
            let price = found.ok_or_else(|| StripeError::missing_in(&param, "price", id))?;
            if subscribes && price.interval.is_none() {
                let message = "A subscription takes recurring prices, and this one is paid once.";
                return Err(StripeError::value(&param, message));
            }
            sum += price.unit_amount * quantity;
            currency.clone_from(&price.currency);
        }
        match &wish.coupon {
            Some(coupon) if self.coupons.get(coupon).is_none() => {
                let param = "discounts[0][coupon]";
                Err(StripeError::missing_in(param, "coupon", coupon))
            }
            _ => Ok((sum, currency)),
        }
    }

    pub(super) fn change_subscription(
        &mut self,
        change: Change,
        cause: &Cause,
    ) -> Result<Value, StripeError> {
        let (livemode, id) = (self.livemode(), change.subscription.as_str());
        let found = self.subscriptions.get_mut(id);
        let held = found.ok_or_else(|| StripeError::missing("subscription", id))?;
        note(&mut held.metadata, change.metadata);
        let shown = shelf::Item::render(held, livemode);
        self.emit_own("customer.subscription.updated", shown.clone(), cause);
        Ok(shown)
    }

    pub(super) fn end_asked(&mut self, id: &str) -> Result<Value, StripeError> {
        let found = self.subscriptions.get(id);
        let there = found.is_some_and(|held| held.status != "canceled");
        if !there {
            return Err(StripeError::missing("subscription", id));
        }
        self.cancel_subscription(id);
        self.subscriptions.show(id, self.livemode())
    }

    /// The subscription ends now.
    ///
    /// # Panics
    /// If there is no such subscription.
    pub fn cancel_subscription(&mut self, id: &str) {
        let now = self.now();
        let subscription = self.subscription_mut(id);
        subscription.status = "canceled";
        subscription.ended_at = Some(now);
        self.tell_of(id, "customer.subscription.deleted");
    }
}
