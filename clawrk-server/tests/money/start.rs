//! How a server with a key of Stripe starts, and how it refuses to.

use std::process::Command;
use std::sync::Arc;

use clawrk::UserId;
use clawrk_testkit::payments::OfflinePayments;

use crate::support::{ADMIN, Client, Server, command, run};

const KEY: (&str, &str) = ("STRIPE_SECRET_KEY", "sk_test_hunter2");
const SECRET: (&str, &str) = ("STRIPE_WEBHOOK_SECRET", "whsec_hunter2");

fn with(variables: &[(&str, &str)]) -> Command {
    let mut command = command();
    command.args(["--store", "memory:"]);
    command.env("CLAWRK_ADMIN_KEY", ADMIN);
    // Nobody listens there.
    command.env("STRIPE_API_BASE", "http://127.0.0.1:1");
    command.envs(variables.iter().copied());
    command
}

#[track_caller]
fn refused(variables: &[(&str, &str)], begin: &str) {
    let output = run(with(variables).env("CLAWRK_LISTEN", "127.0.0.1:0"));
    let complained = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{complained}");
    assert_eq!(complained.lines().count(), 1, "{complained}");
    let begin = format!("clawrk-server: {begin}");
    assert!(
        complained.starts_with(&begin),
        "{complained} is not {begin}"
    );
    assert!(!complained.contains("hunter2"), "{complained}");
}

#[test]
fn what_would_sell_or_pay_wrongly_ends_the_start() {
    let live = ("STRIPE_SECRET_KEY", "sk_live_hunter2");
    refused(
        &[KEY],
        "STRIPE_WEBHOOK_SECRET: is not set, but STRIPE_SECRET_KEY is",
    );
    refused(
        &[live, SECRET],
        "APP_URL: is http://localhost:3000, but STRIPE_SECRET_KEY is a live",
    );
    let http = ("APP_URL", "http://clawrk.example.com");
    refused(
        &[live, SECRET, http],
        "APP_URL: is http://clawrk.example.com, but",
    );
    let prices = [
        ("STRIPE_PRICE_STARTER", "price_1"),
        ("STRIPE_PRICE_PRO", "price_2,price_1"),
    ];
    let begin = "STRIPE_PRICE_PRO: has price_1, which is in STRIPE_PRICE_STARTER already";
    refused(&[&[KEY, SECRET], &prices[..]].concat(), begin);
    refused(
        &[("STRIPE_SECRET_KEY", "sk_test_hunter2 ")],
        "STRIPE_SECRET_KEY: ",
    );
}

#[tokio::test]
async fn a_key_for_another_kind_of_money_than_the_store_has_ends_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sled:{}", folder.path().join("store").display());
    let builder = clawrk::builder(&store).await.unwrap();
    let engine = builder.payments(Arc::new(OfflinePayments)).build();
    // Nobody answers, but from here on the store knows that it is play money.
    let asked = engine.connect(&UserId::new("bob").unwrap()).await;
    assert_eq!(asked.unwrap_err().code().as_str(), "payments_unavailable");
    engine.close().await.unwrap();
    drop(engine);

    let started = |key: &str, check: &[&str]| {
        let mut command = command();
        command.args(["--store", &store]).args(check);
        command.env("STRIPE_API_BASE", "http://127.0.0.1:1");
        command.env("APP_URL", "https://clawrk.example.com");
        command.env("CLAWRK_LISTEN", "127.0.0.1:0");
        run(command.envs([("STRIPE_SECRET_KEY", key), SECRET]))
    };
    for check in [&[][..], &["--check"]] {
        let output = started("sk_live_hunter2", check);
        let complained = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{complained}");
        let cause = "STRIPE_SECRET_KEY: this exchange has test money, and the key";
        assert!(complained.contains(cause), "{complained}");
    }
    assert_eq!(started(KEY.1, &["--check"]).status.code(), Some(0));
}

#[test]
fn a_check_says_what_holds_and_no_secret() {
    let output = run(with(&[KEY, SECRET])
        .arg("--check")
        .env("CLAWRK_LISTEN", "127.0.0.1:0"));
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stdout).unwrap();
    for line in [
        "stripe_secret_key = (set)  [STRIPE_SECRET_KEY]",
        "stripe_webhook_secret = (set)  [STRIPE_WEBHOOK_SECRET]",
        "payout_budget = auto  [default]",
        "payments: Stripe, test mode",
        "payout budget: unlimited",
        "a loss of 35",
        "Stripe cannot be reached",
    ] {
        assert!(said.contains(line), "{line:?} is missing in\n{said}");
    }
    let all = said + &String::from_utf8(output.stderr).unwrap();
    assert!(!all.contains("hunter2"), "{all}");
}

#[tokio::test]
async fn a_server_starts_while_stripe_is_down_and_says_so() {
    let server = Server::start(with(&[KEY, SECRET, ("STRIPE_PRICE_PRO", "price_pro")]));
    let said = server.said.join("\n");
    assert!(said.contains("Stripe cannot be reached"), "{said}");
    assert!(said.contains("the server starts all the same"), "{said}");
    assert!(said.contains("\ncredits: on\n"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    let client = Client::new();
    let alice = server.user(&client, "alice").await;
    for (path, body) in [
        ("/api/stripe/checkout", r#"{"tier": "pro"}"#),
        ("/api/stripe/connect", ""),
    ] {
        let answer = client.post(&alice, &server.url(path), body).await;
        assert_eq!(answer.status, 502, "{}", answer.text());
        assert_eq!(answer.json()["code"], "payments_unavailable");
        assert!(!answer.text().contains("127.0.0.1"), "{}", answer.text());
    }
    let unsigned = client
        .post("", &server.url("/api/stripe/webhook"), "{}")
        .await;
    assert_eq!(
        (unsigned.status, unsigned.json()["code"].as_str()),
        (400, Some("webhook_invalid"))
    );
    let job = client
        .post(&alice, &server.url("/api/jobs"), r#"{"prompt": "x"}"#)
        .await;
    assert_eq!(job.json()["code"], "insufficient_credits");
}
