//! How invoices come about, and how they are paid.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::book::{Book, Cause};
use super::error::StripeError;
use super::invoice::{Invoice, InvoiceStatus, Line, Origin, PendingItem, Reason};
use super::params::Params;
use super::price::AMOUNT_MAX;
use super::shelf::Item;

/// Something that is to wait for a customer's next invoice.
#[derive(Debug, Clone)]
pub(super) struct ItemDraft {
    customer: String,
    amount: i64,
    currency: String,
    description: String,
    metadata: BTreeMap<String, String>,
}

impl ItemDraft {
    pub(super) fn read(params: &mut Params) -> Result<ItemDraft, StripeError> {
        let amount = params.between("amount", -AMOUNT_MAX, AMOUNT_MAX)?;
        let currency = params.currency("currency")?;
        Ok(ItemDraft {
            customer: params.required("customer")?,
            amount: amount.ok_or_else(|| params.lacking("amount"))?,
            currency: currency.ok_or_else(|| params.lacking("currency"))?,
            description: params.text("description")?.unwrap_or_default(),
            metadata: params.map("metadata"),
        })
    }
}

/// An invoice that is to be made without a subscription.
#[derive(Debug, Clone)]
pub(super) struct InvoiceDraft {
    customer: String,
    includes_pending: bool,
}

impl InvoiceDraft {
    pub(super) fn read(params: &mut Params) -> Result<InvoiceDraft, StripeError> {
        params.ignore(&[
            "auto_advance",
            "collection_method",
            "description",
            "metadata",
        ]);
        let pending = params.one_of("pending_invoice_items_behavior", &["exclude", "include"])?;
        Ok(InvoiceDraft {
            customer: params.required("customer")?,
            includes_pending: pending == Some("include"),
        })
    }
}

/// An invoice that is to be paid.
#[derive(Debug, Clone)]
pub(super) struct PayDraft {
    invoice: String,
    card: Option<String>,
}

impl PayDraft {
    pub(super) fn read(invoice: &str, params: &mut Params) -> Result<PayDraft, StripeError> {
        Ok(PayDraft {
            invoice: invoice.to_owned(),
            card: params.text("payment_method")?,
        })
    }
}

impl Book {
    pub(super) fn create_item(
        &mut self,
        draft: ItemDraft,
        cause: &Cause,
    ) -> Result<Value, StripeError> {
        self.buyer(&draft.customer)?;
        let (id, now) = (self.id("ii", 23), self.now());
        let shown = json!({
            "id": id,
            "object": "invoiceitem",
            "amount": draft.amount,
            "currency": draft.currency,
            "customer": draft.customer,
            "date": now,
            "description": draft.description,
            "discountable": false,
            "discounts": [],
            "invoice": null,
            "livemode": self.livemode(),
            "metadata": draft.metadata,
            "parent": null,
            "period": { "end": now, "start": now },
            "pricing": null,
            "proration": false,
            "quantity": 1,
            "quantity_decimal": "1",
            "tax_rates": [],
            "test_clock": null,
        });
        self.wait_for_invoice(id, draft);
        self.emit_own("invoiceitem.created", shown.clone(), cause);
        Ok(shown)
    }

    fn wait_for_invoice(&mut self, item: String, draft: ItemDraft) {
        let now = self.now();
        let origin = Origin::Pending {
            item,
            proration: false,
        };
        let line = Line {
            id: self.id("il", 23),
            origin,
            subscription: None,
            price: None,
            quantity: 1,
            amount: draft.amount,
            discounts: Vec::new(),
            period: (now, now),
            description: draft.description,
            currency: draft.currency,
            metadata: draft.metadata,
        };
        let customer = draft.customer;
        self.pending_items.push(PendingItem { customer, line });
    }

    /// Puts something on the customer's next invoice that no plan sells, in US cents.
    pub fn add_invoice_item(&mut self, customer: &str, amount: i64, description: &str) {
        let item = self.id("ii", 23);
        let draft = ItemDraft {
            customer: customer.to_owned(),
            amount,
            currency: "usd".to_owned(),
            description: description.to_owned(),
            metadata: BTreeMap::new(),
        };
        self.wait_for_invoice(item, draft);
    }

