//! Buying credits and being paid, over the router, with Stripe's books behind it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use clawrk_core::clock::Clock;
use clawrk_testkit::books::{Fault, Standing, sign};
use support::shop::{SECRET, Shop};
use support::{ADMIN, Answer, App, request};

#[tokio::test]
async fn whoever_pays_for_a_plan_has_its_credits() {
    let shop = Shop::new().await;
    let answer = shop.checkout(r#"{"tier": "pro"}"#).await;
    assert_eq!(answer.is(200).header("cache-control"), Some("no-store"));
    let url = answer.text("url");
    assert_eq!(shop.credits().await, 0);
    shop.pay(&url);
    assert_eq!(shop.deliver().await, 0, "all were taken");
    assert_eq!(shop.credits().await, 150);
    let ledger = shop.app.get(&shop.app.alice, "/api/credits/ledger").await;
    assert_eq!(ledger.json()[0]["reason"], "subscription:pro");
    let account = shop.account().await;
    assert!(
        account["stripe_customer_id"]
            .as_str()
            .unwrap()
            .starts_with("cus_")
    );
    assert!(account["stripe_account_id"].is_null());
}

#[tokio::test]
async fn a_plan_that_cannot_be_bought_is_refused_with_what_can() {
    let shop = Shop::new().await;
    for body in [
        r#"{"tier": "gold"}"#,
        r#"{"tier": "PRO"}"#,
        r#"{"tier": ""}"#,
    ] {
        let answer = shop.checkout(body).await;
        let said = answer.refused(400, "invalid_request").text("error");
        assert!(said.contains("starter, pro, team"), "{said}");
    }
    for body in ["{}", r#"{"tier": null}"#, r#"{"tier": 7}"#] {
        shop.checkout(body).await.refused(400, "invalid_request");
    }
    shop.checkout("nonsense")
        .await
        .refused(400, "malformed_body");
    let unpriced = shop.checkout(r#"{"tier": "team"}"#).await;
    unpriced.refused(503, "tier_not_configured");
}

#[tokio::test]
async fn a_link_is_the_same_under_its_key_and_another_under_another() {
    let shop = Shop::new().await;
    for (path, body) in [
        ("/api/stripe/checkout", r#"{"tier": "pro"}"#),
        ("/api/stripe/connect", ""),
    ] {
        let ask = async |key: &str| shop.app.once(key, &shop.app.alice, path, body).await;
        let first = ask(path).await;
        assert_eq!(first.is(200).header("idempotent-replayed"), None);
        let again = ask(path).await;
        assert_eq!(again.is(200).header("idempotent-replayed"), Some("true"));
        assert_eq!(again.body, first.body);
        let other = ask(&format!("{path}-2")).await;
        assert_ne!(other.is(200).body, first.body);
        let misused = r#"{"tier": "starter"}"#;
        let misused = shop.app.once(path, &shop.app.alice, path, misused).await;
        misused.refused(409, "idempotency_key_reused");
        // Somebody else's keys are their own.
        let bob = shop.app.once(path, &shop.app.bob, path, body).await;
        assert_ne!(bob.is(200).body, first.body);
    }
}

#[tokio::test]
async fn a_link_that_could_not_be_had_is_asked_for_afresh_under_its_key() {
    let shop = Shop::new().await;
    shop.fail("/v1/checkout/sessions", Fault::NotConnected);
    let ask = async || {
        let (path, body) = ("/api/stripe/checkout", r#"{"tier": "pro"}"#);
        shop.app.once("k", &shop.app.alice, path, body).await
    };
    let failed = ask().await;
    let said = failed.refused(502, "payments_unavailable").text("error");
    assert!(said.starts_with("Stripe cannot be reached"), "{said}");
    ask().await.is(200);
    assert_eq!(ask().await.header("idempotent-replayed"), Some("true"));
}

#[tokio::test]
async fn a_receiver_is_connected_step_by_step() {
    let shop = Shop::new().await;
    let status = async || {
        let answer = shop
            .app
            .get(&shop.app.alice, "/api/stripe/connect/status")
            .await;
        answer.is(200).text("status")
    };
    assert_eq!(status().await, "not_connected");
    let connect = async || {
        shop.app
            .post(&shop.app.alice, "/api/stripe/connect", "")
            .await
    };
    let link = connect().await;
    assert!(link.is(200).text("url").starts_with("https://"));
    assert_eq!(status().await, "pending");
    let account = shop.account().await;
    let id = account["stripe_account_id"].as_str().unwrap().to_owned();
    assert_eq!(account["stripe_account_status"], "pending");
    connect().await.is(200);
    assert_eq!(
        shop.account().await["stripe_account_id"],
        id.as_str(),
        "made once"
    );
    shop.books(|books| books.test().set_standing(&id, Standing::Complete));
    assert_eq!(status().await, "active");
    assert_eq!(shop.account().await["stripe_account_status"], "active");
    shop.books(|books| books.test().deauthorize(&id));
    assert_eq!(status().await, "not_connected");
    assert!(shop.account().await["stripe_account_id"].is_null());
}

#[tokio::test]
async fn a_stale_link_leads_to_a_fresh_one_and_a_wrong_token_nowhere() {
    let shop = Shop::new().await;
    let refresh = shop.refresh_url().await;
    let path = refresh.strip_prefix("http://localhost:3000").unwrap();
    assert!(path.starts_with("/connect/refresh?t="), "{path}");
    let fresh = shop.app.get("", path).await;
    assert_eq!(fresh.is(302).header("cache-control"), Some("no-store"));
    assert_eq!(fresh.header("referrer-policy"), Some("no-referrer"));
    assert!(fresh.header("location").unwrap().starts_with("https://"));
    assert!(fresh.body.is_empty());
    let cut = &path[..path.len() - 1];
    for wrong in [
        cut,
        "/connect/refresh",
        "/connect/refresh?t=",
        "/connect/refresh?t=a&t=b",
    ] {
        let page = shop.app.get("", wrong).await;
        is_a_page(&page, 400, "This link is no longer good");
    }
    shop.fail("/v1/account_links", Fault::NotConnected);
    let page = shop.app.get("", path).await;
    is_a_page(&page, 502, "That did not work just now");
    shop.app.clock.advance(7 * 24 * 60 * 60 * 1_000);
    let page = shop.app.get("", path).await;
    is_a_page(&page, 400, "This link is no longer good");
}

#[track_caller]
fn is_a_page(answer: &Answer, status: u16, title: &str) {
    assert_eq!(answer.status.as_u16(), status);
    assert_eq!(
        answer.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let policy = answer.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none';") && !policy.contains("script"),
        "{policy}"
    );
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    let html = String::from_utf8(answer.body.clone()).unwrap();
    assert!(
        html.starts_with("<!doctype html>") && html.ends_with("</html>\n"),
        "{html}"
    );
    assert!(html.contains(&format!("<h1>{title}</h1>")), "{html}");
    for active in [
        "<script",
        "javascript:",
        "<form",
        "http://",
        "https://",
        "src=",
    ] {
        assert!(!html.contains(active), "{active} in {html}");
    }
}

#[tokio::test]
async fn the_pages_for_people_are_plain_and_need_no_bearer() {
    for app in [App::new().await, Shop::new().await.app] {
        for (path, title) in [
            ("/checkout/success", "Thank you"),
            ("/checkout/success?session_id=%3Cscript%3E", "Thank you"),
            ("/checkout/cancel", "Nothing was bought"),
            ("/connect/return", "You are back"),
        ] {
            is_a_page(&app.get("", path).await, 200, title);
        }
        let posted = app.post("", "/checkout/success", "").await;
        posted.refused(405, "method_not_allowed");
    }
    let off = App::new().await.get("", "/connect/refresh?t=x").await;
    is_a_page(&off, 503, "Nobody is paid here");
}

/// What the clock says, in seconds.
const NOW: i64 = 1_735_689_600;

/// An event of the platform's endpoint, with its signature.
fn event(age_s: i64, body: &str) -> Request<Body> {
    signed(body, &sign(SECRET, NOW - age_s, body.as_bytes()))
}

fn signed(body: &str, signature: &str) -> Request<Body> {
    let mut sent = request("POST", "", "/api/stripe/webhook", body.to_owned());
    let signature = signature.parse().unwrap();
    sent.headers_mut().insert("stripe-signature", signature);
    sent
}

const UNKNOWN: &str = r#"{"id":"evt_1","object":"event","type":"product.created","livemode":false,
    "created":1735689600,"data":{"object":{"id":"prod_1","object":"product"}}}"#;

#[tokio::test]
async fn an_event_counts_while_its_signature_does() {
    let shop = Shop::new().await;
    for age_s in [-300, 0, 299, 300] {
        let taken = shop.app.send(event(age_s, UNKNOWN)).await;
        assert_eq!(taken.is(200).body, br#"{"received":true}"#, "{age_s}");
    }
    let refused = async |sent, why: &str| {
        let answer = shop.app.send(sent).await;
        let said = answer.refused(400, "webhook_invalid").text("error");
        assert!(!said.contains("whsec"), "{why}: {said}");
    };
    refused(event(301, UNKNOWN), "too old").await;
    refused(event(-301, UNKNOWN), "of the future").await;
    let plain = request("POST", "", "/api/stripe/webhook", UNKNOWN);
    refused(plain, "unsigned").await;
    let header = sign(SECRET, NOW, UNKNOWN.as_bytes());
    for wrong in [
        "",
        "nonsense",
        "t=1735689600",
        &header[..header.len() - 1],
        &header.to_uppercase(),
    ] {
        refused(signed(UNKNOWN, wrong), wrong).await;
    }
    let other = sign("whsec_other", NOW, UNKNOWN.as_bytes());
    refused(signed(UNKNOWN, &other), "another secret").await;
    let altered = UNKNOWN.replace("evt_1", "evt_2");
    refused(signed(&altered, &header), "another body").await;
    let mut twice = signed(UNKNOWN, &header);
    twice
        .headers_mut()
        .append("stripe-signature", header.parse().unwrap());
    refused(twice, "two headers").await;
}

#[tokio::test]
async fn an_event_that_is_signed_is_taken_whatever_it_says() {
    let shop = Shop::new().await;
    for body in ["", "nonsense", "[]", "{}", "\u{0}", r#"{"id":"evt_a"}"#] {
        let refused = shop.app.send(event(0, body)).await;
        let said = refused.refused(400, "webhook_invalid").text("error");
        assert!(said.contains("is not an event"), "{said}");
    }
    let bodies = [
        r#"{"id":"evt_b","type":"invoice.paid","livemode":false,"created":1735689600,"data":{}}"#,
        r#"{"id":"evt_c","type":"invoice.paid","livemode":true,"created":1735689600,
            "data":{"object":{"id":"in_1","object":"invoice","customer":"cus_1","amount_paid":1,
            "currency":"usd","created":1735689600,"lines":{"data":[]}}}}"#,
        r#"{"id":"evt_d","type":"invoice.paid","livemode":false,"created":1735689600,
            "data":{"object":{"id":"in_2","object":"invoice","customer":"cus_nobody",
            "amount_paid":2500,"currency":"usd","created":1735689600,"lines":{"data":[]}}}}"#,
        r#"{"id":"evt_e","type":"invoice.paid","livemode":false,"account":"acct_x",
            "created":1735689600,"data":{"object":{"id":"in_3","object":"invoice"}}}"#,
        r#"{"id":"evt_f","type":"invoice.paid","livemode":false,"created":1735689600,
            "data":{"object":{"id":"in_4","object":"invoice","customer":"cus_1",
            "amount_paid":-9223372036854775808,"currency":"usd","created":1735689600,
            "lines":{"data":[{"id":"il_1","quantity":18446744073709551615,
            "amount":9223372036854775807,"pricing":{"price_details":{"price":"price_pro"}}}]}}}}"#,
    ];
    for body in bodies {
        let taken = shop.app.send(event(0, body)).await;
        assert_eq!(taken.is(200).body, br#"{"received":true}"#, "{body}");
    }
    assert_eq!(shop.credits().await, 0);
    assert!(shop.audit().await);
}

#[tokio::test]
async fn the_webhook_looks_at_nothing_but_the_signature_and_the_size() {
    let shop = Shop::new().await;
    let with = |name: &'static str, value: &str| {
        let mut sent = event(0, UNKNOWN);
        sent.headers_mut().insert(name, value.parse().unwrap());
        sent
    };
    for sent in [
        with("idempotency-key", "k"),
        with("idempotency-key", &"k".repeat(300)),
        with("authorization", "Bearer nonsense"),
        with("content-type", "text/plain"),
    ] {
        shop.app.send(sent).await.is(200);
    }
    let large = format!(r#"{{"id":"{}"}}"#, "x".repeat(1 << 20));
    let large = shop.app.send(event(0, &large)).await;
    large.refused(413, "payload_too_large");
}

#[tokio::test]
async fn an_event_grants_once_however_often_and_however_late_it_comes() {
    let shop = Shop::new().await;
    let url = shop.checkout(r#"{"tier": "pro"}"#).await.text("url");
    shop.books(|books| books.test().set_courier(std::time::Duration::ZERO, 5));
    shop.pay(&url);
    let mut deliveries = shop.deliveries();
    deliveries.reverse();
    assert!(deliveries.len() > 2);
    let router = Arc::new(shop.app.router.clone());
    for _ in 0..2 {
        let mut running = Vec::new();
        for delivery in deliveries.clone() {
            let router = router.clone();
            running.push(tokio::spawn(async move {
                support::send(&router, signed(&delivery.body, &delivery.signature)).await
            }));
        }
        for answer in running {
            answer.await.unwrap().is(200);
        }
    }
    shop.settle().await;
    assert_eq!(shop.credits().await, 150);
    assert!(shop.audit().await);
}

#[tokio::test]
async fn a_receiver_sees_the_transfer_that_paid() {
    let shop = Shop::new().await;
    let job = shop.verified_job().await;
    let list = async || {
        let list = shop.app.get(&shop.app.bob, "/api/payouts").await;
        list.is(200).json()[0].clone()
    };
    let owed = list().await;
    assert_eq!(
        (&owed["status"], &owed["job"]),
        (&"owed".into(), &job.as_str().into())
    );
    assert!(owed["transfer"].is_null());
    shop.connect_bob().await;
    shop.settle().await;
    let paid = list().await;
    assert_eq!(
        (&paid["status"], &paid["amount_cents"]),
        (&"paid".into(), &100.into())
    );
    assert!(paid["transfer"].as_str().unwrap().starts_with("tr_"));
    assert_eq!(shop.transfers(), 1);
    assert!(shop.audit().await);
}

#[tokio::test]
async fn payments_stay_what_they_are_where_nothing_is_configured() {
    let app = App::new().await;
    let off = app
        .post(&app.alice, "/api/stripe/checkout", "not json")
        .await;
    off.refused(503, "not_configured");
    let off = app.post(ADMIN, "/api/stripe/connect", "").await;
    off.refused(403, "user_only");
    let list = app.get(ADMIN, "/api/admin/payouts").await;
    assert_eq!(list.is(200).json(), serde_json::json!([]));
}

#[tokio::test]
async fn an_invoice_of_an_unknown_customer_is_granted_when_it_is_known_who_that_is() {
    let shop = Shop::new().await;
    let invoice = r#"{"id":"evt_i","type":"invoice.paid","livemode":false,"created":1735689600,
        "data":{"object":{"id":"in_9","object":"invoice","customer":"cus_new","amount_paid":2500,
        "currency":"usd","created":1735689600,"lines":{"has_more":false,"data":[{"id":"il_1",
        "quantity":1,"amount":2500,"pricing":{"price_details":{"price":"price_pro"}}}]}}}}"#;
    shop.app.send(event(0, invoice)).await.is(200);
    shop.settle().await;
    assert_eq!(shop.credits().await, 0);
    let link = r#"{"id":"evt_l","type":"checkout.session.completed","livemode":false,
        "created":1735689600,"data":{"object":{"id":"cs_9","object":"checkout.session",
        "customer":"cus_new","client_reference_id":"alice","metadata":{}}}}"#;
    let link = link.replace("{}", r#"{"clawrk_user":"alice"}"#);
    let now = shop.app.clock.now().as_millis() / 1_000;
    let signature = sign(SECRET, now, link.as_bytes());
    shop.app.send(signed(&link, &signature)).await.is(200);
    shop.settle().await;
    assert_eq!(shop.credits().await, 150);
    shop.app.send(signed(&link, &signature)).await.is(200);
    assert_eq!(shop.credits().await, 150);
}
