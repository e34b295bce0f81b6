//! An exchange in memory behind its router, and a short way to ask it things.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod conform;
pub(crate) mod shop;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use clawrk_core::Engine;
use clawrk_core::clock::Clock;
use clawrk_core::engine::EngineBuilder;
use clawrk_core::policy::Policy;
use clawrk_core::skill::{Skill, SkillContext, SkillError};
use clawrk_core::store::Store;
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::time::Timestamp;
use clawrk_http::{Api, ApiKeys};
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::sync::Notify;
use tower::ServiceExt;

pub(crate) const ADMIN: &str = "the-operators-key";

/// A clock that only moves when it is told to.
#[derive(Debug)]
pub(crate) struct Stopped(AtomicI64);

/// What it says to begin with.
const START: i64 = 1_735_689_600_000;

#[async_trait]
impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, _until: Timestamp) {
        std::future::pending().await
    }
}

impl Stopped {
    pub(crate) fn advance(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

/// A skill that fails, panics, or waits until it is let go, as the intent says.
#[derive(Debug, Default)]
pub(crate) struct Odd {
    pub(crate) started: Arc<Notify>,
    pub(crate) go: Arc<Notify>,
}

#[async_trait]
impl Skill for Odd {
    fn name(&self) -> &str {
        "odd"
    }

    fn description(&self) -> &str {
        "Does what a skill should not."
    }

    fn credit_cost(&self) -> u32 {
        1
    }

    async fn run(&self, intent: &str, _: &SkillContext) -> Result<String, SkillError> {
        if intent.contains("fail") {
            return Err(SkillError::new("secret/path: no such file"));
        }
        assert!(!intent.contains("panic"), "as asked");
        self.started.notify_one();
        self.go.notified().await;
        Ok("what the odd skill made at last".to_owned())
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {:?}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn code(&self) -> String {
        let body = self.json();
        assert!(body["error"].is_string(), "{body}");
        body["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        let body = self.json();
        body[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name} in {body}"))
            .to_owned()
    }

    /// The status and the code at once.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> &Answer {
        assert_eq!(
            (self.status.as_u16(), self.code().as_str()),
            (status, code),
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        self
    }

    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> &Answer {
        assert_eq!(
            self.status.as_u16(),
            status,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        self
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// An exchange with the users alice, bob and eve.
pub(crate) struct App {
    pub(crate) router: Router,
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<Stopped>,
    pub(crate) alice: String,
    pub(crate) bob: String,
    pub(crate) eve: String,
}

impl App {
    pub(crate) async fn new() -> App {
        App::with(Policy::default(), |builder| builder).await
    }

    pub(crate) async fn with(
        policy: Policy,
        change: impl FnOnce(EngineBuilder) -> EngineBuilder,
    ) -> App {
        let store = Arc::new(MemoryStore::new());
        App::over(store, |builder| change(builder.policy(policy))).await
    }

    pub(crate) async fn over(
        store: Arc<dyn Store>,
        change: impl FnOnce(EngineBuilder) -> EngineBuilder,
    ) -> App {
        let clock = Arc::new(Stopped(AtomicI64::new(START)));
        App::clocked(clock, store, change).await
    }

    pub(crate) async fn clocked(
        clock: Arc<Stopped>,
        store: Arc<dyn Store>,
        change: impl FnOnce(EngineBuilder) -> EngineBuilder,
    ) -> App {
        let engine = change(Engine::builder(store, clock.clone())).build();
        let auth = ApiKeys::new(engine.clone()).admin_key(ADMIN);
        let mut keys = Vec::new();
        for name in ["alice", "bob", "eve"] {
            let user = engine.create_user(Some(name), None).await.unwrap();
            keys.push(user.api_key.secret);
        }
        let [alice, bob, eve] = keys.try_into().unwrap();
        App {
            router: Api::new(engine.clone(), auth).router(),
            engine,
            clock,
            alice,
            bob,
            eve,
        }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.router, request).await
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> Answer {
        self.send(request("GET", token, path, "")).await
    }

    pub(crate) async fn post(&self, token: &str, path: &str, body: &str) -> Answer {
        self.send(request("POST", token, path, body.to_owned()))
            .await
    }

    /// A POST under an idempotency key.
    pub(crate) async fn once(&self, key: &str, token: &str, path: &str, body: &str) -> Answer {
        let mut request = request("POST", token, path, body.to_owned());
        let key = key.parse().unwrap();
        request.headers_mut().insert("idempotency-key", key);
        self.send(request).await
    }

    /// A job of alice's; its id.
    pub(crate) async fn job(&self, prompt: &str) -> String {
        let body = serde_json::json!({ "prompt": prompt }).to_string();
        let answer = self.post(&self.alice, "/api/jobs", &body).await;
        answer.is(201).text("id")
    }

    /// A job of alice's that bob took.
    pub(crate) async fn accepted(&self, prompt: &str) -> String {
        let id = self.job(prompt).await;
        let path = format!("/api/jobs/{id}/accept");
        self.post(&self.bob, &path, "").await.is(200);
        id
    }
}

pub(crate) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: body.collect().await.unwrap().to_bytes().to_vec(),
    }
}

/// A request; an empty token is left out.
pub(crate) fn request(
    method: &str,
    token: &str,
    path: &str,
    body: impl Into<Body>,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(body.into()).unwrap()
}
