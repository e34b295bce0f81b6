//! That key and webhook secrets show nowhere.

use std::io::Write;
use std::sync::{Arc, Mutex};

use clawrk_core::payments::{Payments, Transfers};
use clawrk_core::time::Timestamp;
use clawrk_stripe::Stripe;
use serde_json::json;
use tokio::runtime::Handle;
use tracing_subscriber::fmt::MakeWriter;

use crate::objects::{attempt, transfer};
use crate::peer::{Act, KEY, Peer, answer, json};

const SECRET: &str = "whsec_51Secret0Secret";

/// Everything that this process logs, at every level, by either way of logging.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        writeln!(self.clone(), "{} {}", record.target(), record.args()).unwrap();
    }

    fn flush(&self) {}
}

#[tokio::test]
async fn no_log_shows_them() {
    let log = Log::default();
    log::set_boxed_logger(Box::new(log.clone())).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .init();

    let peer = Peer::start(vec![
        json(200, &transfer("tr_1")),
        json(401, &json!({"error": {"type": "x", "message": KEY}})),
        Act::CloseAfterReading,
    ]);
    let stripe = peer.builder().webhook_secrets(SECRET).build().unwrap();
    stripe.send_transfer(&attempt("amount=100")).await.unwrap();
    stripe
        .send_transfer(&attempt("amount=100"))
        .await
        .unwrap_err();
    stripe
        .transfers(&Transfers::Group("job_1".to_owned()), None)
        .await
        .unwrap_err();
    let now = Timestamp::from_millis(1_790_000_000_000);
    stripe
        .read_webhook(b"{}", "t=1790000000,v1=00", now)
        .unwrap_err();
    assert_eq!(
        peer.request().header("authorization"),
        Some(format!("Bearer {KEY}").as_str())
    );

    let text = log.text();
    assert!(
        text.contains("answer of Stripe"),
        "nothing was logged by us: {text}"
    );
    assert!(
        text.contains("reqwest"),
        "nothing was logged by the client: {text}"
    );
    assert!(!text.contains("51Secret0Secret"), "{text}");
}

#[tokio::test]
async fn no_debug_text_shows_them() {
    let builder = Stripe::builder(KEY, Handle::current()).webhook_secrets(SECRET);
    let builder = builder.url("http://127.0.0.1:1");
    let shown = format!("{builder:?} {builder:#?}");
    assert!(!shown.contains("51Secret0Secret"), "{shown}");
    let stripe = builder.build().unwrap();
    let shown = format!("{stripe:?} {stripe:#?}");
    assert!(!shown.contains("51Secret0Secret"), "{shown}");
    assert!(shown.contains("127.0.0.1"), "{shown}");
}

/// Whoever answers may repeat what it was sent.
#[tokio::test]
async fn no_error_shows_them() {
    let page = format!("<html>Authorization: Bearer {KEY}</html>");
    let echo = format!(
        "Invalid API Key provided:\n{KEY}{}",
        " and more".repeat(1_000)
    );
    for act in [
        json(
            401,
            &json!({"error": {"type": "invalid_request_error", "message": echo}}),
        ),
        json(
            402,
            &json!({"error": {"type": "card_error", "message": KEY}}),
        ),
        json(200, &json!({"object": KEY, "id": KEY})),
        Act::Answer(answer(502, &[], page.as_bytes())),
        Act::WriteAndClose(page.into_bytes()),
        Act::CloseAfterReading,
    ] {
        let peer = Peer::start(vec![act]);
        let error = peer
            .stripe()
            .send_transfer(&attempt("amount=100"))
            .await
            .unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("51Secret0Secret"), "{shown}");
        assert!(error.detail.chars().count() <= 500, "{shown}");
        assert!(!error.detail.contains('\n'), "{shown}");
    }
}
