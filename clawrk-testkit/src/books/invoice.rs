//! Invoices, and what is on them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::price::Price;
use super::shelf::{self, list, unset};
use super::version::HIDDEN_PRICE;

/// Why an invoice was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Create,
    Cycle,
    Update,
    Manual,
}

impl Reason {
    const fn as_str(self) -> &'static str {
        match self {
            Reason::Create => "subscription_create",
            Reason::Cycle => "subscription_cycle",
            Reason::Update => "subscription_update",
            Reason::Manual => "manual",
        }
    }
}

/// An invoice.
#[derive(Debug, Clone)]
pub struct Invoice {
    /// Its id.
    pub id: String,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// Who pays.
    pub customer: String,
    /// The subscription that it is of.
    pub subscription: Option<String>,
    /// How far it is.
    pub status: InvoiceStatus,
    /// What is on it.
    pub lines: Vec<Line>,
    pub(super) subscription_metadata: BTreeMap<String, String>,
    pub(super) reason: Reason,
    pub(super) currency: String,
    pub(super) period: (i64, i64),
    /// How often somebody tried to have it paid.
    pub(super) attempts: u32,
    pub(super) paid_at: Option<i64>,
    pub(super) number: String,
    pub(super) embedded: usize,
}

/// How far an invoice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvoiceStatus {
    /// It can still be changed.
    Draft,
    /// It is to be paid.
    Open,
    /// It was paid.
    Paid,
}

impl InvoiceStatus {
    /// Stripe's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            InvoiceStatus::Draft => "draft",
            InvoiceStatus::Open => "open",
            InvoiceStatus::Paid => "paid",
        }
    }
}

/// A line of an invoice.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its id.
    pub id: String,
    /// What it comes to before its discounts.
    pub amount: i64,
    /// How many.
    pub quantity: i64,
    pub(super) origin: Origin,
    pub(super) subscription: Option<String>,
    pub(super) price: Option<Price>,
    /// The discounts, and what each takes off.
    pub(super) discounts: Vec<(String, i64)>,
    pub(super) period: (i64, i64),
    pub(super) description: String,
    pub(super) currency: String,
    pub(super) metadata: BTreeMap<String, String>,
}

/// Where a line comes from.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    /// From a thing of a subscription.
    Item(String),
    /// From something that waited for the next invoice.
    Pending { item: String, proration: bool },
}

/// What waits for a customer's next invoice.
#[derive(Debug, Clone)]
pub(super) struct PendingItem {
    pub(super) customer: String,
    pub(super) line: Line,
}

impl Line {
    /// What it comes to after its discounts.
    pub fn net(&self) -> i64 {
        self.amount - self.discounts.iter().map(|(_, off)| off).sum::<i64>()
    }

    fn parent(&self) -> Value {
        match &self.origin {
            Origin::Item(item) => json!({
                "invoice_item_details": null,
                "subscription_item_details": {
                    "invoice_item": null,
                    "proration": false,
                    "proration_details": { "credited_items": null },
                    "subscription": self.subscription,
                    "subscription_item": item,
                },
                "type": "subscription_item_details",
            }),
            Origin::Pending { item, proration } => json!({
                "invoice_item_details": {
                    "invoice_item": item,
                    "proration": proration,
                    "proration_details": { "credited_items": null },
                    "subscription": self.subscription,
                },
                "subscription_item_details": null,
                "type": "invoice_item_details",
            }),
        }
    }

    fn show(&self, invoice: &str, livemode: bool) -> Value {
        let discounts: Vec<&str> = self.discounts.iter().map(|(id, _)| id.as_str()).collect();
        let amounts: Vec<Value> = self
            .discounts
            .iter()
            .map(|(id, amount)| json!({ "amount": amount, "discount": id }))
            .collect();
        let pricing = self.price.as_ref().map(|price| {
            json!({
                "price_details": { "price": price.id, "product": price.product },
                "type": "price_details",
                "unit_amount_decimal": price.unit_amount.to_string(),
            })
        });
        let mut shown = json!({
            "id": self.id,
            "object": "line_item",
            "amount": self.amount,
            "currency": self.currency,
            "description": self.description,
            "discount_amounts": amounts,
            "discountable": matches!(self.origin, Origin::Item(_)),
            "discounts": discounts,
            "invoice": invoice,
            "livemode": livemode,
            "metadata": self.metadata,
            "parent": self.parent(),
            "period": { "end": self.period.1, "start": self.period.0 },
            "pretax_credit_amounts": [],
            "pricing": pricing,
            "quantity": self.quantity,
            "subscription": self.subscription,
            "subtotal": self.amount,
            "taxes": [],
        });
        if let Some(price) = &self.price {
            shown[HIDDEN_PRICE] = shelf::Item::render(price, livemode);
        }
        shown
    }
}

/// A line as part of a list, which needs to know its invoice.
pub(super) struct Shown<'a> {
    line: &'a Line,
    invoice: &'a Invoice,
}

