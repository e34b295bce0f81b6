//! A server with money, and the Stripe that it asks.

use std::future::pending;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use clawrk::{Clock, Timestamp};
use clawrk_testkit::books::{Book, Books, Endpoint, OLD_VERSION, TEST_KEY};
use clawrk_testkit::books_http::{Server as Stripe, Serving};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{ADMIN, Answer, Client, PATIENCE, Server, command, run};

const SECRETS: [&str; 2] = ["whsec_platform", "whsec_connect"];

/// How long a pause is between two looks at something that comes by itself.
const LOOK: Duration = Duration::from_millis(20);

/// The machine's time, for the fake, which must agree with the server's.
#[derive(Debug)]
struct WallClock;

#[async_trait]
impl Clock for WallClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "the server that is tested goes by it"
    )]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Timestamp::MIN.after(since.unwrap())
    }

    async fn sleep(&self, until: Timestamp) {
        // It ends when the time is over, as nothing else ends it.
        let _ = tokio::time::timeout(until.since(self.now()), pending::<()>()).await;
    }
}

pub(crate) struct Exchange {
    pub(crate) client: Client,
    stripe: Stripe,
    folder: TempDir,
    /// The port that webhooks are posted to, and so the same after each start.
    port: u16,
    server: Option<Server>,
}

impl Exchange {
    pub(crate) async fn open() -> Exchange {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut books = Books::new(1);
        let webhook = format!("http://127.0.0.1:{port}/api/stripe/webhook");
        let book = books.of(TEST_KEY);
        book.add_endpoint(Endpoint::own(&webhook, SECRETS[0]));
        book.add_endpoint(Endpoint::connect(&webhook, SECRETS[1]).in_version(OLD_VERSION));
        book.add_price("price_pro", 2_500);
        let anywhere = "127.0.0.1:0".parse().unwrap();
        let serving = Serving {
            key: TEST_KEY.to_owned(),
            listen: anywhere,
            control: anywhere,
            record: None,
            clock: Arc::new(WallClock),
        };
        let stripe = Stripe::start(books, serving).await.unwrap();
        let mut exchange = Exchange {
            client: Client::new(),
            stripe,
            folder: tempfile::tempdir().unwrap(),
            port,
            server: None,
        };
        exchange.start();
        exchange
    }

    pub(crate) fn start(&mut self) {
        let mut command = command();
        let store = self.store();
        let listen = format!("127.0.0.1:{}", self.port);
        command.args(["--store", &store, "--listen", &listen]);
        command
            .env("CLAWRK_ADMIN_KEY", ADMIN)
            .env("CLAWRK_PAYMENTS_TIMEOUT", "2s")
            .env("RUST_LOG", "warn")
            .env("STRIPE_SECRET_KEY", TEST_KEY)
            .env("STRIPE_WEBHOOK_SECRET", SECRETS.join(","))
            .env("STRIPE_PRICE_PRO", "price_pro")
            .env("STRIPE_API_BASE", self.stripe.url())
            .env("APP_URL", format!("http://{listen}"));
        self.server = Some(Server::start(command));
        // What could not be posted meanwhile is posted again, and what was as well.
        self.book(|book| {
            let events: Vec<_> = book.events().map(|event| event.id.clone()).collect();
            events.iter().for_each(|event| book.resend(event));
        });
    }

    /// Ends the server at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        self.server.take().unwrap().kill();
    }

    /// Ends the server in order.
    pub(crate) fn stop(&mut self) {
        let mut server = self.server.take().unwrap();
        server.signal("TERM");
        assert!(server.ended().success());
    }

    /// What is said where the store is called an old copy.
    pub(crate) fn restored(&self) -> String {
        let mut command = command();
        command.args(["restored", "--store", &self.store()]);
        let output = run(&mut command);
        let complained = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{complained}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn store(&self) -> String {
        format!("sled:{}", self.folder.path().join("store").display())
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Does something behind Stripe's back.
    pub(crate) fn book<T>(&self, act: impl FnOnce(&mut Book) -> T) -> T {
        let done = act(self.stripe.books().of(TEST_KEY));
        self.stripe.wake();
        done
    }

    pub(crate) fn stripe(&self) -> &Stripe {
        &self.stripe
    }

    pub(crate) async fn user(&self, id: &str) -> String {
        let server = self.server.as_ref().unwrap();
        server.user(&self.client, id).await
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> Value {
        let answer = self.client.get(token, &self.url(path)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// A request under its key, made again until it has its effect.
    pub(crate) async fn insist(&self, key: &str, token: &str, path: &str, body: &str) -> Answer {
        let mut answer = None;
        self.until(&format!("{path} under {key}"), async || {
            answer = self.client.once(key, token, &self.url(path), body).await;
            answer.as_ref().is_some_and(|answer| answer.status < 300)
        })
        .await;
        answer.unwrap()
    }

    /// Waits for what comes by itself.
    pub(crate) async fn until(&self, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
        let waiting = async {
            let mut looks = tokio::time::interval(LOOK);
            while !is_so().await {
                looks.tick().await;
            }
        };
        // A payout that was on its way is left to its lease for a minute.
        let patience = PATIENCE * 3;
        let came = tokio::time::timeout(patience, waiting).await;
        came.unwrap_or_else(|_| panic!("{what}: not within {patience:?}"));
    }

    pub(crate) async fn scrape(&self) -> String {
        self.client.get("", &self.url("/metrics")).await.text()
    }
}
