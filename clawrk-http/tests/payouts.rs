//! What the operator sees of payouts, and does about them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use clawrk_testkit::books::Fault;
use serde_json::{Value, json};
use support::shop::Shop;
use support::{ADMIN, Answer, App};

const PAYOUTS: &str = "/api/admin/payouts";

async fn listed(shop: &Shop, query: &str) -> Vec<Value> {
    let answer = shop.app.get(ADMIN, &format!("{PAYOUTS}{query}")).await;
    answer.is(200).json().as_array().unwrap().clone()
}

async fn only(shop: &Shop) -> Value {
    let all = listed(shop, "").await;
    assert_eq!(all.len(), 1, "{all:?}");
    all[0].clone()
}

async fn told(shop: &Shop, payout: &Value, verb: &str, body: Value) -> Answer {
    let path = format!("{PAYOUTS}/{}/{verb}", payout["id"].as_str().unwrap());
    shop.app.post(ADMIN, &path, &body.to_string()).await
}

#[tokio::test]
async fn the_operator_sees_why_a_payout_waits_and_that_it_was_paid() {
    let shop = Shop::new().await;
    let job = shop.verified_job().await;
    shop.settle().await;
    let owed = only(&shop).await;
    assert_eq!(owed["id"], format!("po_{job}"));
    for (member, value) in [
        ("job", json!(job)),
        ("receiver", json!("bob")),
        ("amount_cents", json!(100)),
        ("currency", json!("usd")),
        ("status", json!("owed")),
        ("wait", json!("account")),
        ("attempts", json!(0)),
        ("last_error", json!(null)),
        ("transfer", json!(null)),
        ("reversed_cents", json!(0)),
        ("proof", json!(null)),
        ("note", json!(null)),
    ] {
        assert_eq!(owed[member], value, "{member}");
    }
    shop.connect_bob().await;
    shop.settle().await;
    assert_eq!(listed(&shop, "?status=owed").await, Vec::<Value>::new());
    let paid = listed(&shop, "?status=paid").await;
    assert_eq!((paid.len(), &paid[0]["attempts"]), (1, &json!(1)));
    assert!(paid[0]["transfer"].as_str().unwrap().starts_with("tr_"));
    let wrong = shop.app.get(ADMIN, "/api/admin/payouts?status=done").await;
    let said = wrong.refused(400, "invalid_request").text("error");
    assert!(said.contains("`written_off`"), "{said}");
}

#[tokio::test]
async fn payouts_come_in_pages() {
    let shop = Shop::new().await;
    let mut jobs = Vec::new();
    for _ in 0..3 {
        jobs.push(shop.verified_job().await);
        shop.app.clock.advance(1_000);
    }
    let mut path = format!("{PAYOUTS}?status=owed&limit=1");
    let mut seen = Vec::new();
    loop {
        let page = shop.app.get(ADMIN, &path).await;
        let items = page.is(200).json();
        seen.extend(
            items
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["job"].clone()),
        );
        let Some(link) = page.header("link") else {
            break;
        };
        let next = link.strip_prefix('<').unwrap().split_once('>').unwrap().0;
        assert!(next.contains("status=owed"), "{next}");
        path = next.to_owned();
    }
    assert_eq!(seen, jobs, "oldest first");
}

#[tokio::test]
async fn a_payout_that_was_declined_is_taken_up_again_once_a_key() {
    let shop = Shop::new().await;
    shop.verified_job().await;
    shop.connect_bob().await;
    let declined = Fault::Declined {
        status: 400,
        code: "transfers_not_allowed".to_owned(),
    };
    shop.fail("/v1/transfers", declined);
    shop.settle().await;
    let stuck = only(&shop).await;
    assert_eq!(stuck["status"], "declined", "{stuck}");
    assert!(
        stuck["last_error"]
            .as_str()
            .unwrap()
            .contains("transfers_not_allowed")
    );
    let path = format!("{PAYOUTS}/{}/retry", stuck["id"].as_str().unwrap());
    let body = r#"{"note": "they changed their mind"}"#;
    let first = shop.app.once("k", ADMIN, &path, body).await;
    let again = first.is(200).json();
    assert_eq!(
        (&again["status"], &again["wait"]),
        (&json!("owed"), &json!(null))
    );
    assert_eq!(again["note"], "they changed their mind");
    shop.settle().await;
    let paid = only(&shop).await;
    assert_eq!(
        (&paid["status"], &paid["attempts"]),
        (&json!("paid"), &json!(2))
    );
    let replayed = shop.app.once("k", ADMIN, &path, body).await;
    assert_eq!(replayed.header("idempotent-replayed"), Some("true"));
    assert_eq!(replayed.body, first.body);
    told(&shop, &paid, "retry", json!({}))
        .await
        .refused(400, "wrong_status");
    assert_eq!(shop.transfers(), 1);
}

