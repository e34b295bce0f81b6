//! The books as clawrk's port, without HTTP.

use std::fmt;
use std::future::{pending, poll_fn};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use async_trait::async_trait;
use clawrk_core::clock::Clock;
use clawrk_core::payments::{
    ConnectedAccount, Failure, Lines, Mode, NewAccount, NewCheckout, NewCustomer, NewLink, Owner,
    Payments, PaymentsError, SendTransfer, Transfer, TransferTerms, Transfers, TransfersPage,
    WebhookError, WebhookEvent,
};
use clawrk_core::time::Timestamp;
use serde_json::Value;

use super::endpoint::Endpoint;
use super::news;
use super::signature;
use super::state::{Books, LIVE_KEY, TEST_KEY};
use super::verdict::judge;
use super::version::{OLD_VERSION, VERSION};
use super::wire::{Fate, Method, Request, decode_form, encode_form};

/// Objects on a page that is asked for.
const PAGE: &str = "100";

/// The books as clawrk's port. Clones are the same books, asked with the same secret key.
///
/// It does what [`Payments`] obliges to, but for one thing: where a fault [hangs](Fate::Hangs), the
/// call never ends, so that whoever asks has to give up by himself.
#[derive(Clone)]
pub struct BookPayments {
    books: Arc<Mutex<Books>>,
    clock: Arc<dyn Clock>,
    secret: String,
    mode: Mode,
    webhook_secrets: Vec<String>,
    yields: Arc<AtomicBool>,
}

/// What the posts of the two endpoints of [`BookPayments::new`] are signed with: that of the
/// exchange's own objects, and that of connected accounts.
pub const WEBHOOK_SECRETS: [&str; 2] = ["whsec_books_own", "whsec_books_connect"];

impl BookPayments {
    /// Play money, in new books with that seed, whose time is that clock's. There are two
    /// endpoints in each mode with a secret each, and this reads the posts of both: one for the
    /// exchange's own objects in the newest version, one for connected accounts in an old one.
    pub fn new(seed: u64, clock: Arc<dyn Clock>) -> BookPayments {
        let mut books = Books::new(seed);
        let url = "https://clawrk.example.com/api/stripe/webhook";
        let [own, connect] = WEBHOOK_SECRETS;
        for secret in [TEST_KEY, LIVE_KEY] {
            let book = books.of(secret);
            book.add_endpoint(Endpoint::own(url, own));
            book.add_endpoint(Endpoint::connect(url, connect).in_version(OLD_VERSION));
        }
        let secrets = WEBHOOK_SECRETS.map(str::to_owned).to_vec();
        BookPayments {
            webhook_secrets: secrets,
            ..BookPayments::over(Arc::new(Mutex::new(books)), clock, TEST_KEY, Mode::Test)
        }
    }

    /// Books that others use too, with that secret key, which is for that mode. Reads no webhooks.
    pub fn over(
        books: Arc<Mutex<Books>>,
        clock: Arc<dyn Clock>,
        secret: &str,
        mode: Mode,
    ) -> BookPayments {
        BookPayments {
            books,
            clock,
            secret: secret.to_owned(),
            mode,
            webhook_secrets: Vec::new(),
            yields: Arc::new(AtomicBool::new(false)),
        }
    }

    /// The same books for real money.
    #[must_use]
    pub fn live(&self) -> BookPayments {
        self.with_key(LIVE_KEY, Mode::Live)
    }

    /// The same books with another secret key, which is for that mode.
    #[must_use]
    pub fn with_key(&self, secret: &str, mode: Mode) -> BookPayments {
        BookPayments {
            secret: secret.to_owned(),
            mode,
            ..self.clone()
        }
    }

    /// Reads webhooks that were signed with one of these secrets, and no others.
    #[must_use]
    pub fn with_webhook_secrets(mut self, secrets: &[&str]) -> BookPayments {
        self.webhook_secrets = secrets.iter().map(|&secret| secret.to_owned()).collect();
        self
    }

    /// Lets each call give way twice: before Stripe sees it, and before its answer is seen. Whoever
    /// drops a call there has it happen never, or without an answer.
    pub fn set_yielding(&self, yields: bool) {
        self.yields.store(yields, Ordering::SeqCst);
    }