impl shelf::Item for Shown<'_> {
    const NAME: &'static str = "line_item";

    fn id(&self) -> &str {
        &self.line.id
    }

    fn created(&self) -> i64 {
        self.invoice.created
    }

    fn render(&self, livemode: bool) -> Value {
        self.line.show(&self.invoice.id, livemode)
    }
}

impl Invoice {
    /// The lines in Stripe's order.
    pub(super) fn shown_lines(&self) -> Vec<Shown<'_>> {
        let invoice = self;
        let lines = self.lines.iter();
        lines.map(|line| Shown { line, invoice }).collect()
    }

    pub(super) fn total(&self) -> i64 {
        self.lines.iter().map(Line::net).sum()
    }

    fn parent(&self) -> Option<Value> {
        self.subscription.as_ref().map(|subscription| {
            json!({
                "quote_details": null,
                "subscription_details": {
                    "metadata": self.subscription_metadata,
                    "subscription": subscription,
                },
                "type": "subscription_details",
            })
        })
    }

    /// The discounts on all lines, each once, with what it takes off.
    fn discounts(&self) -> BTreeMap<&str, i64> {
        let mut all = BTreeMap::new();
        for (id, amount) in self.lines.iter().flat_map(|line| &line.discounts) {
            *all.entry(id.as_str()).or_insert(0) += amount;
        }
        all
    }
}

/// What this shows as null, always.
const NULLS: [&str; 27] = [
    "account_tax_ids",
    "application",
    "automatically_finalizes_at",
    "custom_fields",
    "customer_address",
    "customer_email",
    "customer_name",
    "customer_phone",
    "customer_shipping",
    "default_payment_method",
    "default_source",
    "description",
    "due_date",
    "footer",
    "from_invoice",
    "invoice_pdf",
    "last_finalization_error",
    "latest_revision",
    "next_payment_attempt",
    "on_behalf_of",
    "receipt_number",
    "rendering",
    "shipping_cost",
    "shipping_details",
    "statement_descriptor",
    "test_clock",
    "webhooks_delivered_at",
];

/// What this shows as 0, always.
const ZEROS: [&str; 6] = [
    "amount_overpaid",
    "amount_paid_off_stripe",
    "amount_shipping",
    "post_payment_credit_notes_amount",
    "pre_payment_credit_notes_amount",
    "starting_balance",
];

/// What this shows as an empty list, always.
const EMPTY: [&str; 4] = [
    "customer_tax_ids",
    "default_tax_rates",
    "total_pretax_credit_amounts",
    "total_taxes",
];

impl shelf::Item for Invoice {
    const NAME: &'static str = "invoice";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, livemode: bool) -> Value {
        let lines: Vec<Value> = self
            .lines
            .iter()
            .take(self.embedded)
            .map(|line| line.show(&self.id, livemode))
            .collect();
        let more = self.lines.len() > self.embedded;
        let total = self.total();
        // What is given back stays with the customer.
        let due = total.max(0);
        let is_paid = self.status == InvoiceStatus::Paid;
        let paid = if is_paid { due } else { 0 };
        let finalized = (self.status != InvoiceStatus::Draft).then_some(self.created);
        let subtotal: i64 = self.lines.iter().map(|line| line.amount).sum();
        let discounts = self.discounts();
        let off: Vec<Value> = discounts
            .iter()
            .map(|(id, amount)| json!({ "amount": amount, "discount": id }))
            .collect();
        let discounts: Vec<&&str> = discounts.keys().collect();
        let url = format!("/v1/invoices/{}/lines", self.id);
        let mut shown = json!({
            "id": self.id,
            "object": "invoice",
            "account_country": "US",
            "account_name": "clawrk",
            "amount_due": due,
            "amount_paid": paid,
            "amount_remaining": due - paid,
            "attempt_count": self.attempts,
            "attempted": self.attempts > 0,
            "auto_advance": false,
            "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null,
                "provider": null, "status": null },
            "billing_reason": self.reason.as_str(),
            "collection_method": "charge_automatically",
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "customer_tax_exempt": "none",
            "discounts": discounts,
            "effective_at": finalized,
            "ending_balance": total.min(0),
            "hosted_invoice_url": format!("https://invoice.stripe.com/i/{}", self.id),
            "issuer": { "type": "self" },
            "lines": list(&url, lines, more),
            "livemode": livemode,
            "metadata": {},
            "number": finalized.map(|_| &self.number),
            "parent": self.parent(),
            "payment_settings": { "default_mandate": null, "payment_method_options": null,
                "payment_method_types": null },
            "period_end": self.period.1,
            "period_start": self.period.0,
            "status": self.status.as_str(),
            "status_transitions": {
                "finalized_at": finalized,
                "marked_uncollectible_at": null,
                "paid_at": self.paid_at,
                "voided_at": null,
            },
            "subtotal": subtotal,
            "subtotal_excluding_tax": subtotal,
            "total": total,
            "total_discount_amounts": off,
            "total_excluding_tax": total,
        });
        unset(&mut shown, &NULLS);
        for field in ZEROS {
            shown[field] = 0.into();
        }
        for field in EMPTY {
            shown[field] = json!([]);
        }
        shown
    }
}
