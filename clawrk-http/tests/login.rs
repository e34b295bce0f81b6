//! How a command line gets a key: a code for one, once.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::json;
use support::{ADMIN, Answer, App, request, send};

const CONSUME: &str = "/api/cli-login/consume";
const MINUTE_MS: i64 = 60_000;

impl App {
    async fn code(&self) -> String {
        let made = self.post(&self.alice, "/api/cli-login", "").await;
        made.is(201).text("code")
    }

    async fn consume(&self, code: &str) -> Answer {
        self.post("", CONSUME, &json!({ "code": code }).to_string())
            .await
    }
}

#[tokio::test]
async fn a_code_is_exchanged_for_a_key_once() {
    let app = App::new().await;
    let made = app.post(&app.alice, "/api/cli-login", "").await;
    assert_eq!(made.is(201).header("cache-control"), Some("no-store"));
    let code = made.text("code");
    assert_eq!((code.len(), code.is_ascii()), (40, true));
    let whole = json!({ "code": code, "expires_at": "2025-01-01T00:10:00.000Z" });
    assert_eq!(made.json(), whole);

    let given = app.consume(&code).await;
    assert_eq!(given.is(200).header("cache-control"), Some("no-store"));
    let key = given.text("api_key");
    assert_eq!(given.json(), json!({ "api_key": key }));
    let who = app.post(&key, "/api/whoami", "").await;
    assert_eq!(who.is(200).json()["user"]["id"], "alice");
    let keys = app.get(&app.alice, "/api/keys").await.json();
    assert_eq!(keys[1]["name"], "cli login");

    let used = app.consume(&code).await;
    used.refused(400, "login_code_invalid");
}

#[tokio::test]
async fn every_code_that_is_not_good_gets_the_same_bytes() {
    let app = App::new().await;
    let (used, late, closed, disabled) = (
        app.code().await,
        app.code().await,
        app.code().await,
        app.post(&app.eve, "/api/cli-login", "").await.text("code"),
    );
    app.consume(&used).await.is(200);
    let unknown = app.consume(&"0".repeat(40)).await;
    unknown.refused(400, "login_code_invalid");
    app.post(ADMIN, "/api/admin/users/eve/disable", "")
        .await
        .is(200);
    app.clock.advance(10 * MINUTE_MS - 1);
    app.consume(&closed).await.is(200);
    app.clock.advance(1);
    let long = "x".repeat(10_000);
    for code in [
        used.as_str(),
        &late,
        &closed,
        &disabled,
        "",
        " ",
        "é",
        &long,
        &app.alice,
    ] {
        assert_eq!(app.consume(code).await, unknown, "{code}");
    }
    // The code is the proof, and whose bearer came with it does not matter.
    for token in ["nonsense", &app.bob, ADMIN] {
        let body = json!({ "code": late }).to_string();
        assert_eq!(app.post(token, CONSUME, &body).await, unknown);
    }
    let fresh = json!({ "code": app.code().await }).to_string();
    let given = app.post("nonsense", CONSUME, &fresh).await;
    let who = app.post(&given.text("api_key"), "/api/whoami", "").await;
    assert_eq!(who.json()["user"]["id"], "alice");
}

#[tokio::test]
async fn a_sixth_code_ends_the_first() {
    let app = App::new().await;
    let mut codes = Vec::new();
    for _ in 0..6 {
        codes.push(app.code().await);
    }
    let bobs = app.post(&app.bob, "/api/cli-login", "").await.text("code");
    app.consume(&codes[0])
        .await
        .refused(400, "login_code_invalid");
    for code in codes[1..].iter().chain([&bobs]) {
        app.consume(code).await.is(200);
    }
}

#[tokio::test]
async fn what_is_no_code_at_all_is_named() {
    let app = App::new().await;
    for (body, status, code) in [
        ("", 400, "invalid_request"),
        ("{}", 400, "invalid_request"),
        (r#"{"code": null}"#, 400, "invalid_request"),
        (r#"{"code": 5}"#, 400, "invalid_request"),
        (r#"{"code": ["x"]}"#, 400, "invalid_request"),
        (r#"{"code": "\u0000"}"#, 400, "invalid_request"),
        ("{", 400, "malformed_body"),
        (r#"{"code": "a", "code": "b"}"#, 400, "malformed_body"),
    ] {
        app.post("", CONSUME, body).await.refused(status, code);
    }
    let huge = vec![b' '; (1 << 20) + 1];
    let answer = app.send(request("POST", "", CONSUME, huge)).await;
    answer.refused(413, "payload_too_large");
    for (token, path) in [(app.alice.as_str(), "/api/cli-login"), ("", CONSUME)] {
        let once = app.once("k", token, path, r#"{"code": "x"}"#).await;
        once.refused(400, "idempotency_unsupported");
    }
}

#[tokio::test]
async fn a_code_waits_while_its_user_has_too_many_keys() {
    let app = App::new().await;
    let code = app.code().await;
    let mut last = String::new();
    for _ in 1..100 {
        last = app.post(&app.alice, "/api/keys", "").await.text("id");
    }
    app.consume(&code).await.refused(409, "too_many_keys");
    let path = format!("/api/keys/{last}");
    app.send(request("DELETE", &app.alice, &path, ""))
        .await
        .is(204);
    app.consume(&code).await.is(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_who_consume_a_code_at_once_one_gets_a_key() {
    let app = App::new().await;
    let body = json!({ "code": app.code().await }).to_string();
    let asked: Vec<_> = (0..50)
        .map(|_| {
            let (router, sent) = (
                app.router.clone(),
                request("POST", "", CONSUME, body.clone()),
            );
            tokio::spawn(async move { send(&router, sent).await })
        })
        .collect();
    let mut keys = Vec::new();
    for asked in asked {
        let answer = asked.await.unwrap();
        match answer.status.as_u16() {
            200 => keys.push(answer.text("api_key")),
            _ => drop(answer.refused(400, "login_code_invalid")),
        }
    }
    assert_eq!(keys.len(), 1);
    let listed = app.get(&keys[0], "/api/keys").await.json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
}
