//! Transfers to connected accounts, and what is taken back of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::account::Capability;
use super::book::{Book, Cause};
use super::error::StripeError;
use super::params::{Params, note};
use super::price::AMOUNT_MAX;
use super::shelf::{Item, list};

/// Money that went to a connected account.
#[derive(Debug, Clone)]
pub struct Transfer {
    /// Its id.
    pub id: String,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// How much, in the currency's smallest unit.
    pub amount: i64,
    /// The currency, in lower case.
    pub currency: String,
    /// The account that has it.
    pub destination: String,
    /// The group that it can be found by.
    pub group: Option<String>,
    /// What was noted with it.
    pub metadata: BTreeMap<String, String>,
    description: Option<String>,
    reversals: Vec<Reversal>,
    payment: String,
    transaction: String,
}

/// What was taken back of a transfer.
#[derive(Debug, Clone)]
struct Reversal {
    id: String,
    created: i64,
    amount: i64,
    metadata: BTreeMap<String, String>,
    transaction: String,
}

impl Transfer {
    /// How much was taken back.
    pub fn reversed(&self) -> i64 {
        self.reversals.iter().map(|back| back.amount).sum()
    }
}

impl Reversal {
    fn render(&self, transfer: &Transfer) -> Value {
        json!({
            "id": self.id,
            "object": "transfer_reversal",
            "amount": self.amount,
            "balance_transaction": self.transaction,
            "created": self.created,
            "currency": transfer.currency,
            "destination_payment_refund": null,
            "metadata": self.metadata,
            "source_refund": null,
            "transfer": transfer.id,
        })
    }
}

impl Item for Transfer {
    const NAME: &'static str = "transfer";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, livemode: bool) -> Value {
        let newest_first = self.reversals.iter().rev();
        let reversals: Vec<Value> = newest_first.map(|back| back.render(self)).collect();
        let url = format!("/v1/transfers/{}/reversals", self.id);
        json!({
            "id": self.id,
            "object": "transfer",
            "amount": self.amount,
            "amount_reversed": self.reversed(),
            "balance_transaction": self.transaction,
            "created": self.created,
            "currency": self.currency,
            "description": self.description,
            "destination": self.destination,
            "destination_payment": self.payment,
            "livemode": livemode,
            "metadata": self.metadata,
            "reversals": list(&url, reversals, false),
            "reversed": self.reversed() == self.amount,
            "source_transaction": null,
            "source_type": "card",
            "transfer_group": self.group,
        })
    }
}

/// A transfer that is to be made.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    amount: i64,
    currency: String,
    destination: String,
    group: Option<String>,
    metadata: BTreeMap<String, String>,
    description: Option<String>,
}

impl Draft {
    pub(super) fn read(params: &mut Params) -> Result<Draft, StripeError> {
        let amount = params.between("amount", 1, AMOUNT_MAX)?;
        let currency = params.currency("currency")?;
        params.one_of("source_type", &["card"])?;
        Ok(Draft {
            amount: amount.ok_or_else(|| params.lacking("amount"))?,
            currency: currency.ok_or_else(|| params.lacking("currency"))?,
            destination: params.required("destination")?,
            group: params.text("transfer_group")?,
            metadata: params.map("metadata"),
            description: params.text("description")?,
        })
    }
}

/// A transfer that is to be noted something with.
#[derive(Debug, Clone)]
pub(super) struct Change {
    transfer: String,
    metadata: BTreeMap<String, String>,
    description: Option<String>,
}

impl Change {
    pub(super) fn read(transfer: &str, params: &mut Params) -> Result<Change, StripeError> {
        Ok(Change {
            transfer: transfer.to_owned(),
            metadata: params.map("metadata"),
            description: params.text("description")?,
        })
    }
}

/// A reversal that is to be made.
#[derive(Debug, Clone)]
pub(super) struct ReversalDraft {
    transfer: String,
    amount: Option<i64>,
    metadata: BTreeMap<String, String>,
}

impl ReversalDraft {
    pub(super) fn read(transfer: &str, params: &mut Params) -> Result<Self, StripeError> {
        params.ignore(&["description", "refund_application_fee"]);
        Ok(ReversalDraft {
            transfer: transfer.to_owned(),
            amount: params.between("amount", 1, AMOUNT_MAX)?,
            metadata: params.map("metadata"),
        })
    }
}

