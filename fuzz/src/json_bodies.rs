//! Any body at any route.
//!
//! An input is one request: a byte for the route, a byte of [`flag`]s, then the body.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use clawrk_core::Engine;
use clawrk_core::error::CODES;
use clawrk_core::id::UserId;
use clawrk_core::store::memory::MemoryStore;
use clawrk_http::{AuthError, Authenticate, Principal, router};
use clawrk_testkit::clock::{SeededIds, VirtualClock};
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// Routes that take a body, and some that take none. `{}` is the id of a job or user.
const ROUTES: [&str; 16] = [
    "/api/jobs",
    "/api/jobs/{}/accept",
    "/api/jobs/{}/submit",
    "/api/jobs/{}/verify",
    "/api/jobs/{}/cancel",
    "/api/jobs/{}/release",
    "/api/whoami",
    "/api/stripe/checkout",
    "/api/stripe/webhook",
    "/api/cli-login/consume",
    "/api/admin/users",
    "/api/admin/users/{}/keys",
    "/api/admin/users/{}/credits",
    "/api/admin/users/{}/disable",
    "/api/admin/jobs/{}/verify",
    "/nowhere",
];

/// What the second byte says.
mod flag {
    /// The caller is the operator.
    pub(super) const OPERATOR: u8 = 1;
    /// The caller is the job's receiver; else its sender.
    pub(super) const RECEIVER: u8 = 2;
    /// The job was accepted before.
    pub(super) const ACCEPTED: u8 = 4;
    /// The id in the path is made of the body's first bytes.
    pub(super) const ODD_ID: u8 = 8;
    /// The idempotency key is made of the body's first bytes.
    pub(super) const KEY: u8 = 16;
    /// The body is said to be something else than JSON.
    pub(super) const ODD_TYPE: u8 = 32;
}

/// How many bytes of the body an odd id or a key takes.
const TAKEN: usize = 12;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().build().expect("a runtime starts")
});

/// Whatever the body, the answer is one of the documented ones: no failure inside, and every
/// refusal is `{"error", "code"}` with the code's own status.
pub fn json_bodies(bytes: &[u8]) {
    if let [route, flags, body @ ..] = bytes {
        let route = ROUTES[usize::from(*route) % ROUTES.len()];
        RUNTIME.block_on(ask(route, *flags, body));
    }
}

async fn ask(route: &str, flags: u8, body: &[u8]) {
    let is = |flag: u8| flags & flag != 0;
    let clock = Arc::new(VirtualClock::new());
    let engine = Engine::builder(Arc::new(MemoryStore::new()), clock)
        .ids(Arc::new(SeededIds::new(1)))
        .build();
    let (sender, receiver) = (user("ann"), user("bob"));
    let job = engine
        .create_job(&sender, "Sum up")
        .await
        .expect("posted")
        .id;
    if is(flag::ACCEPTED) {
        let accepted = engine.accept_job(&receiver, &job).await;
        accepted.expect("the job is queued");
    }
    let caller = match (is(flag::OPERATOR), is(flag::RECEIVER)) {
        (true, _) => Principal::Admin,
        (_, true) => Principal::User(receiver),
        _ => Principal::User(sender),
    };

    let taken = &body[..body.len().min(TAKEN)];
    let id = match (is(flag::ODD_ID), route.contains("users")) {
        (true, _) => percent_encoded(taken),
        (_, true) => "ann".to_owned(),
        _ => job.to_string(),
    };
    let mut request = Request::post(route.replace("{}", &id));
    if is(flag::KEY) {
        request = request.header("idempotency-key", taken);
    }
    if is(flag::ODD_TYPE) {
        request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    // What is no header at all never reaches the router.
    let Ok(request) = request.body(Body::from(body.to_vec())) else {
        return;
    };
    let app = router(engine, Caller(caller));
    let Ok(answer) = app.oneshot(request).await;
    let (head, body) = answer.into_parts();
    let body = body.collect().await.expect("the answer is whole");
    check(head.status, &body.to_bytes());
}

fn check(status: StatusCode, body: &[u8]) {
    let told = || String::from_utf8_lossy(body).into_owned();
    let value: Value = serde_json::from_slice(body).unwrap_or_else(|_| panic!("{}", told()));
    if status.is_success() {
        return;
    }
    let text = value["error"].as_str().unwrap_or_default();
    assert!(!text.is_empty(), "{status}: {}", told());
    let code = CODES.iter().find(|code| value["code"] == code.as_str());
    let code = code.unwrap_or_else(|| panic!("{status}: no such code: {}", told()));
    assert_eq!(code.info().status, status.as_u16(), "{}", told());
    let by_design = code.as_str() == "not_configured";
    assert!(by_design || !status.is_server_error(), "{}", told());
}

/// Lets everybody in as whom the input says.
struct Caller(Principal);

#[async_trait]
impl Authenticate for Caller {
    async fn authenticate(&self, _: &Parts) -> Result<Option<Principal>, AuthError> {
        Ok(Some(self.0.clone()))
    }
}

fn user(id: &str) -> UserId {
    UserId::new(id).expect("it is a user id")
}

fn percent_encoded(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02x}")).collect()
}
