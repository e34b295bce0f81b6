//! Everything that a request can be refused for, in the order in which it is checked.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use axum::body::Body;
use clawrk_core::policy::Policy;
use support::{ADMIN, Answer, App, request};

/// The routes of users, with a job that exists in place of `ID`.
const OF_USERS: &[(&str, &str)] = &[
    ("POST", "/api/jobs"),
    ("GET", "/api/jobs"),
    ("GET", "/api/jobs/ID"),
    ("POST", "/api/jobs/ID/accept"),
    ("POST", "/api/jobs/ID/submit"),
    ("POST", "/api/jobs/ID/verify"),
    ("POST", "/api/jobs/ID/cancel"),
    ("POST", "/api/jobs/ID/release"),
    ("GET", "/api/users/alice"),
    ("POST", "/api/whoami"),
    ("GET", "/api/keys"),
    ("POST", "/api/keys"),
    ("DELETE", "/api/keys/none"),
    ("POST", "/api/cli-login"),
    ("POST", "/api/stripe/checkout"),
    ("POST", "/api/stripe/connect"),
    ("GET", "/api/stripe/connect/status"),
];

/// The routes of the operator.
const OF_THE_OPERATOR: &[(&str, &str)] = &[
    ("POST", "/api/admin/users"),
    ("POST", "/api/admin/users/alice/keys"),
    ("POST", "/api/admin/users/alice/credits"),
    ("POST", "/api/admin/users/alice/disable"),
    ("POST", "/api/admin/users/alice/enable"),
    ("POST", "/api/admin/jobs/ID/verify"),
    ("POST", "/api/admin/jobs/ID/cancel"),
    ("POST", "/api/admin/jobs/ID/release"),
    ("GET", "/api/admin/payouts"),
    ("POST", "/api/admin/payouts/po_ID/retry"),
    ("POST", "/api/admin/payouts/po_ID/resolve"),
    ("GET", "/api/admin/audit"),
];

/// Bodies that no route takes, with their refusal.
fn bad_bodies() -> Vec<(Vec<u8>, u16, &'static str)> {
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    vec![
        (b"{".to_vec(), 400, "malformed_body"),
        (b"{\"prompt\": \"x\"".to_vec(), 400, "malformed_body"),
        (b"{\"prompt\": \"x\"} x".to_vec(), 400, "malformed_body"),
        (b"{\"prompt\": 'x'}".to_vec(), 400, "malformed_body"),
        (b"{\"prompt\": \"x\",}".to_vec(), 400, "malformed_body"),
        (b"{\"prompt\": NaN}".to_vec(), 400, "malformed_body"),
        (b"{\"prompt\": \"a\nb\"}".to_vec(), 400, "malformed_body"),
        (b"{\"prompt\": \"\\ud800\"}".to_vec(), 400, "malformed_body"),
        (b"prompt=x".to_vec(), 400, "malformed_body"),
        (b"null".to_vec(), 400, "malformed_body"),
        (b"[]".to_vec(), 400, "malformed_body"),
        (b"\"x\"".to_vec(), 400, "malformed_body"),
        (b"7".to_vec(), 400, "malformed_body"),
        (b"\xef\xbb\xbf{}".to_vec(), 400, "malformed_body"),
        (b"{\"prompt\": \"\xff\"}".to_vec(), 400, "malformed_body"),
        (b"{\"a\": 1, \"a\": 1}".to_vec(), 400, "malformed_body"),
        (
            b"{\"a\": {\"b\": 1, \"\\u0062\": 1}}".to_vec(),
            400,
            "malformed_body",
        ),
        (b"{\"a\": \"\\u0000\"}".to_vec(), 400, "invalid_request"),
        (b"{\"a\": [\"\\u0000\"]}".to_vec(), 400, "invalid_request"),
        (b"{\"\\u0000\": 1}".to_vec(), 400, "invalid_request"),
        (nested(32).into_bytes(), 413, "payload_too_large"),
        (nested(100_000).into_bytes(), 413, "payload_too_large"),
        ("[".repeat(100_000).into_bytes(), 413, "payload_too_large"),
        (vec![b' '; (1 << 20) + 1], 413, "payload_too_large"),
    ]
}

