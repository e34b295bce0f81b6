//! The router inside an application that brings its own people.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use async_trait::async_trait;
use axum::Router;
use axum::http::request::Parts;
use axum::routing::get;
use clawrk_core::id::UserId;
use clawrk_http::{Api, AuthError, Authenticate, Principal, router};
use support::{App, request, send};

/// Takes the name in a header for the user, as a host behind its own login would.
struct Names;

#[async_trait]
impl Authenticate for Names {
    async fn authenticate(&self, request: &Parts) -> Result<Option<Principal>, AuthError> {
        let Some(name) = request.headers.get("x-name") else {
            return Ok(None);
        };
        match name.to_str()? {
            "down" => Err("password=hunter2: connection refused".into()),
            "panic" => panic!("as asked"),
            "root" => Ok(Some(Principal::Admin)),
            name => Ok(Some(Principal::User(UserId::new(name)?))),
        }
    }
}

async fn host() -> Router {
    let engine = App::new().await.engine;
    Router::new()
        .route("/", get(|| async { "the host's own page" }))
        .nest("/exchange", router(engine, Names))
        .fallback(|| async { "the host's own fallback" })
}

fn by(name: &str, method: &str, path: &str, body: &'static str) -> axum::extract::Request {
    let mut sent = request(method, "", path, body);
    sent.headers_mut().insert("x-name", name.parse().unwrap());
    sent
}

#[tokio::test]
async fn a_host_nests_it_and_brings_its_own_people() {
    let host = host().await;
    let body = r#"{"prompt": "Anything"}"#;
    let made = send(&host, by("auth0|zoe", "POST", "/exchange/api/jobs", body)).await;
    assert_eq!(made.is(201).text("sender"), "auth0|zoe");
    let me = send(
        &host,
        by("auth0|zoe", "GET", "/exchange/api/users/auth0%7Czoe", ""),
    )
    .await;
    assert_eq!(me.is(200).text("id"), "auth0|zoe");
    let admin = by(
        "root",
        "POST",
        "/exchange/api/admin/users/auth0%7Czoe/disable",
        "",
    );
    send(&host, admin).await.is(200);
    let nobody = send(&host, request("GET", "", "/exchange/api/nothing", "")).await;
    nobody.refused(401, "authentication_required");
    let nothing = send(&host, by("zoe", "GET", "/exchange/api/nothing", "")).await;
    nothing.refused(404, "route_not_found");
    let own = send(&host, request("GET", "", "/elsewhere", "")).await;
    assert_eq!(own.is(200).body, b"the host's own fallback");
}

#[tokio::test]
async fn a_host_without_a_prefix_may_have_a_fallback() {
    let app = App::new().await;
    let host = Router::new()
        .merge(router(app.engine.clone(), Names))
        .fallback(|| async { "the host's own fallback" });
    send(&host, by("alice", "GET", "/api/jobs", ""))
        .await
        .is(200);
    let wrong = send(&host, by("alice", "PUT", "/api/jobs", "")).await;
    wrong.refused(405, "method_not_allowed");
    let own = send(&host, request("GET", "", "/elsewhere", "")).await;
    assert_eq!(own.is(200).body, b"the host's own fallback");
}

#[tokio::test]
async fn the_prefix_may_have_parameters_of_its_own() {
    let app = App::new().await;
    let host = Router::new().nest("/of/{tenant}", router(app.engine.clone(), Names));
    let id = app.job("Anything").await;
    let job = send(
        &host,
        by("alice", "GET", &format!("/of/acme/api/jobs/{id}"), ""),
    );
    assert_eq!(job.await.is(200).text("id"), id);
    let unknown = send(&host, by("alice", "GET", "/of/%2f/api/jobs/%ff", ""));
    unknown.await.refused(404, "job_not_found");
}

#[tokio::test]
async fn the_next_page_is_where_the_client_looks_for_it() {
    let app = App::new().await;
    let prompt = "x".repeat(32 << 10);
    for _ in 0..130 {
        app.job(&prompt).await;
    }
    let host = Router::new().nest("/exchange", router(app.engine.clone(), Names));
    let page = send(&host, by("alice", "GET", "/exchange/api/jobs", "")).await;
    let link = page.is(200).header("link").unwrap();
    assert!(link.starts_with("</exchange/api/jobs?cursor="), "{link}");
}

#[tokio::test]
async fn failures_of_the_hosts_check_tell_nothing() {
    let host = host().await;
    let down = send(&host, by("down", "GET", "/exchange/api/jobs", "")).await;
    assert_eq!(
        down.refused(503, "store_unavailable").header("retry-after"),
        Some("1")
    );
    assert!(!down.text("error").contains("hunter2"));
    let panicked = send(&host, by("panic", "GET", "/exchange/api/jobs", "")).await;
    assert!(
        !panicked
            .refused(500, "internal")
            .text("error")
            .contains("as asked")
    );
}

#[tokio::test]
async fn what_still_runs_can_be_waited_for_and_dropped() {
    let odd = support::Odd::default();
    let (started, go) = (odd.started.clone(), odd.go.clone());
    let app = App::with(Default::default(), |builder| builder.skill(odd)).await;
    let api = Api::new(app.engine.clone(), Names);
    let (commands, router) = (api.commands(), api.router());
    for let_go in [true, false] {
        let id = app.accepted("odd: wait").await;
        let path = format!("/api/jobs/{id}/submit");
        let sent = send(&router, by("bob", "POST", &path, ""));
        let stop = async {
            started.notified().await;
            match let_go {
                true => go.notify_one(),
                false => commands.drop_all(),
            }
            commands.idle().await;
        };
        let (answer, ()) = tokio::join!(sent, stop);
        match let_go {
            true => answer.is(200),
            false => answer.refused(503, "outcome_unknown"),
        };
    }
}