    fn take_pending(&mut self, customer: &str) -> Vec<Line> {
        let all = std::mem::take(&mut self.pending_items);
        let (taken, left): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|item| item.customer == customer);
        self.pending_items = left;
        taken.into_iter().map(|item| item.line).collect()
    }

    pub(super) fn create_invoice(
        &mut self,
        draft: InvoiceDraft,
        cause: &Cause,
    ) -> Result<Value, StripeError> {
        self.buyer(&draft.customer)?;
        let lines = match draft.includes_pending {
            true => self.take_pending(&draft.customer),
            false => Vec::new(),
        };
        let invoice = self.new_invoice(&draft.customer, Reason::Manual, lines);
        let livemode = self.livemode();
        let shown = self.invoices.put(invoice).render(livemode);
        self.emit_own("invoice.created", shown.clone(), cause);
        Ok(shown)
    }

    pub(super) fn pay_asked(
        &mut self,
        draft: PayDraft,
        cause: &Cause,
    ) -> Result<Value, StripeError> {
        let id = draft.invoice.as_str();
        let found = self.invoices.get(id);
        let invoice = found.ok_or_else(|| StripeError::missing("invoice", id))?;
        if invoice.status == InvoiceStatus::Paid {
            let message = "Invoice is already paid";
            return Err(StripeError::invalid(400, "invoice_already_paid", message));
        }
        let declines = match &draft.card {
            Some(card) => self.card(card)?.declines,
            None => self.declines(&invoice.customer),
        };
        self.try_to_pay(id, declines, cause);
        match declines {
            true => Err(StripeError::card_declined()),
            false => self.invoices.show(id, self.livemode()),
        }
    }

    /// Makes the invoice of the period that begins, and tries to have it paid. Gives its id.
    pub(super) fn bill(&mut self, subscription: &str, reason: Reason) -> String {
        let held = self.subscription(subscription).clone();
        let trial = held.status == "trialing";
        let mut lines = self.take_pending(&held.customer);
        for item in &held.items {
            let amount = match trial {
                true => 0,
                false => item.price.unit_amount * item.quantity,
            };
            let discount = held.discount.iter().filter(|_| amount > 0);
            lines.push(Line {
                id: self.id("il", 23),
                origin: Origin::Item(item.id.clone()),
                subscription: Some(held.id.clone()),
                price: Some(item.price.clone()),
                quantity: item.quantity,
                amount,
                discounts: discount
                    .map(|discount| (discount.id.clone(), amount * discount.percent_off / 100))
                    .collect(),
                period: (held.start, held.end),
                description: match trial {
                    true => format!("Trial period for {}", item.price.id),
                    false => format!("{} × {}", item.quantity, item.price.id),
                },
                currency: item.price.currency.clone(),
                metadata: held.metadata.clone(),
            });
        }
        self.settle(subscription, reason, lines)
    }

    /// Makes an invoice of these lines for a subscription, and tries to have it paid. Gives its id.
    pub(super) fn settle(
        &mut self,
        subscription: &str,
        reason: Reason,
        lines: Vec<Line>,
    ) -> String {
        let held = self.subscription(subscription).clone();
        let invoice = self.new_invoice(&held.customer, reason, lines);
        let id = invoice.id.clone();
        if let Some(kept) = self.subscriptions.get_mut(subscription) {
            kept.latest_invoice = Some(id.clone());
        }
        let invoice = Invoice {
            subscription: Some(held.id),
            subscription_metadata: held.metadata,
            period: (held.start, held.end),
            ..invoice
        };
        self.put_and_pay(invoice);
        id
    }

    /// Makes an invoice without a subscription of all that waits for the customer, and tries to
    /// have it paid. Gives its id.
    pub fn invoice_now(&mut self, customer: &str) -> String {
        let lines = self.take_pending(customer);
        let invoice = self.new_invoice(customer, Reason::Manual, lines);
        let id = invoice.id.clone();
        self.put_and_pay(invoice);
        id
    }

    fn new_invoice(&mut self, customer: &str, reason: Reason, lines: Vec<Line>) -> Invoice {
        let created = self.now();
        let currency = lines.first().map(|line| line.currency.clone());
        Invoice {
            id: self.id("in", 23),
            created,
            customer: customer.to_owned(),
            subscription: None,
            status: InvoiceStatus::Draft,
            lines,
            subscription_metadata: BTreeMap::new(),
            reason,
            currency: currency.unwrap_or_else(|| "usd".to_owned()),
            period: (created, created),
            attempts: 0,
            paid_at: None,
            number: self.id("N", 8).to_uppercase(),
            embedded: self.lines_embedded,
        }
    }

    fn put_and_pay(&mut self, invoice: Invoice) {
        let (id, customer) = (invoice.id.clone(), invoice.customer.clone());
        let livemode = self.livemode();
        let cause = Cause::default();
        let shown = self.invoices.put(invoice).render(livemode);
        self.emit_own("invoice.created", shown, &cause);
        // What costs nothing needs no card.
        let declines = self.declines(&customer) && self.is_due(&id);
        self.try_to_pay(&id, declines, &cause);
    }

    fn is_due(&self, invoice: &str) -> bool {
        let invoice = self.invoices.get(invoice);
        invoice.is_some_and(|invoice| invoice.total() > 0)
    }

    /// The customer pays an invoice that a card was declined for. It was no lack of will.
    ///
    /// # Panics
    /// If there is no such invoice.
    pub fn pay_invoice(&mut self, id: &str) {
        assert!(self.invoices.get(id).is_some(), "an invoice of this book");
        self.try_to_pay(id, false, &Cause::default());
    }

    /// The card pays or does not; Stripe tells what came of it.
    fn try_to_pay(&mut self, id: &str, declines: bool, cause: &Cause) {
        let (livemode, now) = (self.livemode(), self.now());
        let Some(invoice) = self.invoices.get_mut(id) else {
            return;
        };
        let draft = invoice.status == InvoiceStatus::Draft;
        invoice.status = InvoiceStatus::Open;
        let open = invoice.render(livemode);
        invoice.attempts += 1;
        if !declines {
            invoice.status = InvoiceStatus::Paid;
            invoice.paid_at = Some(now);
        }
        let tried = invoice.render(livemode);
        let (due, currency) = (invoice.total().max(0), invoice.currency.clone());
        let subscription = invoice.subscription.clone();
        if draft {
            self.emit_own("invoice.finalized", open, cause);
        }
        if declines {
            self.emit_own("invoice.payment_failed", tried, cause);
        } else {
            *self.balance.entry(currency).or_insert(0) += due;
            self.emit_own("invoice.paid", tried.clone(), cause);
            self.emit_own("invoice.payment_succeeded", tried, cause);
        }
        if let Some(subscription) = subscription {
            self.settle_standing(&subscription, declines);
        }
    }

    /// Every invoice, oldest first.
    pub fn invoices(&self) -> impl DoubleEndedIterator<Item = &Invoice> {
        self.invoices.iter()
    }

    /// The invoice as it is.
    pub fn invoice(&self, id: &str) -> Option<&Invoice> {
        self.invoices.get(id)
    }
}