/// A body that is not all there at once.
fn in_pieces(body: Vec<u8>) -> Body {
    let pieces: Vec<Vec<u8>> = body.chunks(4096).map(<[u8]>::to_vec).collect();
    Body::from_stream(Pieces(pieces.into()))
}

struct Pieces(std::collections::VecDeque<Vec<u8>>);

impl futures_core::Stream for Pieces {
    type Item = Result<Vec<u8>, std::io::Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.pop_front().map(Ok))
    }
}

fn routes(id: &str) -> impl Iterator<Item = (&'static str, String, bool)> + '_ {
    let named = |admin| {
        move |(method, path): &(&'static str, &str)| (*method, path.replace("ID", id), admin)
    };
    let of_users = OF_USERS.iter().map(named(false));
    of_users.chain(OF_THE_OPERATOR.iter().map(named(true)))
}

const UNAUTHENTICATED: &str =
    r#"{"error":"Authentication required","code":"authentication_required"}"#;

#[track_caller]
fn is_unauthenticated(answer: &Answer) {
    answer.refused(401, "authentication_required");
    assert_eq!(String::from_utf8_lossy(&answer.body), UNAUTHENTICATED);
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    assert_eq!(answer.header("allow"), None);
}

#[tokio::test]
async fn without_a_valid_token_every_route_says_the_same() {
    let app = App::new().await;
    let id = app.job("Anything").await;
    app.engine
        .set_user_disabled(clawrk_core::Call::by_admin(), &"eve".parse().unwrap(), true)
        .await
        .unwrap();
    let unknown = [
        "GET /api/nothing",
        "PUT /api/jobs",
        "POST /api/",
        "GET /api/jobs/",
    ];
    let unknown = unknown.map(|line| line.split_once(' ').unwrap());
    let unknown = unknown.map(|(method, path)| (method, path.to_owned(), false));
    let almost = format!("{}x", app.alice);
    let headers = [
        "".to_owned(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer nonsense".to_owned(),
        format!("Basic {}", app.alice),
        app.alice.clone(),
        format!("Bearer {almost}"),
        format!("Bearer {}", &app.alice[..app.alice.len() - 1]),
        format!("Bearer {}", app.eve),
        format!("Bearer {ADMIN}x"),
        format!("Bearer {}", "x".repeat(5_000)),
        "Bearer \u{e9}".to_owned(),
    ];
    for (method, path, _) in routes(&id).chain(unknown) {
        for header in &headers {
            for body in ["", "{", "{}"] {
                let mut sent = request(method, "", &path, body);
                let value = axum::http::HeaderValue::from_bytes(header.as_bytes()).unwrap();
                sent.headers_mut().insert("authorization", value);
                is_unauthenticated(&app.send(sent).await);
            }
        }
        is_unauthenticated(&app.send(request(method, "", &path, "")).await);
        let mut twice = request(method, &app.alice, &path, "");
        let second = format!("Bearer {}", app.bob).parse().unwrap();
        twice.headers_mut().append("authorization", second);
        is_unauthenticated(&app.send(twice).await);
        let huge = vec![b'x'; 2 << 20];
        is_unauthenticated(&app.send(request(method, "", &path, huge)).await);
    }
}

#[tokio::test]
async fn the_scheme_of_a_token_may_be_written_as_one_likes() {
    let app = App::new().await;
    for scheme in ["bearer", "BEARER", "Bearer "] {
        let mut sent = request("GET", "", "/api/jobs", "");
        let value = format!("{scheme} {}", app.alice).parse().unwrap();
        sent.headers_mut().insert("authorization", value);
        app.send(sent).await.is(200);
    }
}

#[tokio::test]
async fn users_and_operator_are_kept_apart_before_anything_else() {
    let app = App::new().await;
    for (method, path, admin) in routes("none") {
        let (token, code) = match admin {
            true => (app.alice.as_str(), "admin_only"),
            false => (ADMIN, "user_only"),
        };
        for body in ["", "{"] {
            let answer = app.send(request(method, token, &path, body)).await;
            answer.refused(403, code);
        }
    }
}

#[tokio::test]
async fn every_route_that_takes_a_body_refuses_a_bad_one() {
    let app = App::new().await;
    for id in [app.job("Anything").await, "none".to_owned()] {
        for (method, path, admin) in routes(&id) {
            if method != "POST" || path.contains("/stripe/") {
                continue;
            }
            let token = if admin { ADMIN } else { &app.alice };
            for (body, status, code) in bad_bodies() {
                let sent = app.send(request(method, token, &path, body.clone())).await;
                sent.refused(status, code);
                let text = sent.text("error");
                assert!(!text.contains("src/") && !text.contains("::"), "{text}");
                let sent = app
                    .send(request(method, token, &path, in_pieces(body)))
                    .await;
                sent.refused(status, code);
            }
        }
    }
}

#[tokio::test]
async fn a_prompt_that_cannot_be_used_is_named() {
    let app = App::new().await;
    let long = format!("{{\"prompt\": \"{}\"}}", "é".repeat((16 << 10) + 1));
    let cases = [
        ("", 400, "invalid_request"),
        ("{}", 400, "invalid_request"),
        (r#"{"prompt": null}"#, 400, "invalid_request"),
        (r#"{"prompt": ""}"#, 400, "invalid_request"),
        (r#"{"prompt": " \t\n\u00a0"}"#, 400, "invalid_request"),
        (r#"{"prompt": 5}"#, 400, "invalid_request"),
        (r#"{"prompt": true}"#, 400, "invalid_request"),
        (r#"{"prompt": ["x"]}"#, 400, "invalid_request"),
        (r#"{"prompt": {"x": "y"}}"#, 400, "invalid_request"),
        (r#"{"Prompt": "x"}"#, 400, "invalid_request"),
        (long.as_str(), 413, "payload_too_large"),
    ];
    for (body, status, code) in cases {
        let answer = app.post(&app.alice, "/api/jobs", body).await;
        answer.refused(status, code);
        assert!(
            answer.text("error").contains("`prompt`"),
            "{}",
            answer.text("error")
        );
    }
    let longest = format!("{{\"prompt\": \"{}\"}}", "é".repeat(16 << 10));
    app.post(&app.alice, "/api/jobs", &longest).await.is(201);
}

#[tokio::test]
async fn bodies_up_to_the_limits_are_taken() {
    let app = App::new().await;
    let nested = format!(
        r#"{{"prompt":"x","a":{}{}}}"#,
        "[".repeat(31),
        "]".repeat(31)
    );
    app.post(&app.alice, "/api/jobs", &nested).await.is(201);
    let mut padded = r#"{"prompt": "x"}"#.to_owned();
    padded.push_str(&" ".repeat((1 << 20) - padded.len()));
    app.post(&app.alice, "/api/jobs", &padded).await.is(201);
    let id = app.accepted("Anything").await;
    let path = format!("/api/jobs/{id}/submit");
    let output = |bytes: usize| format!(r#"{{"output": "{}"}}"#, "x".repeat(bytes));
    let over = app.post(&app.bob, &path, &output((512 << 10) + 1)).await;
    over.refused(413, "payload_too_large");
    app.post(&app.bob, &path, &output(512 << 10)).await.is(200);
}

#[tokio::test]
async fn what_can_be_no_id_is_not_found() {
    let app = App::new().await;
    let long = "x".repeat(10_000);
    let ids = [
        "none",
        "%ff",
        "%00",
        "%2F",
        "..%2F..%2Fetc",
        "%zz",
        "%",
        "a%0Ab",
        "0000000000000000000000000Z",
        "00000000000000000000000001",
        long.as_str(),
    ];
    let unknown = app
        .get(&app.alice, "/api/jobs/00000000000000000000000009")
        .await;
    unknown.refused(404, "job_not_found");
    for id in ids {
        let shown = app.get(&app.alice, &format!("/api/jobs/{id}")).await;
        assert_eq!(shown, unknown, "{id}");
        for verb in ["accept", "submit", "verify", "cancel", "release"] {
            let path = format!("/api/jobs/{id}/{verb}");
            assert_eq!(app.post(&app.alice, &path, "").await, unknown, "{path}");
            if verb != "accept" && verb != "submit" {
                let path = format!("/api/admin/jobs/{id}/{verb}");
                assert_eq!(app.post(ADMIN, &path, "").await, unknown, "{path}");
            }
        }
        // What is wrong with the output comes first, whatever the id.
        let path = format!("/api/jobs/{id}/submit");
        let blank = app.post(&app.bob, &path, r#"{"output":" "}"#).await;
        blank.refused(400, "invalid_request");
    }
    for id in ["%ff", "%00", &long] {
        let shown = app.get(&app.alice, &format!("/api/users/{id}")).await;
        shown.refused(404, "user_not_found");
        let path = format!("/api/admin/users/{id}/enable");
        app.post(ADMIN, &path, "")
            .await
            .refused(404, "user_not_found");
    }
    for path in ["/api/jobs/", "/api/jobs/a/b/accept", "/api/users/"] {
        app.post(&app.alice, path, "")
            .await
            .refused(404, "route_not_found");
    }
}

#[tokio::test]
async fn unknown_routes_and_wrong_methods_have_the_same_form() {
    let app = App::new().await;
    for path in ["/", "/nothing", "/api", "/apix/jobs"] {
        app.get("", path).await.refused(404, "route_not_found");
    }
    for path in [
        "/api/nothing",
        "/api/jobs/x/nothing",
        "/api/admin/nothing",
        "/api/",
    ] {
        for token in [&app.alice, ADMIN] {
            app.get(token, path).await.refused(404, "route_not_found");
        }
    }
    for (own, path, admin) in routes("none") {
        let token = if admin { ADMIN } else { &app.alice };
        let others = ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"];
        for method in others.into_iter().filter(|method| *method != own) {
            let answer = app.send(request(method, token, &path, "")).await;
            answer.refused(405, "method_not_allowed");
            assert!(answer.header("allow").is_some(), "{method} {path}");
        }
    }
    for path in ["/healthz", "/readyz"] {
        app.get("", path).await.is(200);
        app.post("", path, "")
            .await
            .refused(405, "method_not_allowed");
    }
    for path in ["/api/stripe/webhook", "/api/cli-login/consume"] {
        app.get("", path).await.refused(405, "method_not_allowed");
    }
}

#[tokio::test]
async fn payments_are_not_there() {
    let app = App::new().await;
    for (method, path) in OF_USERS
        .iter()
        .filter(|(_, path)| path.contains("/stripe/"))
    {
        for body in ["", "{", r#"{"tier": "starter"}"#] {
            let answer = app.send(request(method, &app.alice, path, body)).await;
            answer.refused(503, "not_configured");
            assert_eq!(answer.header("retry-after"), None);
        }
    }
    for body in ["", "{", r#"{"id": "evt_1"}"#] {
        let answer = app.post("", "/api/stripe/webhook", body).await;
        answer.refused(503, "not_configured");
    }
}

#[tokio::test]
async fn with_credits_on_who_has_too_few_is_told_so() {
    let mut policy = Policy::default();
    policy.credits = true;
    let app = App::with(policy, |builder| builder).await;
    let body = r#"{"prompt": "Anything"}"#;
    let poor = app.post(&app.alice, "/api/jobs", body).await;
    poor.refused(402, "insufficient_credits");
    let invalid = app.post(&app.alice, "/api/jobs", "{}").await;
    invalid.refused(400, "invalid_request");
}

#[tokio::test]
async fn a_closed_store_is_503_with_retry_after() {
    let app = App::new().await;
    let id = app.job("Anything").await;
    app.get("", "/readyz").await.is(200);
    app.engine.close().await.unwrap();
    app.get("", "/healthz").await.is(200);
    let unready = app.get("", "/readyz").await;
    assert_eq!(
        unready.refused(503, "closed").header("retry-after"),
        Some("1")
    );
    for (method, path, admin) in routes(&id) {
        let token = if admin { ADMIN } else { &app.alice };
        let body =
            r#"{"prompt": "x", "delta": 1, "reason": "x", "outcome": "absent", "note": "x"}"#;
        let answer = app.send(request(method, token, &path, body)).await;
        answer.refused(503, "closed");
        assert_eq!(answer.header("retry-after"), Some("1"), "{path}");
    }
}
