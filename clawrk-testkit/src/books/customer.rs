//! Customers.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::book::{Book, Cause};
use super::error::StripeError;
use super::params::{Params, note};
use super::shelf::Item;

/// Somebody who buys.
#[derive(Debug, Clone)]
pub struct Customer {
    /// Its id.
    pub id: String,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// What was noted with it.
    pub metadata: BTreeMap<String, String>,
    /// Whether it was deleted.
    pub deleted: bool,
    email: Option<String>,
    name: Option<String>,
    description: Option<String>,
}

/// A customer that is to be made.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    metadata: BTreeMap<String, String>,
    email: Option<String>,
    name: Option<String>,
    description: Option<String>,
}

impl Draft {
    /// One of whom nothing is known.
    pub(super) fn anonymous() -> Draft {
        Draft {
            metadata: BTreeMap::new(),
            email: None,
            name: None,
            description: None,
        }
    }

    pub(super) fn read(params: &mut Params) -> Result<Draft, StripeError> {
        params.ignore(&[
            "address",
            "phone",
            "shipping",
            "payment_method",
            "invoice_settings",
        ]);
        Ok(Draft {
            metadata: params.map("metadata"),
            email: params.text("email")?,
            name: params.text("name")?,
            description: params.text("description")?,
        })
    }
}

/// A customer that is to be changed.
#[derive(Debug, Clone)]
pub(super) struct Change {
    customer: String,
    draft: Draft,
}

impl Change {
    pub(super) fn read(customer: &str, params: &mut Params) -> Result<Change, StripeError> {
        Ok(Change {
            customer: customer.to_owned(),
            draft: Draft::read(params)?,
        })
    }
}

impl Item for Customer {
    const NAME: &'static str = "customer";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, livemode: bool) -> Value {
        if self.deleted {
            return json!({ "id": self.id, "object": "customer", "deleted": true });
        }
        json!({
            "id": self.id,
            "object": "customer",
            "address": null,
            "balance": 0,
            "created": self.created,
            "currency": null,
            "default_source": null,
            "delinquent": false,
            "description": self.description,
            "discount": null,
            "email": self.email,
            "invoice_prefix": self.id[self.id.len() - 8..].to_uppercase(),
            "invoice_settings": {
                "custom_fields": null,
                "default_payment_method": null,
                "footer": null,
                "rendering_options": null,
            },
            "livemode": livemode,
            "metadata": self.metadata,
            "name": self.name,
            "next_invoice_sequence": 1,
            "phone": null,
            "preferred_locales": [],
            "shipping": null,
            "tax_exempt": "none",
            "test_clock": null,
        })
    }
}

impl Book {
    pub(super) fn create_customer(&mut self, draft: Draft, cause: &Cause) -> Value {
        let customer = Customer {
            id: self.id("cus", 13),
            created: self.now(),
            metadata: draft.metadata,
            deleted: false,
            email: draft.email,
            name: draft.name,
            description: draft.description,
        };
        let livemode = self.livemode();
        let shown = self.customers.put(customer).render(livemode);
        self.emit_own("customer.created", shown.clone(), cause);
        shown
    }

    pub(super) fn change_customer(
        &mut self,
        change: Change,
        cause: &Cause,
    ) -> Result<Value, StripeError> {
        let livemode = self.livemode();
        let (id, draft) = (change.customer, change.draft);
        let found = self.customers.get_mut(&id);
        let customer = found.filter(|customer| !customer.deleted);
        let customer = customer.ok_or_else(|| StripeError::missing("customer", &id))?;
        note(&mut customer.metadata, draft.metadata);
        customer.email = draft.email.or(customer.email.take());
        customer.name = draft.name.or(customer.name.take());
        customer.description = draft.description.or(customer.description.take());
        let shown = customer.render(livemode);
        self.emit_own("customer.updated", shown.clone(), cause);
        Ok(shown)
    }

    pub(super) fn delete_customer(
        &mut self,
        id: &str,
        cause: &Cause,
    ) -> Result<Value, StripeError> {
        let livemode = self.livemode();
        let found = self.customers.get_mut(id);
        let customer = found.filter(|customer| !customer.deleted);
        let customer = customer.ok_or_else(|| StripeError::missing("customer", id))?;
        let before = customer.render(livemode);
        customer.deleted = true;
        let shown = customer.render(livemode);
        self.emit_own("customer.deleted", before, cause);
        Ok(shown)
    }

    /// A customer that a parameter names.
    pub(super) fn buyer(&self, id: &str) -> Result<&Customer, StripeError> {
        let found = self.customers.get(id).filter(|customer| !customer.deleted);
        found.ok_or_else(|| StripeError::missing_in("customer", "customer", id))
    }

    /// The customer as it is.
    pub fn customer(&self, id: &str) -> Option<&Customer> {
        self.customers.get(id)
    }
}
