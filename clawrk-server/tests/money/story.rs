//! What a sender and a receiver do, step by step. Each step can be done again.

use std::time::Duration;

use clawrk_testkit::books::{Fault, Oracle, Standing, Target};
use serde_json::json;

use tokio::time::timeout;

use crate::exchange::Exchange;
use crate::support::ADMIN;

/// alice buys Pro and has a job done by bob, who is paid for it.
pub(crate) struct Story {
    pub(crate) exchange: Exchange,
    alice: String,
    bob: String,
}

impl Story {
    /// How many steps there are.
    pub(crate) const STEPS: usize = 8;

    pub(crate) async fn begin() -> Story {
        let exchange = Exchange::open().await;
        let alice = exchange.user("alice").await;
        let bob = exchange.user("bob").await;
        Story {
            exchange,
            alice,
            bob,
        }
    }

    /// Does a step, or what is left of it.
    pub(crate) async fn step(&self, step: usize) {
        match step {
            0 => drop(self.checkout().await),
            1 => self.pay().await,
            2 => drop(self.connect().await),
            3 => self.onboard().await,
            4 => drop(self.job().await),
            5 => self.verb("accept", &self.bob, "").await,
            6 => {
                let output = r#"{"output": "What came of it, at some length"}"#;
                self.verb("submit", &self.bob, output).await;
            }
            7 => {
                self.verify().await;
                self.paid().await;
            }
            _ => panic!("there is no step {step}"),
        }
    }

    async fn checkout(&self) -> String {
        let (path, body) = ("/api/stripe/checkout", r#"{"tier": "pro"}"#);
        let answer = self.exchange.insist("buy", &self.alice, path, body).await;
        answer.json()["url"].as_str().unwrap().to_owned()
    }

    async fn pay(&self) {
        let url = self.checkout().await;
        self.exchange.book(|book| {
            let id = book.session_at(&url).unwrap().id.clone();
            // False where it was paid before: it is paid once.
            book.complete_checkout(&id);
        });
        let credits = "150 credits of alice";
        self.exchange
            .until(credits, async || self.credits().await >= Some(150))
            .await;
    }

    async fn credits(&self) -> Option<i64> {
        let url = self.exchange.url("/api/users/alice");
        let answer = self.exchange.client.try_get_as(&self.alice, &url).await?;
        answer.json()["credits"].as_i64()
    }

    async fn connect(&self) -> String {
        let path = "/api/stripe/connect";
        self.exchange.insist("connect", &self.bob, path, "").await;
        let bob = self.exchange.get(&self.bob, "/api/users/bob").await;
        bob["stripe_account_id"].as_str().unwrap().to_owned()
    }

    async fn onboard(&self) {
        let account = self.connect().await;
        let complete = |book: &mut clawrk_testkit::books::Book| {
            book.set_standing(&account, Standing::Complete);
        };
        self.exchange.book(complete);
        let url = self.exchange.url("/api/stripe/connect/status");
        let active = async || {
            let answer = self.exchange.client.try_get_as(&self.bob, &url).await;
            answer.is_some_and(|answer| {
                answer.status == 200 && answer.json() == json!({"status": "active"})
            })
        };
        self.exchange.until("bob's active account", active).await;
    }

    async fn job(&self) -> String {
        let body = r#"{"prompt": "Compare two things"}"#;
        let job = self
            .exchange
            .insist("job", &self.alice, "/api/jobs", body)
            .await;
        job.json()["id"].as_str().unwrap().to_owned()
    }

    async fn verb(&self, verb: &str, token: &str, body: &str) {
        let path = format!("/api/jobs/{}/{verb}", self.job().await);
        self.exchange.insist(verb, token, &path, body).await;
    }

    /// Has the output judged, after which the receiver is due to be paid.
    pub(crate) async fn verify(&self) {
        self.verb("verify", &self.alice, "").await;
    }

    async fn paid(&self) {
        let url = self.exchange.url("/api/payouts");
        let paid = async || {
            let answer = self.exchange.client.try_get_as(&self.bob, &url).await;
            answer
                .is_some_and(|answer| answer.status == 200 && answer.json()[0]["status"] == "paid")
        };
        self.exchange.until("bob's payout", paid).await;
    }

    /// Does a step while the server is killed after a while; then it is started again. Whether the
    /// step was done before.
    pub(crate) async fn killed_after(&mut self, step: usize, wait: Duration) -> bool {
        let done = timeout(wait, self.step(step)).await.is_ok();
        self.exchange.kill();
        self.exchange.start();
        done
    }

    /// Does a step until the server waits for an answer to that request, which does not come, and
    /// kills it there; then it is started again.
    pub(crate) async fn killed_inside(&mut self, step: usize, target: Target, fault: Fault) {
        let name = fault.name();
        self.exchange.stripe().books().plan(target, fault);
        let met = || {
            let books = self.exchange.stripe().books();
            books.hits().get(name).is_some_and(|hits| *hits > 0)
        };
        let what = format!("{name} in step {step}");
        tokio::select! {
            // The news of what was carried out may be quicker than the look at what was met.
            () = self.step(step) => assert!(met(), "{what}: it was done without that request"),
            () = self.exchange.until(&what, async || met()) => {}
        }
        self.exchange.kill();
        self.exchange.stripe().books().calm();
        self.exchange.start();
    }

    /// Everything is as it must be at the end, however it came there.
    pub(crate) async fn is_over(&self) {
        let payouts = self.exchange.get(&self.bob, "/api/payouts").await;
        assert_eq!(payouts.as_array().unwrap().len(), 1, "{payouts}");
        let payout = &payouts[0];
        assert_eq!(
            (
                &payout["status"],
                &payout["amount_cents"],
                &payout["currency"]
            ),
            (&json!("paid"), &json!(100), &json!("usd"))
        );
        let account = self.connect().await;
        self.exchange.book(|book| {
            let transfers: Vec<_> = book.transfers().collect();
            assert_eq!(transfers.len(), 1, "paid twice: {transfers:?}");
            assert_eq!(payout["transfer"], transfers[0].id.as_str());
            assert_eq!(
                (transfers[0].amount, &transfers[0].destination),
                (100, &account)
            );
            Oracle::of_book(book).assert_single();
        });
        assert_eq!(self.credits().await, Some(148));
        let ledger = self.exchange.get(&self.alice, "/api/credits/ledger").await;
        let reasons = ledger
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| &entry["reason"]);
        let granted = reasons.filter(|reason| *reason == "subscription:pro");
        assert_eq!(granted.count(), 1, "{ledger}");
        let outbox = self.exchange.get(ADMIN, "/api/admin/outbox").await;
        assert_eq!(outbox["running"], true, "{outbox}");
        let audit = self.exchange.get(ADMIN, "/api/admin/audit").await;
        assert_eq!(
            (&audit["ok"], &audit["found"]),
            (&json!(true), &json!(0)),
            "{audit}"
        );
    }
}
