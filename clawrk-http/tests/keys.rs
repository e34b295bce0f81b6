//! A user's own API keys.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use support::{ADMIN, Answer, App, request, send};

impl App {
    async fn delete(&self, token: &str, path: &str) -> Answer {
        self.send(request("DELETE", token, path, "")).await
    }

    async fn keys(&self, token: &str) -> Vec<Value> {
        let keys = self.get(token, "/api/keys").await;
        keys.is(200).json().as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn a_key_is_made_listed_used_and_revoked() {
    let app = App::new().await;
    let body = r#"{"name": "laptop"}"#;
    let made = app.post(&app.alice, "/api/keys", body).await;
    assert_eq!(made.is(201).header("cache-control"), Some("no-store"));
    let members: Vec<_> = made.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["api_key", "created_at", "id", "name"]);
    let (id, key) = (made.text("id"), made.text("api_key"));

    let keys = app.keys(&app.alice).await;
    assert_eq!(keys.len(), 2);
    let listed = json!({
        "id": id, "name": "laptop", "prefix": format!("clawrk_{id}_"),
        "created_at": "2025-01-01T00:00:00.000Z", "last_used_at": null
    });
    assert_eq!(keys[1], listed);
    assert_eq!(keys[0]["name"], Value::Null);
    assert_eq!(keys[0]["last_used_at"], "2025-01-01T00:00:00.000Z");
    let secrets = [&app.alice, &key].map(|key| key.rsplit_once('_').unwrap().1);
    let text = serde_json::to_string(&keys).unwrap();
    assert!(!secrets.iter().any(|secret| text.contains(secret)));

    app.clock.advance(1_000);
    app.get(&key, "/api/jobs").await.is(200);
    let used = app.keys(&app.alice).await[1]["last_used_at"].clone();
    assert_eq!(used, "2025-01-01T00:00:01.000Z");

    let path = format!("/api/keys/{id}");
    let gone = app.delete(&app.alice, &path).await;
    assert!(gone.is(204).body.is_empty());
    app.get(&key, "/api/jobs")
        .await
        .refused(401, "authentication_required");
    assert_eq!(app.keys(&app.alice).await.len(), 1);
    app.delete(&app.alice, &path)
        .await
        .refused(404, "key_not_found");
}

#[tokio::test]
async fn a_key_may_revoke_itself() {
    let app = App::new().await;
    let id = app.keys(&app.alice).await[0]["id"].clone();
    let path = format!("/api/keys/{}", id.as_str().unwrap());
    app.delete(&app.alice, &path).await.is(204);
    app.delete(&app.alice, &path)
        .await
        .refused(401, "authentication_required");
}

#[tokio::test]
async fn foreign_absent_and_impossible_keys_look_the_same() {
    let app = App::new().await;
    let bobs = app.keys(&app.bob).await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let foreign = app.delete(&app.alice, &format!("/api/keys/{bobs}")).await;
    foreign.refused(404, "key_not_found");
    let long = "x".repeat(10_000);
    for id in [
        "0000000000000",
        "zzzzzzzzzzzzz",
        "none",
        "%ff",
        "%00",
        "%2F",
        &long,
    ] {
        let absent = app.delete(&app.alice, &format!("/api/keys/{id}")).await;
        assert_eq!(absent, foreign, "{id}");
    }
    assert_eq!(app.keys(&app.bob).await.len(), 1);
}

#[tokio::test]
async fn a_secret_is_answered_once_only() {
    let app = App::new().await;
    let once = app.once("k", &app.alice, "/api/keys", "{}").await;
    once.refused(400, "idempotency_unsupported");
    assert_eq!(app.keys(&app.alice).await.len(), 1);
    // Only a POST can carry the header; a DELETE overlooks it, as a GET does.
    let made = app.post(&app.alice, "/api/keys", "").await;
    let path = format!("/api/keys/{}", made.text("id"));
    for status in [204, 404] {
        let mut sent = request("DELETE", &app.alice, &path, "");
        let key = "k".parse().unwrap();
        sent.headers_mut().insert("idempotency-key", key);
        app.send(sent).await.is(status);
    }
}

#[tokio::test]
async fn names_that_cannot_be_used_are_refused() {
    let app = App::new().await;
    for (body, status, code) in [
        (r#"{"name": ""}"#.to_owned(), 400, "invalid_request"),
        (r#"{"name": 5}"#.to_owned(), 400, "invalid_request"),
        (
            json!({ "name": "x".repeat(201) }).to_string(),
            413,
            "payload_too_large",
        ),
    ] {
        let refused = app.post(&app.alice, "/api/keys", &body).await;
        assert!(
            refused
                .refused(status, code)
                .text("error")
                .contains("`name`")
        );
    }
    assert_eq!(app.keys(&app.alice).await.len(), 1);
}

#[tokio::test]
async fn there_are_a_hundred_keys_at_most() {
    let app = App::new().await;
    for _ in 1..100 {
        app.post(&app.alice, "/api/keys", "").await.is(201);
    }
    let refused = app.post(&app.alice, "/api/keys", "").await;
    refused.refused(409, "too_many_keys");
    let by_admin = app.post(ADMIN, "/api/admin/users/alice/keys", "").await;
    by_admin.refused(409, "too_many_keys");
    assert_eq!(app.keys(&app.alice).await.len(), 100);
    app.post(&app.bob, "/api/keys", "").await.is(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_revocations_at_once_one_is_the_one() {
    let app = App::new().await;
    let id = app.keys(&app.alice).await[0]["id"].clone();
    let path = format!("/api/keys/{}", id.as_str().unwrap());
    let asked: Vec<_> = (0..50)
        .map(|_| {
            let (router, sent) = (app.router.clone(), request("DELETE", &app.alice, &path, ""));
            tokio::spawn(async move { send(&router, sent).await.status.as_u16() })
        })
        .collect();
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    for asked in asked {
        *statuses.entry(asked.await.unwrap()).or_default() += 1;
    }
    // Who was let in before it was gone finds nothing; who was not has no key any more.
    assert_eq!(statuses.remove(&204), Some(1), "{statuses:?}");
    assert!(
        statuses.keys().all(|status| [401, 404].contains(status)),
        "{statuses:?}"
    );
}
