//! Requests that have their effect once.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::sync::Arc;

use clawrk_core::policy::Policy;
use support::{ADMIN, App, Odd, request};
use tokio::sync::Notify;

const BODY: &str = r#"{"prompt": "Anything"}"#;

#[tokio::test]
async fn the_first_answer_is_given_again_byte_for_byte() {
    let app = App::new().await;
    let first = app.once("k", &app.alice, "/api/jobs", BODY).await;
    first.is(201);
    assert_eq!(first.header("idempotent-replayed"), None);
    let id = first.text("id");
    app.clock.advance(5_000);
    app.post(&app.bob, &format!("/api/jobs/{id}/accept"), "")
        .await
        .is(200);
    let again = app.once("k", &app.alice, "/api/jobs", BODY).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!((again.status, again.body), (first.status, first.body));
    let all = app.get(&app.alice, "/api/jobs").await.json();
    assert_eq!(all.as_array().unwrap().len(), 1);
    // The key of another user is another key.
    app.once("k", &app.bob, "/api/jobs", BODY).await.is(201);
}

#[tokio::test]
async fn every_verb_has_its_effect_once() {
    let app = App::new().await;
    let at = format!("/api/jobs/{}", app.job("Anything").await);
    let steps = [
        (&app.bob, "accept", ""),
        (&app.bob, "release", ""),
        (&app.eve, "accept", "{}"),
        (
            &app.eve,
            "submit",
            r#"{"output": "what came of it, at some length"}"#,
        ),
        (&app.alice, "verify", ""),
    ];
    let mut answers = Vec::new();
    for (key, (token, verb, body)) in steps.iter().enumerate() {
        let path = format!("{at}/{verb}");
        let first = app.once(&key.to_string(), token, &path, body).await;
        answers.push((key, token, path, body, first.is(200).clone()));
    }
    for (key, token, path, body, first) in answers {
        let again = app.once(&key.to_string(), token, &path, body).await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"), "{path}");
        assert_eq!(again.body, first.body, "{path}");
    }
    let id = app.job("Another").await;
    let path = format!("/api/jobs/{id}/cancel");
    let first = app.once("c", &app.alice, &path, "").await;
    assert_eq!(
        app.once("c", &app.alice, &path, "").await.body,
        first.is(200).body
    );
}

