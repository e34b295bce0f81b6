//! What is made of having no answer, or half of one.

use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use clawrk_core::model::{LanguageModel, ModelError, ModelFailure};
use clawrk_llm::{Model, Provider};
use tokio::runtime::{Handle, Runtime};

use crate::peer::{Act, Heard, Peer, answer, builder, json};
use crate::questions::{end, good, request, told};

/// Long enough for this machine to connect to itself.
const SOON: Duration = Duration::from_secs(2);

async fn failed(model: &Model) -> ModelError {
    model.complete(&request()).await.unwrap_err()
}

/// What is made of one act of the server.
async fn after(act: Act) -> ModelError {
    let peer = Peer::start(vec![act]);
    let model = peer.builder(Provider::OpenAi).tries(1).timeout(SOON);
    let error = failed(&model.build().unwrap()).await;
    assert_eq!(peer.rest(), (1, 1), "{error:?}");
    error
}

/// An address of this machine on which nobody listens.
fn closed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn a_closed_port_and_a_name_without_an_address_cannot_be_reached() {
    for url in [&closed(), "https://no-such-host.invalid"] {
        let model = builder(Provider::Ollama, Handle::current()).url(url);
        let error = failed(&model.build().unwrap()).await;
        assert_eq!(error.failure, ModelFailure::Unreachable, "{error:?}");
        assert!(error.detail.contains(url), "{error}");
        assert!(error.detail.contains("(3 tries)"), "{error}");
        assert!(
            error
                .detail
                .ends_with("check the address and that it answers")
        );
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_cannot_be_reached() {
    let body = told(Provider::OpenAi, "x", "stop").to_string();
    let whole = answer(200, &[], body.as_bytes());
    let start = whole.len() - body.len();
    let error = after(Act::CloseAfterReading).await;
    assert_eq!(error.failure, ModelFailure::Unreachable, "{error:?}");
    for length in [1, start / 2, start - 1, start, start + 1, whole.len() - 1] {
        let error = after(Act::WriteAndClose(whole[..length].to_vec())).await;
        assert_eq!(
            error.failure,
            ModelFailure::Unreachable,
            "{length}: {error:?}"
        );
    }
}

#[tokio::test]
async fn what_is_no_http_cannot_be_reached() {
    for bytes in [&b"SSH-2.0-OpenSSH_9.2\r\n"[..], b"\0\0\0\0"] {
        let error = after(Act::WriteAndClose(bytes.to_vec())).await;
        assert_eq!(error.failure, ModelFailure::Unreachable, "{error:?}");
    }
}

/// The status is known by then.
#[tokio::test]
async fn half_a_refusal_is_a_refusal() {
    let whole = answer(401, &[], br#"{"error": "no"}"#);
    let error = after(Act::WriteAndClose(whole[..whole.len() - 1].to_vec())).await;
    assert_eq!(error.failure, ModelFailure::Unauthorized, "{error:?}");
}

#[tokio::test]
async fn silence_ends_with_the_time_limit() {
    let whole = answer(200, &[], b"{}");
    let started = whole[..whole.len() - 1].to_vec();
    for act in [Act::Hang, Act::WriteAndHang(started)] {
        let peer = Peer::start(vec![act; 3]);
        let model = peer
            .builder(Provider::OpenAi)
            .timeout(SOON)
            .build()
            .unwrap();
        let error = failed(&model).await;
        assert_eq!(error.failure, ModelFailure::TimedOut, "{error:?}");
        assert!(error.detail.contains("no whole answer in time"), "{error}");
        assert_eq!(peer.rest(), (1, 1), "no time was left for another try");
    }
}

/// Ports of this machine whose queue of connections is full let nobody in and say nothing.
#[tokio::test]
async fn a_connection_that_is_never_made_ends_with_its_own_limit() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        waiting.push(stream);
    }
    let model = builder(Provider::OpenAi, Handle::current())
        .url(&format!("http://{address}"))
        .connect_timeout(Duration::from_millis(300));
    let error = failed(&model.build().unwrap()).await;
    assert_eq!(error.failure, ModelFailure::Unreachable, "{error:?}");
    assert!(error.detail.contains("(3 tries)"), "{error}");
    drop(waiting);
}

#[tokio::test]
async fn a_connection_that_the_server_gave_up_is_replaced() {
    let provider = Provider::Ollama;
    let body = told(provider, "x", end(provider)).to_string();
    let last = answer(200, &[("connection", "close")], body.as_bytes());
    let peer = Peer::start(vec![Act::WriteAndClose(last), good(provider)]);
    let model = peer.builder(provider).tries(1).build().unwrap();
    for _ in 0..2 {
        model.complete(&request()).await.unwrap();
    }
    assert_eq!(peer.rest(), (2, 2));
}

/// Polls a question until the server has heard so many requests, and lets it go.
async fn leave_after(requests: usize, peer: &Peer, model: &Model) {
    let asked = request();
    let mut asking = model.complete(&asked);
    let mut heard = 0;
    while heard < requests {
        let poll = tokio::time::timeout(Duration::from_millis(10), &mut asking).await;
        assert!(poll.is_err(), "{poll:?}");
        heard += peer.rest().1;
    }
}

#[tokio::test]
async fn whoever_stops_waiting_stops_the_request() {
    let start = answer(200, &[("x-more", "to come")], b"{}");
    for act in [
        Act::Hang,
        Act::WriteAndHang(start[..start.len() - 1].to_vec()),
    ] {
        let peer = Peer::start(vec![act]);
        let model = peer.model(Provider::Anthropic);
        leave_after(1, &peer, &model).await;
        let left = tokio::task::spawn_blocking(move || matches!(peer.next(), Heard::Left(_)));
        assert!(left.await.unwrap(), "the connection is still open");
    }
}

#[tokio::test]
async fn whoever_stops_waiting_stops_the_next_try() {
    let busy = answer(429, &[("retry-after", "1")], b"");
    let peer = Peer::start(vec![Act::Answer(busy.clone()), Act::Answer(busy)]);
    let model = peer.model(Provider::Anthropic);
    leave_after(1, &peer, &model).await;
    // Longer than the wait that was asked for.
    let other = Peer::start(vec![Act::Hang]);
    let waited = other
        .builder(Provider::Ollama)
        .timeout(SOON)
        .build()
        .unwrap();
    failed(&waited).await;
    assert_eq!(peer.rest(), (0, 0));
}

/// Core may be polled by any executor.
#[test]
fn any_executor_can_wait() {
    let runtime = Runtime::new().unwrap();
    let busy = json(503, &serde_json::json!({}));
    let peer = Peer::start(vec![busy, good(Provider::OpenAi)]);
    let model = builder(Provider::OpenAi, runtime.handle().clone())
        .url(&peer.url())
        .build()
        .unwrap();
    pollster::block_on(model.complete(&request())).unwrap();
}

#[test]
fn a_runtime_that_was_shut_down_fails_the_question() {
    let runtime = Runtime::new().unwrap();
    let peer = Peer::start(vec![Act::Hang]);
    let model = builder(Provider::OpenAi, runtime.handle().clone())
        .url(&peer.url())
        .build()
        .unwrap();
    let waiting = thread::spawn(move || pollster::block_on(failed(&model)));
    peer.request();
    runtime.shutdown_background();
    let error = waiting.join().unwrap();
    assert_eq!(error.failure, ModelFailure::Failed, "{error:?}");
}
