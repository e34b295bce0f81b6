//! What the operator does.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use clawrk_core::policy::Policy;
use serde_json::{Value, json};
use support::{ADMIN, App};

#[tokio::test]
async fn the_operator_makes_users_and_keys() {
    let app = App::new().await;
    let made = app
        .post(ADMIN, "/api/admin/users", r#"{"id": "zoe", "name": "Zoë"}"#)
        .await;
    assert_eq!(made.is(201).header("cache-control"), Some("no-store"));
    let user = json!({
        "id": "zoe", "name": "Zoë", "credits": 0, "created_at": "2025-01-01T00:00:00.000Z"
    });
    assert_eq!(made.json()["user"], user);
    let key = made.text("api_key");
    assert!(key.starts_with("clawrk_"));
    app.get(&key, "/api/users/zoe").await.is(200);
    let taken = app
        .post(ADMIN, "/api/admin/users", r#"{"id": "zoe"}"#)
        .await;
    taken.refused(409, "user_exists");

    let second = app
        .post(ADMIN, "/api/admin/users/zoe/keys", r#"{"name": "laptop"}"#)
        .await;
    assert_eq!(second.is(201).text("name"), "laptop");
    for key in [&key, &second.text("api_key")] {
        app.get(key, "/api/users/zoe").await.is(200);
    }
    let nobody = app.post(ADMIN, "/api/admin/users/nobody/keys", "").await;
    nobody.refused(404, "user_not_found");

    let made = app.post(ADMIN, "/api/admin/users", "").await;
    let id = made.is(201).json()["user"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        (id.len(), made.json()["user"]["name"].clone()),
        (36, Value::Null)
    );
    app.get(&made.text("api_key"), &format!("/api/users/{id}"))
        .await
        .is(200);
}

#[tokio::test]
async fn ids_and_names_that_cannot_be_used_are_named() {
    let app = App::new().await;
    let long = "x".repeat(65);
    for id in ["", " ", "a b", "a/b", "ü", "a\u{7f}", &long] {
        let body = json!({ "id": id }).to_string();
        let answer = app.post(ADMIN, "/api/admin/users", &body).await;
        answer.refused(400, "invalid_request");
        assert!(answer.text("error").contains("`id`"));
    }
    for body in [r#"{"id": 5}"#, r#"{"name": ""}"#, r#"{"name": []}"#] {
        let answer = app.post(ADMIN, "/api/admin/users", body).await;
        answer.refused(400, "invalid_request");
    }
    let body = json!({ "name": "x".repeat(201) }).to_string();
    let answer = app.post(ADMIN, "/api/admin/users", &body).await;
    answer.refused(413, "payload_too_large");
}

#[tokio::test]
async fn credits_are_given_taken_held_and_given_back() {
    let mut policy = Policy::default();
    policy.credits = true;
    let app = App::with(policy, |builder| builder).await;
    let path = "/api/admin/users/alice/credits";
    let grant = |delta: Value| json!({ "delta": delta, "reason": "gift" }).to_string();
    let granted = app.post(ADMIN, path, &grant(json!(3))).await;
    assert_eq!(granted.is(200).json(), json!({ "credits": 3 }));
    let taken = app.post(ADMIN, path, &grant(json!(-4))).await;
    taken.refused(402, "insufficient_credits");
    let id = app.job("Anything").await;
    let whoami = |app: &App| {
        let (router, sent) = (
            app.router.clone(),
            support::request("POST", &app.alice, "/api/whoami", ""),
        );
        async move { support::send(&router, sent).await.json()["user"]["credits"].clone() }
    };
    assert_eq!(whoami(&app).await, 1);
    let body = r#"{"prompt": "Another"}"#;
    app.post(&app.alice, "/api/jobs", body)
        .await
        .refused(402, "insufficient_credits");
    app.post(&app.alice, &format!("/api/jobs/{id}/cancel"), "")
        .await
        .is(200);
    assert_eq!(whoami(&app).await, 3);

    for delta in [
        json!(0),
        json!(1.5),
        json!("1"),
        json!(1_000_000_001),
        json!(null),
    ] {
        let answer = app.post(ADMIN, path, &grant(delta)).await;
        assert!(
            answer
                .refused(400, "invalid_request")
                .text("error")
                .contains("`delta`")
        );
    }
    for (delta, kind) in [
        ("1.5", "a number with a fraction"),
        ("1e16", "a number that large"),
        ("9223372036854775808", "a number that large"),
        ("-9223372036854775809", "a number that large"),
        ("18446744073709551616", "a number that large"),
    ] {
        let body = format!(r#"{{"delta": {delta}, "reason": "gift"}}"#);
        let text = app.post(ADMIN, path, body.as_str()).await.text("error");
        assert!(text.ends_with(&format!("not {kind}")), "{delta}: {text}");
    }
    for (delta, credits) in [("1e3", 1_003), ("-1000.0", 3), ("0.1e1", 4), ("-1", 3)] {
        let body = format!(r#"{{"delta": {delta}, "reason": "gift"}}"#);
        let answer = app.post(ADMIN, path, body.as_str()).await;
        assert_eq!(answer.is(200).json()["credits"], credits, "{delta}");
    }
    for reason in [r#"{"delta": 1}"#, r#"{"delta": 1, "reason": " "}"#] {
        let answer = app.post(ADMIN, path, reason).await;
        assert!(
            answer
                .refused(400, "invalid_request")
                .text("error")
                .contains("`reason`")
        );
    }
    let nobody = app
        .post(ADMIN, "/api/admin/users/nobody/credits", &grant(json!(1)))
        .await;
    nobody.refused(404, "user_not_found");
}

#[tokio::test]
async fn a_disabled_user_is_nobody_until_enabled() {
    let app = App::new().await;
    let off = app.post(ADMIN, "/api/admin/users/alice/disable", "").await;
    assert_eq!(
        off.is(200).json(),
        json!({ "id": "alice", "disabled": true })
    );
    app.get(&app.alice, "/api/jobs")
        .await
        .refused(401, "authentication_required");
    let on = app.post(ADMIN, "/api/admin/users/alice/enable", "").await;
    assert_eq!(
        on.is(200).json(),
        json!({ "id": "alice", "disabled": false })
    );
    app.get(&app.alice, "/api/jobs").await.is(200);
    let nobody = app.post(ADMIN, "/api/admin/users/nobody/disable", "").await;
    nobody.refused(404, "user_not_found");
}

#[tokio::test]
async fn the_operator_frees_stuck_jobs() {
    let app = App::new().await;
    let id = app.accepted("Anything").await;
    let released = app
        .post(ADMIN, &format!("/api/admin/jobs/{id}/release"), "")
        .await;
    assert_eq!(released.is(200).text("status"), "queued");
    let cancelled = app
        .post(ADMIN, &format!("/api/admin/jobs/{id}/cancel"), "")
        .await;
    assert_eq!(cancelled.is(200).text("status"), "cancelled");
    let id = app.accepted("Anything").await;
    app.post(&app.bob, &format!("/api/jobs/{id}/submit"), "")
        .await
        .is(200);
    let verified = app
        .post(ADMIN, &format!("/api/admin/jobs/{id}/verify"), "")
        .await;
    assert_eq!(verified.is(200).text("status"), "verified");
    let again = app
        .post(ADMIN, &format!("/api/admin/jobs/{id}/verify"), "")
        .await;
    again.refused(400, "wrong_status");
}

#[tokio::test]
async fn the_audit_says_what_it_looked_at() {
    let mut policy = Policy::default();
    policy.credits = true;
    let app = App::with(policy, |builder| builder).await;
    let grant = r#"{"delta": 5, "reason": "gift"}"#;
    let path = "/api/admin/users/alice/credits";
    app.post(ADMIN, path, grant).await.is(200);
    app.accepted("Anything").await;
    let audit = app.get(ADMIN, "/api/admin/audit").await;
    let audit = audit.is(200).json();
    assert_eq!(
        (&audit["ok"], &audit["violations"]),
        (&json!(true), &json!([]))
    );
    assert_eq!((&audit["jobs"], &audit["users"]), (&json!(1), &json!(3)));
    assert_eq!(audit["entries"], 4);
}

#[tokio::test]
async fn the_operator_lists_users_page_by_page() {
    let app = App::new().await;
    for id in ["u1", "u2", "u3"] {
        let body = json!({ "id": id }).to_string();
        app.post(ADMIN, "/api/admin/users", &body).await.is(201);
    }
    app.post(ADMIN, "/api/admin/users/u2/disable", "")
        .await
        .is(200);
    let (mut path, mut seen) = ("/api/admin/users?limit=2".to_owned(), Vec::new());
    loop {
        let page = app.get(ADMIN, &path).await;
        let users = page.is(200).json();
        let users = users.as_array().unwrap();
        assert!((1..=2).contains(&users.len()));
        seen.extend(users.iter().cloned());
        let Some(link) = page.header("link") else {
            break;
        };
        let (next, rel) = link.split_once('>').unwrap();
        assert_eq!(rel, "; rel=\"next\"");
        path = next.trim_start_matches('<').to_owned();
        assert!(path.contains("limit=2&"), "{path}");
    }
    let ids: Vec<_> = seen.iter().map(|user| user["id"].clone()).collect();
    assert!(ids.is_sorted_by_key(|id| id.as_str().map(str::to_owned)));
    let of = |id: &str| seen.iter().find(|user| user["id"] == id).unwrap();
    assert_eq!(
        (&of("u1")["disabled"], &of("u2")["disabled"]),
        (&json!(false), &json!(true))
    );
    for limit in ["0", "101", "-1", "x", ""] {
        let refused = app
            .get(ADMIN, &format!("/api/admin/users?limit={limit}"))
            .await;
        refused.refused(400, "invalid_request");
    }
    let forged = app.get(ADMIN, "/api/admin/users?cursor=zz").await;
    forged.refused(400, "invalid_request");
    app.get(&app.bob, "/api/admin/users")
        .await
        .refused(403, "admin_only");
}
