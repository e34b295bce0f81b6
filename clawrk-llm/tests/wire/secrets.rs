//! That the key, the values of headers and what was asked show nowhere.

use std::io::Write;
use std::sync::{Arc, Mutex};

use clawrk_core::model::LanguageModel;
use clawrk_llm::{Fallbacks, Provider};
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::peer::{Act, KEY, Peer, answer, json as act};
use crate::questions::{PROMPT, good, request};

const SECRET: &str = "51Secret0Secret";
const GATEWAY: &str = "gw-\"52Hidden\\0Hidden\"";

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

fn assert_hidden(shown: &str) {
    for secret in [SECRET, "52Hidden", "Schafe auf der Weide"] {
        assert!(!shown.contains(secret), "{shown}");
    }
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

    for provider in Provider::ALL {
        let echo = json!({"error": {"message": format!("{KEY} {GATEWAY} {PROMPT}")}});
        let peer = Peer::start(vec![
            act(500, &echo),
            Act::CloseAfterReading,
            act(401, &echo),
            good(provider),
        ]);
        let model = || {
            let builder = peer.builder(provider).header("x-gateway", GATEWAY);
            Arc::new(builder.build().unwrap())
        };
        let both = Fallbacks::new(vec![model(), model()]).unwrap();
        both.complete(&request()).await.unwrap();
        assert_eq!(peer.request().header("x-gateway"), Some(GATEWAY));
    }

    let text = log.text();
    for said in [
        "answer of a language model",
        "a language model is asked again",
        "a language model failed, the next one is asked",
        "reqwest",
    ] {
        assert!(text.contains(said), "{said} is not in {text}");
    }
    assert_hidden(&text);
}

#[tokio::test]
async fn no_debug_text_shows_them() {
    for provider in Provider::ALL {
        let peer = Peer::start(vec![]);
        let builder = peer.builder(provider).header("x-gateway", GATEWAY);
        let shown = format!("{builder:?} {builder:#?}");
        assert!(shown.contains("x-gateway"), "{shown}");
        assert_hidden(&shown);
        let model = builder.build().unwrap();
        let shown = format!("{model:?} {model:#?}");
        assert!(shown.contains(&peer.url()), "{shown}");
        assert_hidden(&shown);
        assert_hidden(&format!("{:?}", Fallbacks::new(vec![Arc::new(model)])));
    }
}

/// Also where that is a word which an error has of its own.
#[tokio::test]
async fn a_message_that_repeats_nothing_is_told() {
    let mut asked = request();
    asked.messages[0].text = "status 400".to_owned();
    let peer = Peer::start(vec![act(400, &json!({"error": "this is 400"}))]);
    let error = peer
        .model(Provider::Ollama)
        .complete(&asked)
        .await
        .unwrap_err();
    assert!(
        error.detail.ends_with("status 400, \"this is 400\""),
        "{error}"
    );
}

/// Whoever answers may repeat what it was sent.
#[tokio::test]
async fn no_error_shows_them() {
    let asked = serde_json::to_string(&request()).unwrap();
    for message in [
        format!(
            "Incorrect API key provided:\n{KEY}{}",
            " and more".repeat(1_000)
        ),
        format!("{}{KEY}", "x".repeat(290)),
        format!("{GATEWAY} is not for you"),
        format!("invalid messages: {asked}"),
        format!("input_value={{'content': '{PROMPT}'}}"),
        "Schafe auf der Weide am Ha".to_owned(),
    ] {
        let (page, url) = (
            format!("<p>{message}</p>"),
            message.replace(['\n', ' '], "/"),
        );
        for act in [
            act(401, &json!({"error": {"message": message}})),
            act(400, &json!({"error": message})),
            act(200, &json!({"error": {"message": message}})),
            Act::Answer(answer(307, &[("location", &url)], b"")),
            Act::Answer(answer(500, &[], page.as_bytes())),
            Act::WriteAndClose(page.into_bytes()),
        ] {
            let peer = Peer::start(vec![act]);
            let builder = peer.builder(Provider::OpenAi).header("x-gateway", GATEWAY);
            let model = builder.tries(1).build().unwrap();
            let error = model.complete(&request()).await.unwrap_err();
            let shown = format!("{error} {error:?}");
            assert_hidden(&shown);
            assert!(error.detail.chars().count() < 600, "{shown}");
        }
    }
}
