//! A provider that remembers what it was asked and answers as it is told.

use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
use std::sync::Mutex;

use async_trait::async_trait;
use clawrk_core::payments::{
    ConnectedAccount, DeclineClass, Failure, InvoiceLine, Lines, Mode, NewAccount, NewCheckout,
    NewCustomer, NewLink, Owner, Payments, PaymentsError, SendTransfer, Transfer, TransferTerms,
    Transfers, TransfersPage, WebhookError, WebhookEvent,
};
use clawrk_core::time::Timestamp;

/// The one signature that is right.
pub(super) const SIGNED: &str = "t=now,v1=right";

/// What goes wrong with a call.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// It fails, and nothing was done.
    Fails(Failure),
    /// It is done, and the answer is lost.
    Lost,
    /// It never ends.
    Hangs,
}

#[derive(Debug, Default)]
pub(super) struct Provider {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    calls: Vec<String>,
    faults: VecDeque<(&'static str, Fault)>,
    made: BTreeMap<String, String>,
    accounts: BTreeMap<String, ConnectedAccount>,
    owners: BTreeMap<String, Owner>,
    lines: BTreeMap<String, Vec<InvoiceLine>>,
    checkouts: Vec<NewCheckout>,
    links: Vec<NewLink>,
}

/// How many lines are on a page.
const PAGE_LINES: usize = 2;

impl Provider {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// The next such call goes wrong.
    pub(super) fn fault(&self, call: &'static str, fault: Fault) {
        self.lock().faults.push_back((call, fault));
    }

    /// What it was asked since the last time this was called.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().calls)
    }

    pub(super) fn checkouts(&self) -> Vec<NewCheckout> {
        self.lock().checkouts.clone()
    }

    pub(super) fn links(&self) -> Vec<NewLink> {
        self.lock().links.clone()
    }

    /// What it knows of a customer or subscription.
    pub(super) fn knows(&self, id: &str, owner: Owner) {
        self.lock().owners.insert(id.to_owned(), owner);
    }

    pub(super) fn forgets(&self, id: &str) {
        self.lock().owners.remove(id);
    }

    /// From now on the same request under a key that was used gives this.
    pub(super) fn gives(&self, key: &str, id: &str) {
        self.lock().made.insert(key.to_owned(), id.to_owned());
    }

    pub(super) fn has_lines(&self, invoice: &str, lines: Vec<InvoiceLine>) {
        self.lock().lines.insert(invoice.to_owned(), lines);
    }

    pub(super) fn change_account(&self, id: &str, change: impl FnOnce(&mut ConnectedAccount)) {
        change(self.lock().accounts.get_mut(id).unwrap());
    }

    /// Notes the call; `effect` is what it does where it is carried out.
    async fn call<T>(
        &self,
        name: &'static str,
        what: &str,
        effect: impl FnOnce(&mut Inner) -> Result<T, Failure> + Send,
    ) -> Result<T, PaymentsError> {
        let (answer, fault) = {
            let mut inner = self.lock();
            inner.calls.push(format!("{name} {what}"));
            let fault = inner.faults.iter().position(|(call, _)| *call == name);
            let fault = fault.and_then(|at| inner.faults.remove(at));
            match fault.map(|(_, fault)| fault) {
                Some(Fault::Fails(failure)) => (Err(failure), None),
                fault => (effect(&mut inner), fault),
            }
        };
        let failure = match (answer, fault) {
            (_, Some(Fault::Hangs)) => return pending().await,
            (_, Some(Fault::Lost)) => Failure::Unknown,
            (Ok(answer), _) => return Ok(answer),
            (Err(failure), _) => failure,
        };
        Err(PaymentsError {
            failure,
            detail: "as told".to_owned(),
            request_id: Some("req_1".to_owned()),
        })
    }
}

pub(super) fn declined(code: &str) -> Failure {
    Failure::Declined {
        class: DeclineClass::Person,
        code: code.to_owned(),
    }
}

fn make(inner: &mut Inner, key: &str, kind: &str) -> String {
    let next = format!("{kind}_{}", inner.made.len() + 1);
    inner.made.entry(key.to_owned()).or_insert(next).clone()
}

#[async_trait]
impl Payments for Provider {
    fn mode(&self) -> Mode {
        Mode::Test
    }

    fn api_version(&self) -> &str {
        "some"
    }

