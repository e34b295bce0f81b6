//! How many requests are taken, and how many guesses.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::net::SocketAddr;
use std::num::NonZeroU32;

use axum::Router;
use axum::extract::ConnectInfo;
use clawrk_http::{Api, ApiKeys, Limits};
use serde_json::json;
use support::{ADMIN, Answer, App, request, send};

const CONSUME: &str = "/api/cli-login/consume";

/// The router of an exchange that takes so many requests a second of each caller.
fn limited(app: &App, per_second: u32) -> Router {
    let mut limits = Limits::default();
    limits.requests_per_second_max = NonZeroU32::new(per_second);
    let auth = ApiKeys::new(app.engine.clone()).admin_key(ADMIN);
    Api::new(app.engine.clone(), auth).limits(limits).router()
}

async fn ask(router: &Router, token: &str, path: &str) -> Answer {
    send(router, request("GET", token, path, "")).await
}

/// The same from that address.
async fn from(router: &Router, address: &str, method: &str, token: &str, path: &str) -> Answer {
    let mut sent = request(method, token, path, r#"{"code": "none"}"#);
    let peer: SocketAddr = address.parse().unwrap();
    sent.extensions_mut().insert(ConnectInfo(peer));
    send(router, sent).await
}

#[tokio::test]
async fn a_user_has_a_burst_and_then_the_rate() {
    let app = App::new().await;
    let router = limited(&app, 5);
    for _ in 0..10 {
        ask(&router, &app.alice, "/api/jobs").await.is(200);
    }
    let refused = ask(&router, &app.alice, "/api/jobs").await;
    refused.refused(429, "rate_limited");
    assert_eq!(refused.header("retry-after"), Some("1"));
    // It comes before everything else that may be wrong.
    for (method, path, body) in [
        ("GET", "/api/nothing", ""),
        ("PUT", "/api/jobs", ""),
        ("GET", "/api/admin/users", ""),
        ("POST", "/api/jobs", "{"),
        ("POST", "/api/keys", r#"{"name": 5}"#),
    ] {
        let sent = request(method, &app.alice, path, body);
        send(&router, sent).await.refused(429, "rate_limited");
    }
    // Another key of hers is no way around it; bob and the operator have rates of their own.
    let alice = "alice".parse().unwrap();
    let second = app.engine.create_key(&alice, None).await.unwrap().secret;
    ask(&router, &second, "/api/jobs")
        .await
        .refused(429, "rate_limited");
    ask(&router, &app.bob, "/api/jobs").await.is(200);
    ask(&router, ADMIN, "/api/admin/users").await.is(200);
    ask(&router, "nonsense", "/api/jobs")
        .await
        .refused(401, "authentication_required");
    ask(&router, "", "/healthz").await.is(200);

    app.clock.advance(199);
    ask(&router, &app.alice, "/api/jobs")
        .await
        .refused(429, "rate_limited");
    app.clock.advance(1);
    ask(&router, &app.alice, "/api/jobs").await.is(200);
    ask(&router, &app.alice, "/api/jobs")
        .await
        .refused(429, "rate_limited");
    app.clock.advance(60_000);
    for _ in 0..10 {
        ask(&router, &app.alice, "/api/jobs").await.is(200);
    }
    ask(&router, &app.alice, "/api/jobs")
        .await
        .refused(429, "rate_limited");
}

#[tokio::test]
async fn without_a_setting_there_is_no_rate() {
    let app = App::new().await;
    for _ in 0..1_000 {
        app.get(&app.alice, "/api/keys").await.is(200);
    }
}

#[tokio::test]
async fn whoever_guesses_keys_is_stopped_before_they_are_looked_up() {
    let app = App::new().await;
    let (router, away) = (&app.router, "192.0.2.7:4000");
    // Who is let in is not counted.
    for _ in 0..50 {
        from(router, away, "GET", &app.alice, "/api/jobs")
            .await
            .is(200);
    }
    for guess in 0..20 {
        let path = ["/api/jobs", "/api/nothing"][guess % 2];
        let guessed = from(router, away, "GET", &format!("clawrk_{guess}"), path).await;
        guessed.refused(401, "authentication_required");
    }
    for token in ["", "nonsense", &app.alice, ADMIN] {
        let refused = from(router, away, "GET", token, "/api/jobs").await;
        refused.refused(429, "rate_limited");
        assert_eq!(refused.header("retry-after"), Some("1"));
    }
    // From another port it is still the same network, from another address not.
    from(router, "192.0.2.7:5000", "GET", &app.alice, "/api/jobs")
        .await
        .refused(429, "rate_limited");
    from(router, "192.0.2.8:4000", "GET", &app.alice, "/api/jobs")
        .await
        .is(200);
    from(router, away, "GET", "", "/healthz").await.is(200);

    app.clock.advance(50);
    from(router, away, "GET", "nonsense", "/api/jobs")
        .await
        .refused(401, "authentication_required");
    from(router, away, "GET", &app.alice, "/api/jobs")
        .await
        .refused(429, "rate_limited");
    app.clock.advance(50);
    from(router, away, "GET", &app.alice, "/api/jobs")
        .await
        .is(200);
}

#[tokio::test]
async fn the_machine_itself_and_who_has_no_address_may_guess_on() {
    let app = App::new().await;
    for _ in 0..100 {
        for address in ["127.0.0.1:9", "[::1]:9", "[::ffff:127.0.0.1]:9"] {
            from(&app.router, address, "GET", "nonsense", "/api/jobs")
                .await
                .refused(401, "authentication_required");
        }
        app.get("nonsense", "/api/jobs")
            .await
            .refused(401, "authentication_required");
    }
}

#[tokio::test]
async fn guessed_login_codes_count_as_guessed_keys() {
    let app = App::new().await;
    let code = app
        .post(&app.alice, "/api/cli-login", "")
        .await
        .text("code");
    let (router, near) = (&app.router, "[2001:db8:1:2::7]:4000");
    for _ in 0..20 {
        from(router, near, "POST", "", CONSUME)
            .await
            .refused(400, "login_code_invalid");
    }
    let neighbour = "[2001:db8:1:2:ffff::9]:4000";
    from(router, neighbour, "POST", "", CONSUME)
        .await
        .refused(429, "rate_limited");
    from(router, neighbour, "GET", &app.alice, "/api/jobs")
        .await
        .refused(429, "rate_limited");
    from(router, "[2001:db8:1:3::7]:4000", "POST", "", CONSUME)
        .await
        .refused(400, "login_code_invalid");
    // The code itself is as good as before, from elsewhere.
    let body = json!({ "code": code }).to_string();
    app.post("", CONSUME, &body).await.is(200);
}