impl Book {
    pub(super) fn create_transfer(
        &mut self,
        draft: Draft,
        cause: &Cause,
    ) -> Result<Value, StripeError> {
        let destination = self.connected(&draft.destination).map_err(|_| {
            StripeError::missing_in("destination", "destination", &draft.destination)
        })?;
        if destination.transfers != Capability::Active {
            let message = "Your destination account needs to have at least one of the following \
                           capabilities enabled: transfers, crypto_transfers, legacy_payments";
            let code = "insufficient_capabilities_for_transfer";
            return Err(StripeError::invalid(400, code, message));
        }
        let held = self.balance(&draft.currency);
        if held < draft.amount {
            let message = "You have insufficient available funds in your Stripe account.";
            return Err(StripeError::invalid(400, "balance_insufficient", message));
        }
        self.set_balance(&draft.currency, held - draft.amount);
        self.credit(&draft.destination, &draft.currency, draft.amount);
        let transfer = Transfer {
            id: self.id("tr", 23),
            created: self.now(),
            amount: draft.amount,
            currency: draft.currency,
            destination: draft.destination,
            group: draft.group,
            metadata: draft.metadata,
            description: draft.description,
            reversals: Vec::new(),
            payment: self.id("py", 23),
            transaction: self.id("txn", 23),
        };
        let livemode = self.livemode();
        let shown = self.transfers.put(transfer).render(livemode);
        self.emit_own("transfer.created", shown.clone(), cause);
        Ok(shown)
    }

    fn credit(&mut self, account: &str, currency: &str, amount: i64) {
        if let Some(account) = self.accounts.get_mut(account) {
            *account.balance.entry(currency.to_owned()).or_insert(0) += amount;
        }
    }

    pub(super) fn change_transfer(
        &mut self,
        change: Change,
        cause: &Cause,
    ) -> Result<Value, StripeError> {
        let (livemode, id) = (self.livemode(), change.transfer.as_str());
        let found = self.transfers.get_mut(id);
        let transfer = found.ok_or_else(|| StripeError::missing("transfer", id))?;
        note(&mut transfer.metadata, change.metadata);
        transfer.description = change.description.or(transfer.description.take());
        let shown = transfer.render(livemode);
        self.emit_own("transfer.updated", shown.clone(), cause);
        Ok(shown)
    }

    pub(super) fn reverse_transfer(
        &mut self,
        draft: ReversalDraft,
        cause: &Cause,
    ) -> Result<Value, StripeError> {
        let id = draft.transfer.as_str();
        let found = self.transfers.get(id);
        let transfer = found.ok_or_else(|| StripeError::missing("transfer", id))?;
        let left = transfer.amount - transfer.reversed();
        let amount = draft.amount.unwrap_or(left);
        if amount > left || left == 0 {
            let message =
                format!("Reversal amount ({amount}) is greater than what is left: {left}.");
            return Err(StripeError::value("amount", message));
        }
        let (currency, account) = (transfer.currency.clone(), transfer.destination.clone());
        let reversal = Reversal {
            id: self.id("trr", 23),
            created: self.now(),
            amount,
            metadata: draft.metadata,
            transaction: self.id("txn", 23),
        };
        *self.balance.entry(currency.clone()).or_insert(0) += amount;
        self.credit(&account, &currency, -amount);
        let livemode = self.livemode();
        let Some(transfer) = self.transfers.get_mut(id) else {
            return Err(StripeError::missing("transfer", id));
        };
        let shown = reversal.render(transfer);
        transfer.reversals.push(reversal);
        let told = transfer.render(livemode);
        self.emit_own("transfer.reversed", told, cause);
        Ok(shown)
    }

    /// Takes so much of a transfer back, as a person does on Stripe's pages; without an amount, all
    /// that is left.
    ///
    /// # Panics
    /// If there is no such transfer, or not as much left of it.
    pub fn take_back(&mut self, transfer: &str, amount: Option<i64>) {
        let draft = ReversalDraft {
            transfer: transfer.to_owned(),
            amount,
            metadata: BTreeMap::new(),
        };
        let reversed = self.reverse_transfer(draft, &Cause::default());
        reversed.expect("so much is left of the transfer");
    }

    /// Every transfer that was ever made, oldest first.
    pub fn transfers(&self) -> impl DoubleEndedIterator<Item = &Transfer> {
        self.transfers.iter()
    }

    /// The balance, as Stripe shows it.
    pub(super) fn show_balance(&self, of: &BTreeMap<String, i64>) -> Value {
        let amounts = |scale: i64| {
            let all = of.iter();
            let all = all.map(|(currency, amount)| {
                let amount = amount * scale;
                json!({
                    "amount": amount,
                    "currency": currency,
                    "source_types": { "card": amount },
                })
            });
            all.collect::<Vec<_>>()
        };
        json!({
            "object": "balance",
            "available": amounts(1),
            "livemode": self.livemode(),
            "pending": amounts(0),
        })
    }
}
