//! What is counted of a provider, for whoever installed a recorder of the crate `metrics`.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    ConnectedAccount, Failure, Lines, Mode, NewAccount, NewCheckout, NewCustomer, NewLink, Owner,
    Payments, PaymentsError, SendTransfer, Transfer, TransferTerms, Transfers, TransfersPage,
    WebhookError, WebhookEvent,
};
use crate::clock::Clock;
use crate::time::Timestamp;

/// A provider whose calls are counted and timed. Without a recorder, nothing is kept.
#[derive(Debug)]
pub(crate) struct Metered {
    provider: Arc<dyn Payments>,
    clock: Arc<dyn Clock>,
}

impl Metered {
    pub(crate) fn new(provider: Arc<dyn Payments>, clock: Arc<dyn Clock>) -> Metered {
        Metered { provider, clock }
    }

    async fn count<T>(
        &self,
        call: &'static str,
        asking: impl Future<Output = Result<T, PaymentsError>>,
    ) -> Result<T, PaymentsError> {
        let mut running = Running {
            call,
            clock: self.clock.as_ref(),
            since: self.clock.now(),
            outcome: "dropped",
        };
        let answer = asking.await;
        running.outcome = match &answer {
            Ok(_) => "done",
            Err(error) => name(&error.failure),
        };
        answer
    }
}

/// A call that was begun. It counts when it ends, also where nobody waited for that.
struct Running<'a> {
    call: &'static str,
    clock: &'a dyn Clock,
    since: Timestamp,
    outcome: &'static str,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let (call, outcome) = (self.call, self.outcome);
        metrics::counter!("clawrk_payments_calls_total", "call" => call, "outcome" => outcome)
            .increment(1);
        let took = self.clock.now().since(self.since);
        metrics::histogram!("clawrk_payments_call_seconds", "call" => call)
            .record(took.as_secs_f64());
    }
}

fn name(failure: &Failure) -> &'static str {
    match failure {
        Failure::NotSent => "not_sent",
        Failure::NotBegun { .. } => "not_begun",
        Failure::Unauthorized => "unauthorized",
        Failure::Declined { .. } => "declined",
        Failure::NotFound => "not_found",
        Failure::KeyReused => "key_reused",
        Failure::ClocksDiffer => "clocks_differ",
        Failure::Unknown => "unknown",
    }
}

#[async_trait]
impl Payments for Metered {
    fn mode(&self) -> Mode {
        self.provider.mode()
    }

    fn api_version(&self) -> &str {
        self.provider.api_version()
    }

    async fn platform(&self) -> Result<String, PaymentsError> {
        self.count("platform", self.provider.platform()).await
    }

    async fn create_customer(&self, customer: &NewCustomer) -> Result<String, PaymentsError> {
        let asking = self.provider.create_customer(customer);
        self.count("create_customer", asking).await
    }

    async fn create_checkout(&self, checkout: &NewCheckout) -> Result<String, PaymentsError> {
        let asking = self.provider.create_checkout(checkout);
        self.count("create_checkout", asking).await
    }

    async fn create_account(&self, account: &NewAccount) -> Result<String, PaymentsError> {
        let asking = self.provider.create_account(account);
        self.count("create_account", asking).await
    }

    async fn create_link(&self, link: &NewLink) -> Result<String, PaymentsError> {
        self.count("create_link", self.provider.create_link(link))
            .await
    }

    async fn account(&self, id: &str) -> Result<ConnectedAccount, PaymentsError> {
        self.count("account", self.provider.account(id)).await
    }

    fn draft(&self, terms: &TransferTerms) -> String {
        self.provider.draft(terms)
    }

    async fn send_transfer(&self, send: &SendTransfer) -> Result<Transfer, PaymentsError> {
        self.count("send_transfer", self.provider.send_transfer(send))
            .await
    }

    async fn transfer(&self, id: &str) -> Result<Transfer, PaymentsError> {
        self.count("transfer", self.provider.transfer(id)).await
    }

    async fn transfers(
        &self,
        which: &Transfers,
        after: Option<&str>,
    ) -> Result<TransfersPage, PaymentsError> {
        self.count("transfers", self.provider.transfers(which, after))
            .await
    }

    async fn customer(&self, id: &str) -> Result<Owner, PaymentsError> {
        self.count("customer", self.provider.customer(id)).await
    }

    async fn subscription(&self, id: &str) -> Result<Owner, PaymentsError> {
        self.count("subscription", self.provider.subscription(id))
            .await
    }

    async fn invoice_lines(
        &self,
        invoice: &str,
        after: Option<&str>,
    ) -> Result<Lines, PaymentsError> {
        let asking = self.provider.invoice_lines(invoice, after);
        self.count("invoice_lines", asking).await
    }

    fn read_webhook(
        &self,
        body: &[u8],
        signature: &str,
        now: Timestamp,
    ) -> Result<WebhookEvent, WebhookError> {
        self.provider.read_webhook(body, signature, now)
    }
}