    /// The books, as far as the clock is. Let go of them before the next call.
    pub fn books(&self) -> MutexGuard<'_, Books> {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        books.advance(self.clock.now());
        books
    }

    fn request(&self, method: Method, path: impl Into<String>) -> Request {
        Request::new(method, path, &self.secret).version(VERSION)
    }

    async fn give_way(&self) {
        if !self.yields.load(Ordering::SeqCst) {
            return;
        }
        let mut given = false;
        poll_fn(|context| {
            if given {
                return Poll::Ready(());
            }
            given = true;
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    async fn ask(&self, request: Request) -> Result<Value, PaymentsError> {
        self.give_way().await;
        let now = self.clock.now();
        let response = self.books().handle(&request, now);
        if response.fate == Fate::Hangs {
            pending::<()>().await;
        }
        self.give_way().await;
        judge(request.method, &response)
    }

    async fn get(&self, path: String) -> Result<Value, PaymentsError> {
        self.ask(self.request(Method::Get, path)).await
    }

    async fn make(&self, request: Request, field: &str) -> Result<String, PaymentsError> {
        let made = self.ask(request).await?;
        news::text(&made[field]).ok_or_else(|| unreadable(field))
    }
}

impl fmt::Debug for BookPayments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BookPayments")
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

fn unreadable(what: &str) -> PaymentsError {
    PaymentsError {
        failure: Failure::Unknown,
        detail: format!("the answer has no {what} that can be read"),
        request_id: None,
    }
}

/// Whether a secret key that is in order has no access to an account, or no more.
fn no_access(failure: &Failure) -> bool {
    matches!(failure, Failure::Declined { code, .. } if code == "account_invalid")
}

/// What is noted with everything that a user has.
fn noted(request: Request, prefix: &str, notes: &[(&str, &str)]) -> Request {
    notes.iter().fold(request, |request, (name, value)| {
        request.param(&format!("{prefix}[clawrk_{name}]"), *value)
    })
}

#[async_trait]
impl Payments for BookPayments {
    fn mode(&self) -> Mode {
        self.mode
    }

    fn api_version(&self) -> &str {
        VERSION
    }

    async fn platform(&self) -> Result<String, PaymentsError> {
        self.make(self.request(Method::Get, "/v1/account"), "id")
            .await
    }

    async fn create_customer(&self, customer: &NewCustomer) -> Result<String, PaymentsError> {
        let notes = [("user", customer.user.as_str()), ("store", &customer.store)];
        let request = self.request(Method::Post, "/v1/customers");
        let request = noted(request, "metadata", &notes).under(&customer.key);
        self.make(request, "id").await
    }

    async fn create_checkout(&self, checkout: &NewCheckout) -> Result<String, PaymentsError> {
        let notes = [
            ("user", checkout.user.as_str()),
            ("tier", &checkout.tier),
            ("store", &checkout.store),
        ];
        let request = self
            .request(Method::Post, "/v1/checkout/sessions")
            .param("mode", "subscription")
            .param("customer", &checkout.customer)
            .param("client_reference_id", checkout.user.as_str())
            .param("line_items[0][price]", &checkout.price)
            .param("line_items[0][quantity]", "1")
            .param("success_url", &checkout.success_url)
            .param("cancel_url", &checkout.cancel_url);
        let request = noted(request, "metadata", &notes);
        let request = noted(request, "subscription_data[metadata]", &notes);
        self.make(request, "url").await
    }

    async fn create_account(&self, account: &NewAccount) -> Result<String, PaymentsError> {
        let notes = [("user", account.user.as_str()), ("store", &account.store)];
        let request = self
            .request(Method::Post, "/v1/accounts")
            .param("controller[stripe_dashboard][type]", "express")
            .param("controller[fees][payer]", "application")
            .param("controller[losses][payments]", "application")
            .param("controller[requirement_collection]", "stripe")
            .param("capabilities[transfers][requested]", "true");
        let request = noted(request, "metadata", &notes).under(&account.key);
        self.make(request, "id").await
    }

    async fn create_link(&self, link: &NewLink) -> Result<String, PaymentsError> {
        let request = self
            .request(Method::Post, "/v1/account_links")
            .param("account", &link.account)
            .param("type", "account_onboarding")
            .param("refresh_url", &link.refresh_url)
            .param("return_url", &link.return_url);
        self.make(request, "url").await
    }

    async fn account(&self, id: &str) -> Result<ConnectedAccount, PaymentsError> {
        match self.get(format!("/v1/accounts/{id}")).await {
            Ok(shown) => news::account(&shown).ok_or_else(|| unreadable("account")),
            Err(error) if no_access(&error.failure) => Ok(ConnectedAccount {
                id: id.to_owned(),
                can_receive: false,
                can_pay_out: false,
                gone: true,
            }),
            Err(error) => Err(error),
        }
    }

    fn draft(&self, terms: &TransferTerms) -> String {
        let amount = terms.amount.to_string();
        encode_form([
            ("amount", amount.as_str()),
            ("currency", &terms.currency),
            ("destination", &terms.destination),
            ("transfer_group", &terms.group),
            ("metadata[clawrk_payout]", &terms.payout),
            ("metadata[clawrk_job]", &terms.job),
            ("metadata[clawrk_store]", &terms.store),
        ])
    }

    async fn send_transfer(&self, send: &SendTransfer) -> Result<Transfer, PaymentsError> {
        let mut request = self
            .request(Method::Post, "/v1/transfers")
            .version(&send.api_version)
            .under(&send.key);
        request.params = decode_form(&send.body);
        let made = self.ask(request).await?;
        news::transfer(&made).ok_or_else(|| unreadable("transfer"))
    }

    async fn transfer(&self, id: &str) -> Result<Transfer, PaymentsError> {
        let shown = self.get(format!("/v1/transfers/{id}")).await?;
        news::transfer(&shown).ok_or_else(|| unreadable("transfer"))
    }

    async fn transfers(
        &self,
        which: &Transfers,
        after: Option<&str>,
    ) -> Result<TransfersPage, PaymentsError> {
        let request = self.request(Method::Get, "/v1/transfers");
        let request = request.param("limit", PAGE);
        let request = match which {
            Transfers::Group(group) => request.param("transfer_group", group),
            Transfers::Since(since) => {
                let seconds = since.as_millis() / 1000;
                request.param("created[gte]", seconds.to_string())
            }
        };
        let (items, more) = self.page(request, after).await?;
        let items: Option<Vec<Transfer>> = items.iter().map(news::transfer).collect();
        let items = items.ok_or_else(|| unreadable("transfer"))?;
        let at = Some(self.clock.now());
        Ok(TransfersPage { items, more, at })
    }

    async fn customer(&self, id: &str) -> Result<Owner, PaymentsError> {
        let shown = self.get(format!("/v1/customers/{id}")).await?;
        Ok(news::owner_of(&shown))
    }

    async fn subscription(&self, id: &str) -> Result<Owner, PaymentsError> {
        let shown = self.get(format!("/v1/subscriptions/{id}")).await?;
        Ok(news::owner_of(&shown))
    }

    async fn invoice_lines(
        &self,
        invoice: &str,
        after: Option<&str>,
    ) -> Result<Lines, PaymentsError> {
        let request = self.request(Method::Get, format!("/v1/invoices/{invoice}/lines"));
        let (items, more) = self.page(request.param("limit", PAGE), after).await?;
        let items: Option<Vec<_>> = items.iter().map(news::line).collect();
        let items = items.ok_or_else(|| unreadable("line"))?;
        Ok(Lines { items, more })
    }

    fn read_webhook(
        &self,
        body: &[u8],
        signature: &str,
        now: Timestamp,
    ) -> Result<WebhookEvent, WebhookError> {
        if self.webhook_secrets.is_empty() {
            return Err(WebhookError::NoSecret);
        }
        let now = now.as_millis() / 1000;
        signature::check(&self.webhook_secrets, signature, body, now)
            .map_err(WebhookError::Signature)?;
        news::event(body)
    }
}

impl BookPayments {
    async fn page(
        &self,
        request: Request,
        after: Option<&str>,
    ) -> Result<(Vec<Value>, bool), PaymentsError> {
        let request = match after {
            Some(after) => request.param("starting_after", after),
            None => request,
        };
        let page = self.ask(request).await?;
        let items = page["data"].as_array().cloned();
        let items = items.ok_or_else(|| unreadable("data"))?;
        let more = page["has_more"].as_bool();
        Ok((items, more.ok_or_else(|| unreadable("has_more"))?))
    }
}
