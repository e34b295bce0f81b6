//! What a host finds in its log.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use clawrk_core::error::Code;
use clawrk_core::ids::{Ids, IdsError, RandomIds};
use clawrk_core::store::memory::MemoryStore;
use serde_json::Value;
use support::{ADMIN, App, request};
use tower::ServiceExt;
use tracing::field::Empty;
use tracing::subscriber::DefaultGuard;
use tracing::{Instrument, Level};

/// What is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn begin() -> (Log, DefaultGuard) {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_max_level(Level::DEBUG)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn lines(&self) -> Vec<Value> {
        let bytes = self.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// Asks within a span such as a host's; gives what the span knew in the end, as it was logged.
async fn noted(app: &App, log: &Log, token: &str, path: &str, body: &str) -> Value {
    let span = tracing::info_span!("asked", user = Empty, admin = Empty, job = Empty);
    let method = if body.is_empty() { "GET" } else { "POST" };
    let asked = app.send(request(method, token, path, body.to_owned()));
    asked.instrument(span.clone()).await;
    span.in_scope(|| tracing::info!("asked"));
    log.lines().last().unwrap()["span"].clone()
}

#[tokio::test]
async fn the_span_of_a_host_learns_who_called_and_which_job_it_was_about() {
    let app = App::new().await;
    let (log, _guard) = Log::begin();
    let job = app.job("Anything").await;
    let shown = noted(&app, &log, &app.alice, &format!("/api/jobs/{job}"), "").await;
    assert_eq!(
        (&shown["user"], &shown["job"]),
        (&"alice".into(), &job.clone().into())
    );
    let made = noted(&app, &log, &app.bob, "/api/jobs", r#"{"prompt": "More"}"#).await;
    assert_eq!(made["user"], "bob");
    assert_eq!(made["job"].as_str().map(str::len), Some(job.len()));
    let audited = noted(&app, &log, ADMIN, "/api/admin/audit", "").await;
    assert_eq!(
        (&audited["user"], &audited["admin"]),
        (&Value::Null, &true.into())
    );
    let unknown = noted(&app, &log, "wrong", &format!("/api/jobs/{job}"), "").await;
    assert_eq!(
        (&unknown["user"], &unknown["job"]),
        (&Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn a_store_that_has_ended_is_not_an_error_in_the_log_for_each_request() {
    let app = App::new().await;
    let (log, _guard) = Log::begin();
    app.engine.close().await.unwrap();
    for _ in 0..200 {
        app.get(&app.alice, "/api/jobs")
            .await
            .refused(503, "closed");
        app.get("", "/readyz").await.refused(503, "closed");
    }
    let lines = log.lines();
    let errors = lines.iter().filter(|line| line["level"] == "ERROR").count();
    assert!((1..=10).contains(&errors), "{errors} of 400");
}

/// Panics with a text that nobody may read.
#[derive(Debug, Default)]
struct Broken(AtomicBool);

impl Ids for Broken {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), IdsError> {
        let broken = self.0.load(Ordering::SeqCst);
        assert!(!broken, "it met {}", "the text of a job");
        RandomIds.fill(bytes)
    }
}

#[tokio::test]
async fn a_panic_is_logged_without_what_it_says() {
    let ids = Arc::new(Broken::default());
    let store = Arc::new(MemoryStore::new());
    let app = App::over(store, |builder| builder.ids(ids.clone())).await;
    let (log, _guard) = Log::begin();
    ids.0.store(true, Ordering::SeqCst);
    let body = r#"{"prompt": "Anything"}"#;
    let failed = app.post(&app.alice, "/api/jobs", body).await;
    failed.refused(500, "internal");
    let lines = log.lines();
    let errors: Vec<_> = lines
        .iter()
        .filter(|line| line["level"] == "ERROR")
        .collect();
    assert_eq!(errors.len(), 1, "{lines:?}");
    assert_eq!(errors[0]["fields"]["message"], "a command panicked");
    assert!(
        lines
            .iter()
            .all(|line| !line.to_string().contains("the text of a job"))
    );
}

#[tokio::test]
async fn a_refusal_tells_layers_its_code() {
    let app = App::new().await;
    let asked = request("GET", &app.alice, "/api/jobs/none", "");
    let refused = app.router.clone().oneshot(asked).await.unwrap();
    assert_eq!(refused.extensions().get(), Some(&Code::JobNotFound));
    let asked = request("GET", &app.alice, "/api/jobs", "");
    let answered = app.router.clone().oneshot(asked).await.unwrap();
    assert_eq!(answered.extensions().get::<Code>(), None);
}