#[tokio::test]
async fn what_the_operator_says_of_a_payout_is_compared_with_stripe() {
    let shop = Shop::new().await;
    shop.verified_job().await;
    let owed = only(&shop).await;
    let resolve = async |body: Value| told(&shop, &owed, "resolve", body).await;
    for body in [
        json!({}),
        json!({"outcome": "gone"}),
        json!({"outcome": "paid"}),
        json!({"outcome": "paid", "transfer": "tr_1/../../accounts"}),
        json!({"outcome": "paid", "transfer": ""}),
        json!({"outcome": "absent"}),
        json!({"outcome": "written_off", "note": " "}),
        json!({"outcome": 7}),
    ] {
        resolve(body).await.refused(400, "invalid_request");
    }
    let long = json!({"outcome": "written_off", "note": "x".repeat(1_001)});
    resolve(long).await.refused(413, "payload_too_large");
    let unknown = resolve(json!({"outcome": "paid", "transfer": "tr_nowhere"})).await;
    unknown.refused(409, "transfer_mismatch");
    let absent = json!({"outcome": "absent", "note": "I am sure"});
    resolve(absent).await.refused(400, "wrong_status");
    let written = resolve(json!({"outcome": "written_off", "note": "paid by hand"})).await;
    let written = written.is(200).json();
    assert_eq!(written["status"], "written_off");
    assert_eq!(written["note"], "paid by hand");
    shop.connect_bob().await;
    shop.settle().await;
    assert_eq!(shop.transfers(), 0);
    let absent = format!("{PAYOUTS}/po_00000000000000000000000009/retry");
    shop.app
        .post(ADMIN, &absent, "")
        .await
        .refused(404, "payout_not_found");
    for odd in ["po_x", "tr_1", "%ff", "po_%00"] {
        let path = format!("{PAYOUTS}/{odd}/retry");
        shop.app
            .post(ADMIN, &path, "")
            .await
            .refused(404, "payout_not_found");
    }
}

#[tokio::test]
async fn a_key_that_stripe_does_not_accept_stops_payouts_until_somebody_has_looked() {
    let shop = Shop::new().await;
    shop.verified_job().await;
    shop.connect_bob().await;
    shop.fail("/v1/transfers", Fault::Unauthorized);
    shop.settle().await;
    let outbox = async || {
        shop.app
            .get(ADMIN, "/api/admin/outbox")
            .await
            .is(200)
            .json()
    };
    let stopped = outbox().await;
    assert_eq!(
        (&stopped["running"], &stopped["stop"]["alarm"]),
        (&json!(false), &json!("unauthorized"))
    );
    assert!(stopped["stop"]["detail"].is_string() && stopped["stop"]["since"].is_string());
    assert_eq!(shop.transfers(), 0);
    shop.settle().await;
    assert_eq!(outbox().await["running"], false, "it waits for somebody");
    let resume = async |body| shop.app.post(ADMIN, "/api/admin/outbox/resume", body).await;
    resume("").await.refused(400, "invalid_request");
    let resumed = resume(r#"{"note": "the key was mended"}"#)
        .await
        .is(200)
        .json();
    assert_eq!(
        (&resumed["running"], &resumed["stop"]),
        (&json!(true), &json!(null))
    );
    assert_eq!(resumed["resumed"]["actor"], "admin");
    assert_eq!(resumed["resumed"]["note"], "the key was mended");
    shop.settle().await;
    assert_eq!(only(&shop).await["status"], "paid");
    assert_eq!(shop.transfers(), 1);
}

#[tokio::test]
async fn without_a_provider_there_is_no_outbox() {
    let app = App::new().await;
    let off = app.get(ADMIN, "/api/admin/outbox").await;
    off.refused(503, "not_configured");
    let off = app
        .post(ADMIN, "/api/admin/outbox/resume", r#"{"note": "x"}"#)
        .await;
    off.refused(503, "not_configured");
}
