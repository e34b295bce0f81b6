//! Stripe as core's port to payments.

use async_trait::async_trait;
use clawrk_core::payments::Failure;
use clawrk_core::payments::{
    ConnectedAccount, Lines, Mode, NewAccount, NewCheckout, NewCustomer, NewLink, Owner, Payments,
    PaymentsError, SendTransfer, Transfer, TransferTerms, Transfers, TransfersPage, WebhookError,
    WebhookEvent,
};
use clawrk_core::time::Timestamp;
use serde_json::Value;
use tokio::runtime::Handle;

use crate::builder::Builder;
use crate::classify::is_account_gone;
use crate::client::{Change, Client, Found, Look, Path, failed, unusable};
use crate::form::Form;
use crate::request;
use crate::shape::{self, Shape, flag, need_text};
use crate::webhook::{self, Secrets};

/// The version of Stripe's API that requests are written for, sent with each.
pub const API_VERSION: &str = "2026-08-26.dahlia";

/// Stripe, asked with one key. See [the crate](crate).
#[derive(Debug)]
pub struct Stripe {
    client: Client,
    secrets: Secrets,
}

impl Stripe {
    /// A client with this secret or restricted key, whose requests run on this tokio runtime. The
    /// runtime must have its I/O and its timer on, as `#[tokio::main]` does, and outlive the
    /// client: once it is shut down, every answer is [`Failure::Unknown`].
    pub fn builder(key: &str, runtime: Handle) -> Builder {
        Builder::new(key, runtime)
    }

    pub(crate) fn new(client: Client, secrets: Secrets) -> Stripe {
        Stripe { client, secrets }
    }

    async fn make(
        &self,
        path: Path<'_>,
        key: Option<&str>,
        form: Form,
    ) -> Result<Value, PaymentsError> {
        let body = form.into_text();
        let change = Change {
            path,
            key,
            version: API_VERSION,
            body,
        };
        Ok(self.client.change(change).await?.value)
    }

    async fn look(&self, path: Path<'_>, query: Form) -> Result<Value, PaymentsError> {
        Ok(self.look_when(path, query).await?.value)
    }

    /// What is there, and when that was.
    async fn look_when(&self, path: Path<'_>, query: Form) -> Result<Found, PaymentsError> {
        let look = Look {
            path,
            version: API_VERSION,
            query,
        };
        self.client.look(look).await
    }

    /// The owner of a thing that may have been deleted.
    async fn owner(&self, path: Path<'_>, what: &str) -> Result<Owner, PaymentsError> {
        let found = self.look(path, Form::new()).await?;
        usable(what, shape::need_object(&found, what))?;
        if flag(&found, "deleted") == Some(true) {
            return Err(failed(Failure::NotFound, format!("the {what} was deleted")));
        }
        Ok(shape::owner(&found))
    }
}

#[async_trait]
impl Payments for Stripe {
    fn mode(&self) -> Mode {
        self.client.mode()
    }

    fn api_version(&self) -> &str {
        API_VERSION
    }

    async fn platform(&self) -> Result<String, PaymentsError> {
        let found = self.look(&["account"], Form::new()).await?;
        id_of("account", &found)
    }

    async fn create_customer(&self, customer: &NewCustomer) -> Result<String, PaymentsError> {
        let form = request::new_customer(customer);
        let made = self.make(&["customers"], Some(&customer.key), form).await?;
        id_of("customer", &made)
    }

    async fn create_checkout(&self, checkout: &NewCheckout) -> Result<String, PaymentsError> {
        let form = request::new_checkout(checkout);
        let made = self.make(&["checkout", "sessions"], None, form).await?;
        url_of("checkout.session", &made)
    }

    async fn create_account(&self, account: &NewAccount) -> Result<String, PaymentsError> {
        let form = request::new_account(account);
        let made = self.make(&["accounts"], Some(&account.key), form).await?;
        id_of("account", &made)
    }