#[tokio::test]
async fn another_request_under_the_key_is_refused_before_anything_else() {
    let app = App::new().await;
    app.once("k", &app.alice, "/api/jobs", BODY).await.is(201);
    let other = [
        ("/api/jobs", r#"{"prompt": "Another"}"#),
        ("/api/jobs", r#"{"prompt":"Anything"}"#),
        ("/api/jobs", "{"),
        ("/api/jobs", ""),
        ("/api/jobs/none/accept", BODY),
        ("/api/whoami", BODY),
    ];
    for (path, body) in other {
        let answer = app.once("k", &app.alice, path, body).await;
        answer.refused(409, "idempotency_key_reused");
    }
    let path = "/api/jobs";
    app.once("k", &app.alice, path, &" ".repeat((1 << 20) + 1))
        .await
        .refused(413, "payload_too_large");
}

#[tokio::test]
async fn a_refusal_is_evaluated_afresh() {
    let app = App::new().await;
    let id = app.job("Anything").await;
    let path = format!("/api/jobs/{id}/submit");
    let body = r#"{"output": "what came of it, at some length"}"#;
    app.once("k", &app.bob, &path, body)
        .await
        .refused(400, "wrong_status");
    app.post(&app.bob, &format!("/api/jobs/{id}/accept"), "")
        .await
        .is(200);
    app.once("k", &app.bob, &path, body).await.is(200);
}

#[tokio::test]
async fn while_the_first_is_worked_on_others_wait() {
    let (started, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let odd = Odd {
        started: started.clone(),
        go: go.clone(),
    };
    let app = App::with(Policy::default(), |builder| builder.skill(odd)).await;
    let id = app.accepted("odd: wait").await;
    let path = format!("/api/jobs/{id}/submit");
    let second = async {
        started.notified().await;
        let answer = app.once("k", &app.bob, &path, "").await;
        let other = app.once("k", &app.bob, &path, "{}").await;
        go.notify_one();
        (answer, other)
    };
    let (first, (second, other)) = tokio::join!(app.once("k", &app.bob, &path, ""), second);
    first.is(200);
    second.refused(409, "request_in_progress");
    let wait: u64 = second.header("retry-after").unwrap().parse().unwrap();
    // Most runs end long before their lease does.
    assert!((1..=5).contains(&wait), "{wait}");
    other.refused(409, "idempotency_key_reused");
    let again = app.once("k", &app.bob, &path, "").await;
    assert_eq!(
        (again.header("idempotent-replayed"), &again.body),
        (Some("true"), &first.body)
    );
}

#[tokio::test]
async fn a_storm_of_one_request_has_one_effect() {
    let app = App::new().await;
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let mut sent = request("POST", &app.alice, "/api/jobs", BODY);
            sent.headers_mut()
                .insert("idempotency-key", "storm".parse().unwrap());
            let router = app.router.clone();
            tokio::spawn(async move { support::send(&router, sent).await })
        })
        .collect();
    let (mut fresh, mut bodies) = (0, Vec::new());
    for task in tasks {
        let answer = task.await.unwrap();
        fresh += usize::from(answer.is(201).header("idempotent-replayed").is_none());
        bodies.push(answer.body);
    }
    bodies.dedup();
    assert_eq!((fresh, bodies.len()), (1, 1));
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let app = App::new().await;
    let long = "k".repeat(256);
    for key in ["", "a b", " ", &long, "\t"] {
        let answer = app.once(key, &app.alice, "/api/jobs", "{").await;
        answer.refused(400, "invalid_idempotency_key");
    }
    let mut umlaut = request("POST", &app.alice, "/api/jobs", BODY);
    let value = axum::http::HeaderValue::from_bytes("ü".as_bytes()).unwrap();
    umlaut.headers_mut().insert("idempotency-key", value);
    app.send(umlaut)
        .await
        .refused(400, "invalid_idempotency_key");
    let mut twice = request("POST", &app.alice, "/api/jobs", BODY);
    for key in ["a", "b"] {
        twice
            .headers_mut()
            .append("idempotency-key", key.parse().unwrap());
    }
    app.send(twice)
        .await
        .refused(400, "invalid_idempotency_key");
    app.once(&"k".repeat(255), &app.alice, "/api/jobs", BODY)
        .await
        .is(201);
    // A GET changes nothing, so its key means nothing.
    let mut get = request("GET", &app.alice, "/api/jobs", "");
    get.headers_mut()
        .insert("idempotency-key", "a b".parse().unwrap());
    app.send(get).await.is(200);
}

#[tokio::test]
async fn secrets_cannot_be_given_again_and_the_webhook_does_not_care() {
    let app = App::new().await;
    for path in [
        "/api/admin/users",
        "/api/admin/users/alice/keys",
        "/api/admin/users/none/keys",
    ] {
        for body in ["", "{"] {
            let answer = app.once("k", ADMIN, path, body).await;
            answer.refused(400, "idempotency_unsupported");
        }
    }
    let answer = app.once("a b", "", "/api/stripe/webhook", "").await;
    answer.refused(503, "not_configured");
}

#[tokio::test]
async fn what_the_operator_does_happens_once_too() {
    let app = App::new().await;
    let grant = r#"{"delta": 5, "reason": "gift"}"#;
    let path = "/api/admin/users/alice/credits";
    let first = app.once("g", ADMIN, path, grant).await;
    let again = app.once("g", ADMIN, path, grant).await;
    assert_eq!(
        (&again.body, again.header("idempotent-replayed")),
        (&first.body, Some("true"))
    );
    assert_eq!(
        app.get(&app.alice, "/api/users/alice").await.json()["credits"],
        5
    );
    let off = "/api/admin/users/alice/disable";
    app.once("d", ADMIN, off, "").await.is(200);
    app.post(ADMIN, "/api/admin/users/alice/enable", "")
        .await
        .is(200);
    let again = app.once("d", ADMIN, off, "").await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    app.get(&app.alice, "/api/users/alice").await.is(200);
}
