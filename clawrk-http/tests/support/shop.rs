//! An exchange that sells and pays, with Stripe's books behind it.

use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex};

use clawrk_core::payments::Mode;
use clawrk_core::policy::Policy;
use clawrk_core::store::Store;
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::time::Timestamp;
use clawrk_testkit::books::{
    BookPayments, Books, Delivery, Endpoint, Fault, Method, OLD_VERSION, Standing, TEST_KEY,
    Target, Visit,
};
use serde_json::{Value, json};

use super::{ADMIN, Answer, App, START, Stopped, request, send};
use clawrk_core::clock::Clock;

/// What the platform's endpoint signs with.
pub(crate) const SECRET: &str = "whsec_platform";

/// What the endpoint for connected accounts signs with.
const CONNECT_SECRET: &str = "whsec_connect";

const WEBHOOK: &str = "http://localhost:3000/api/stripe/webhook";

/// How often what is due is done before a test gives up on its end.
const ROUNDS: usize = 200;

/// How far the clock goes when nothing is due sooner. Doubt takes more than a day.
const STEP_MS: i64 = 10 * 60 * 1_000;

pub(crate) struct Shop {
    pub(crate) app: App,
    books: Arc<Mutex<Books>>,
}

impl Shop {
    pub(crate) async fn new() -> Shop {
        Shop::over(Arc::new(MemoryStore::new())).await
    }

    pub(crate) async fn over(store: Arc<dyn Store>) -> Shop {
        let clock = Arc::new(Stopped(AtomicI64::new(START)));
        let mut books = Books::new(1);
        let book = books.test();
        book.add_endpoint(Endpoint::own(WEBHOOK, SECRET));
        book.add_endpoint(Endpoint::connect(WEBHOOK, CONNECT_SECRET).in_version(OLD_VERSION));
        book.add_price("price_starter", 1_000);
        book.add_price("price_pro", 2_500);
        let books = Arc::new(Mutex::new(books));
        let payments = BookPayments::over(books.clone(), clock.clone(), TEST_KEY, Mode::Test)
            .with_webhook_secrets(&[SECRET, CONNECT_SECRET]);
        let mut policy = Policy::default();
        policy.credits = true;
        for plan in &mut policy.plans {
            if plan.tier != "team" {
                plan.price_ids = vec![format!("price_{}", plan.tier)];
            }
        }
        let change = |builder: clawrk_core::engine::EngineBuilder| {
            builder.policy(policy).payments(Arc::new(payments))
        };
        Shop {
            app: App::clocked(clock, store, change).await,
            books,
        }
    }

    /// Does something behind Stripe's back, now.
    pub(crate) fn books<T>(&self, what: impl FnOnce(&mut Books) -> T) -> T {
        let mut books = self.books.lock().unwrap();
        books.advance(self.app.clock.now());
        what(&mut books)
    }

    /// The next request to that path meets a fault.
    pub(crate) fn fail(&self, path: &str, fault: Fault) {
        self.books(|books| books.plan(Target::new(Method::Post, path), fault));
    }

    pub(crate) async fn checkout(&self, body: &str) -> Answer {
        let path = "/api/stripe/checkout";
        self.app.post(&self.app.alice, path, body).await
    }

    /// Somebody pays on that page.
    pub(crate) fn pay(&self, url: &str) {
        self.books(|books| {
            let id = books.test().session_at(url).unwrap().id.clone();
            assert!(books.test().complete_checkout(&id));
        });
    }

    /// What Stripe posts by now.
    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        let now = self.app.clock.now();
        self.books(|books| books.deliveries(now))
    }

    /// Posts what is due; how much of it was not taken.
    pub(crate) async fn deliver(&self) -> usize {
        let mut refused = 0;
        for delivery in self.deliveries() {
            let mut sent = request("POST", "", "/api/stripe/webhook", delivery.body.clone());
            let signature = delivery.signature.parse().unwrap();
            sent.headers_mut().insert("stripe-signature", signature);
            if !send(&self.app.router, sent).await.status.is_success() {
                self.books(|books| books.refused(&delivery));
                refused += 1;
            }
        }
        refused
    }

    /// Lets time pass until nothing is left to be done in the next minutes, or on the way.
    pub(crate) async fn settle(&self) {
        for _ in 0..ROUNDS {
            let posted = self.deliver().await;
            let progress = self.app.engine.tick(100).await.unwrap();
            let soon = Timestamp::from_millis(self.app.clock.now().as_millis() + STEP_MS);
            let due = progress.next.is_some_and(|next| next <= soon);
            if posted == 0 && progress.done == 0 && !due {
                return;
            }
            if let Some(next) = progress.next.filter(|next| *next <= soon) {
                let wait = next.as_millis() - self.app.clock.now().as_millis();
                self.app.clock.advance(wait.max(0));
            }
        }
        panic!("it does not come to rest");
    }

    pub(crate) async fn account(&self) -> Value {
        let account = self.app.get(&self.app.alice, "/api/users/alice").await;
        account.is(200).json()
    }

    pub(crate) async fn credits(&self) -> i64 {
        self.account().await["credits"].as_i64().unwrap()
    }

    pub(crate) async fn audit(&self) -> bool {
        let audit = self.app.get(ADMIN, "/api/admin/audit").await;
        let audit = audit.is(200).json();
        assert_eq!(audit["violations"], json!([]));
        audit["ok"] == true
    }

    /// Where a browser goes that opens a used link to alice's account.
    pub(crate) async fn refresh_url(&self) -> String {
        let path = "/api/stripe/connect";
        let url = self.app.post(&self.app.alice, path, "").await.text("url");
        self.books(|books| {
            books.test().visit_link(&url);
            match books.test().visit_link(&url) {
                Visit::Expired { refresh_url } => refresh_url,
                other => panic!("{other:?}"),
            }
        })
    }

    /// A job of alice's, with credits of the operator's, that bob has done well; its id.
    pub(crate) async fn verified_job(&self) -> String {
        let gift = r#"{"delta": 2, "reason": "gift"}"#;
        let gift = self.app.post(ADMIN, "/api/admin/users/alice/credits", gift);
        gift.await.is(200);
        let id = self.app.accepted("Compare two things").await;
        let path = |verb: &str| format!("/api/jobs/{id}/{verb}");
        let output = r#"{"output": "What came of it, at some length"}"#;
        self.app
            .post(&self.app.bob, &path("submit"), output)
            .await
            .is(200);
        self.app
            .post(&self.app.alice, &path("verify"), "")
            .await
            .is(200);
        id
    }

    /// Bob can be paid from now on.
    pub(crate) async fn connect_bob(&self) {
        self.app
            .post(&self.app.bob, "/api/stripe/connect", "")
            .await
            .is(200);
        let bob = self.app.get(&self.app.bob, "/api/users/bob").await.json();
        let account = bob["stripe_account_id"].as_str().unwrap();
        self.books(|books| books.test().set_standing(account, Standing::Complete));
        let status = self
            .app
            .get(&self.app.bob, "/api/stripe/connect/status")
            .await;
        assert_eq!(status.text("status"), "active");
    }

    /// How many transfers there are at Stripe.
    pub(crate) fn transfers(&self) -> usize {
        self.books(|books| books.test().transfers().count())
    }
}
