//! Cards: what customers pay with. Every card pays, but for those that were made to decline.

use serde_json::{Value, json};

use super::book::{Book, Cause};
use super::error::StripeError;
use super::params::Params;
use super::price::AMOUNT_MAX;
use super::shelf::Item;

/// Stripe's name of a card that declines whatever a customer is charged.
const DECLINING: &str = "pm_card_chargeCustomerFail";

/// What Stripe's names of cards begin with.
const NAMED: &str = "pm_card_";

/// A card.
#[derive(Debug, Clone)]
pub(super) struct Card {
    id: String,
    created: i64,
    customer: Option<String>,
    pub(super) declines: bool,
}

/// A card that is to be made, or given to a customer.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    card: Option<String>,
    customer: Option<String>,
}

impl Draft {
    /// A new card.
    pub(super) fn read(params: &mut Params) -> Result<Draft, StripeError> {
        let kind = params.one_of("type", &["card"])?;
        kind.ok_or_else(|| params.lacking("type"))?;
        params.ignore(&["card", "billing_details", "metadata"]);
        Ok(Draft {
            card: None,
            customer: None,
        })
    }

    /// A card that a customer is given.
    pub(super) fn attach(card: &str, params: &mut Params) -> Result<Draft, StripeError> {
        Ok(Draft {
            card: Some(card.to_owned()),
            customer: Some(params.required("customer")?),
        })
    }
}

impl Item for Card {
    const NAME: &'static str = "payment_method";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, livemode: bool) -> Value {
        json!({
            "id": self.id,
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": { "address": null, "email": null, "name": null, "phone": null,
                "tax_id": null },
            "created": self.created,
            "customer": self.customer,
            "livemode": livemode,
            "metadata": {},
            "type": "card",
        })
    }
}

/// A payment without an invoice.
#[derive(Debug, Clone)]
pub(super) struct PaymentIntent {
    id: String,
    created: i64,
    amount: i64,
    currency: String,
}

/// A payment that is to be made, at once.
#[derive(Debug, Clone)]
pub(super) struct PaymentDraft {
    amount: i64,
    currency: String,
}

/// Parameters of Stripe that change nothing here.
const IGNORED: [&str; 5] = [
    "description",
    "metadata",
    "payment_method",
    "payment_method_types",
    "shipping",
];

impl PaymentDraft {
    pub(super) fn read(params: &mut Params) -> Result<PaymentDraft, StripeError> {
        let amount = params.between("amount", 50, AMOUNT_MAX)?;
        let currency = params.currency("currency")?;
        if params.truth("confirm")? != Some(true) {
            let message = "The fake makes payments at once: pass `confirm`.";
            return Err(StripeError::value("confirm", message));
        }
        params.ignore(&IGNORED);
        Ok(PaymentDraft {
            amount: amount.ok_or_else(|| params.lacking("amount"))?,
            currency: currency.ok_or_else(|| params.lacking("currency"))?,
        })
    }
}

impl Item for PaymentIntent {
    const NAME: &'static str = "payment_intent";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, livemode: bool) -> Value {
        json!({
            "id": self.id,
            "object": "payment_intent",
            "amount": self.amount,
            "amount_received": self.amount,
            "created": self.created,
            "currency": self.currency,
            "livemode": livemode,
            "metadata": {},
            "payment_method_types": ["card"],
            "status": "succeeded",
        })
    }
}

impl Book {
    fn new_card(&mut self, customer: Option<String>, declines: bool) -> &mut Card {
        let card = Card {
            id: self.id("pm", 23),
            created: self.now(),
            customer,
            declines,
        };
        self.cards.put(card)
    }

    pub(super) fn create_card(&mut self, draft: Draft) -> Result<Value, StripeError> {
        let livemode = self.livemode();
        if let Some(customer) = &draft.customer {
            self.buyer(customer)?;
        }
        match draft.card {
            None => Ok(self.new_card(draft.customer, false).render(livemode)),
            Some(name) if name.starts_with(NAMED) => {
                let card = self.new_card(draft.customer, name == DECLINING);
                Ok(card.render(livemode))
            }
            Some(id) => {
                let missing = StripeError::missing("payment_method", &id);
                let card = self.cards.get_mut(&id).ok_or(missing)?;
                card.customer = draft.customer;
                Ok(card.render(livemode))
            }
        }
    }

    /// A card that a parameter names.
    pub(super) fn card(&self, id: &str) -> Result<&Card, StripeError> {
        let missing = || StripeError::missing_in("payment_method", "PaymentMethod", id);
        self.cards.get(id).ok_or_else(missing)
    }

    /// Whether the newest card of a customer declines. Whoever has none pays by magic.
    pub(super) fn declines(&self, customer: &str) -> bool {
        let mut cards = self.cards.iter().rev();
        let newest = cards.find(|card| card.customer.as_deref() == Some(customer));
        newest.is_some_and(|card| card.declines)
    }

    /// Gives a customer a new card, which declines or does not.
    pub fn give_card(&mut self, customer: &str, declines: bool) {
        self.new_card(Some(customer.to_owned()), declines);
    }

    pub(super) fn create_payment(&mut self, draft: PaymentDraft, cause: &Cause) -> Value {
        let payment = PaymentIntent {
            id: self.id("pi", 23),
            created: self.now(),
            amount: draft.amount,
            currency: draft.currency,
        };
        *self.balance.entry(payment.currency.clone()).or_insert(0) += payment.amount;
        let livemode = self.livemode();
        let shown = self.payments.put(payment).render(livemode);
        self.emit_own("payment_intent.succeeded", shown.clone(), cause);
        shown
    }
}