    async fn platform(&self) -> Result<String, PaymentsError> {
        Ok("acct_platform".to_owned())
    }

    async fn create_customer(&self, customer: &NewCustomer) -> Result<String, PaymentsError> {
        self.call("create_customer", &customer.key, |inner| {
            let id = make(inner, &customer.key, "cus");
            let owner = Owner {
                user: Some(customer.user.to_string()),
                store: Some(customer.store.clone()),
                customer: Some(id.clone()),
                tier: None,
            };
            inner.owners.insert(id.clone(), owner);
            Ok(id)
        })
        .await
    }

    async fn create_checkout(&self, checkout: &NewCheckout) -> Result<String, PaymentsError> {
        self.call("create_checkout", &checkout.customer, |inner| {
            if !inner.owners.contains_key(&checkout.customer) {
                return Err(declined("resource_missing"));
            }
            inner.checkouts.push(checkout.clone());
            Ok(format!("https://pay.example/{}", inner.checkouts.len()))
        })
        .await
    }

    async fn create_account(&self, account: &NewAccount) -> Result<String, PaymentsError> {
        self.call("create_account", &account.key, |inner| {
            let id = make(inner, &account.key, "acct");
            let new = ConnectedAccount {
                id: id.clone(),
                can_receive: false,
                can_pay_out: false,
                gone: false,
            };
            inner.accounts.entry(id.clone()).or_insert(new);
            Ok(id)
        })
        .await
    }

    async fn create_link(&self, link: &NewLink) -> Result<String, PaymentsError> {
        self.call("create_link", &link.account, |inner| {
            match inner.accounts.get(&link.account) {
                Some(account) if !account.gone => {
                    inner.links.push(link.clone());
                    Ok(format!("https://connect.example/{}", inner.links.len()))
                }
                _ => Err(declined("account_invalid")),
            }
        })
        .await
    }

    async fn account(&self, id: &str) -> Result<ConnectedAccount, PaymentsError> {
        self.call("account", id, |inner| {
            inner.accounts.get(id).cloned().ok_or(Failure::NotFound)
        })
        .await
    }

    fn draft(&self, terms: &TransferTerms) -> String {
        panic!("{terms:?}: nothing is paid out here")
    }

    async fn send_transfer(&self, send: &SendTransfer) -> Result<Transfer, PaymentsError> {
        panic!("{send:?}: nothing is paid out here")
    }

    async fn transfer(&self, id: &str) -> Result<Transfer, PaymentsError> {
        panic!("{id}: nothing is paid out here")
    }

    async fn transfers(
        &self,
        _: &Transfers,
        _: Option<&str>,
    ) -> Result<TransfersPage, PaymentsError> {
        Ok(TransfersPage {
            items: Vec::new(),
            more: false,
            at: None,
        })
    }

    async fn customer(&self, id: &str) -> Result<Owner, PaymentsError> {
        self.call("customer", id, |inner| {
            inner.owners.get(id).cloned().ok_or(Failure::NotFound)
        })
        .await
    }

    async fn subscription(&self, id: &str) -> Result<Owner, PaymentsError> {
        self.call("subscription", id, |inner| {
            inner.owners.get(id).cloned().ok_or(Failure::NotFound)
        })
        .await
    }

    async fn invoice_lines(
        &self,
        invoice: &str,
        after: Option<&str>,
    ) -> Result<Lines, PaymentsError> {
        let what = format!("{invoice} {}", after.unwrap_or("-"));
        self.call("invoice_lines", &what, |inner| {
            let lines = inner.lines.get(invoice).ok_or(Failure::NotFound)?;
            let behind = |after| lines.iter().position(|line| line.id == after);
            let start = match after {
                None => 0,
                Some(after) => behind(after).ok_or(Failure::NotFound)? + 1,
            };
            let end = lines.len().min(start + PAGE_LINES);
            Ok(Lines {
                items: lines[start..end].to_vec(),
                more: end < lines.len(),
            })
        })
        .await
    }

    fn read_webhook(
        &self,
        body: &[u8],
        signature: &str,
        _: Timestamp,
    ) -> Result<WebhookEvent, WebhookError> {
        match signature {
            SIGNED => serde_json::from_slice(body).map_err(|e| WebhookError::Body(e.to_string())),
            "" => Err(WebhookError::NoSecret),
            _ => Err(WebhookError::Signature("is wrong")),
        }
    }
}