    async fn create_link(&self, link: &NewLink) -> Result<String, PaymentsError> {
        let made = self
            .make(&["account_links"], None, request::new_link(link))
            .await?;
        url_of("account_link", &made)
    }

    async fn account(&self, id: &str) -> Result<ConnectedAccount, PaymentsError> {
        let found = match self.look(&["accounts", id], Form::new()).await {
            // Stripe does not tell an account that is gone from one that is not ours.
            Err(error) if is_account_gone(&error.failure) => return Ok(gone(id)),
            found => found?,
        };
        let account = usable("account", shape::account(&found))?;
        same_id("account", &account.id, id)?;
        Ok(account)
    }

    fn draft(&self, terms: &TransferTerms) -> String {
        request::new_transfer(terms).into_text()
    }

    async fn send_transfer(&self, send: &SendTransfer) -> Result<Transfer, PaymentsError> {
        let change = Change {
            path: &["transfers"],
            key: Some(&send.key),
            version: &send.api_version,
            body: send.body.clone(),
        };
        let made = self.client.change(change).await?.value;
        usable("transfer", shape::transfer(&made))
    }

    async fn transfer(&self, id: &str) -> Result<Transfer, PaymentsError> {
        let found = self.look(&["transfers", id], Form::new()).await?;
        let transfer = usable("transfer", shape::transfer(&found))?;
        same_id("transfer", &transfer.id, id)?;
        Ok(transfer)
    }

    async fn transfers(
        &self,
        which: &Transfers,
        after: Option<&str>,
    ) -> Result<TransfersPage, PaymentsError> {
        let query = request::transfers(which, after);
        let Found { value, at } = self.look_when(&["transfers"], query).await?;
        let page = usable("list", shape::list(&value))?;
        let items = page.items.iter().map(shape::transfer).collect::<Shape<_>>();
        Ok(TransfersPage {
            items: usable("list", items)?,
            more: page.more,
            at,
        })
    }

    async fn customer(&self, id: &str) -> Result<Owner, PaymentsError> {
        self.owner(&["customers", id], "customer").await
    }

    async fn subscription(&self, id: &str) -> Result<Owner, PaymentsError> {
        self.owner(&["subscriptions", id], "subscription").await
    }

    async fn invoice_lines(
        &self,
        invoice: &str,
        after: Option<&str>,
    ) -> Result<Lines, PaymentsError> {
        let query = request::page(after);
        let found = self.look(&["invoices", invoice, "lines"], query).await?;
        let page = usable("list", shape::list(&found))?;
        let items = page.items.iter().map(shape::line).collect::<Shape<_>>();
        Ok(Lines {
            items: usable("list", items)?,
            more: page.more,
        })
    }

    fn read_webhook(
        &self,
        body: &[u8],
        signature: &str,
        now: Timestamp,
    ) -> Result<WebhookEvent, WebhookError> {
        self.secrets.check(body, signature, now)?;
        webhook::event(body)
    }
}

fn usable<T>(what: &str, read: Shape<T>) -> Result<T, PaymentsError> {
    read.map_err(|why| unusable(what, &why))
}

fn id_of(what: &str, made: &Value) -> Result<String, PaymentsError> {
    usable(what, shape::need_object(made, what))?;
    usable(what, need_text(made, "id"))
}

fn url_of(what: &str, made: &Value) -> Result<String, PaymentsError> {
    usable(what, shape::need_object(made, what))?;
    usable(what, need_text(made, "url"))
}

fn same_id(what: &str, found: &str, asked: &str) -> Result<(), PaymentsError> {
    if found == asked {
        return Ok(());
    }
    Err(unusable(what, "it is another one than was asked for"))
}

fn gone(id: &str) -> ConnectedAccount {
    ConnectedAccount {
        id: id.to_owned(),
        can_receive: false,
        can_pay_out: false,
        gone: true,
    }
}
