//! When a question is asked again.

use std::time::Duration;

use clawrk_core::model::{LanguageModel, ModelFailure};
use clawrk_llm::{Provider, RETRY_AFTER_MAX};
use serde_json::json;
use tokio::time::Instant;

use crate::peer::{Act, Peer, answer, json as act};
use crate::questions::{good, request};

fn busy(headers: &[(&str, &str)]) -> Act {
    Act::Answer(answer(
        429,
        headers,
        br#"{"error": {"message": "slow down"}}"#,
    ))
}

#[tokio::test]
async fn what_may_pass_is_asked_again() {
    for provider in Provider::ALL {
        for status in [408, 409, 429, 500, 502, 503, 504, 529] {
            let no = act(status, &json!({"error": "not now"}));
            let peer = Peer::start(vec![no.clone(), no, good(provider)]);
            let found = peer.model(provider).complete(&request()).await;
            assert!(found.is_ok(), "{status}: {found:?}");
            let (one, two, three) = (peer.request(), peer.request(), peer.request());
            assert_eq!((&one.body, &one.body), (&two.body, &three.body));
            assert_eq!(one.headers, three.headers);
        }
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_is_asked_again() {
    let provider = Provider::Anthropic;
    let cut = answer(200, &[], b"{}");
    let cut = Act::WriteAndClose(cut[..cut.len() - 1].to_vec());
    let peer = Peer::start(vec![Act::CloseAfterReading, cut, good(provider)]);
    peer.model(provider).complete(&request()).await.unwrap();
}

#[tokio::test]
async fn what_will_not_pass_is_asked_once() {
    for status in [302, 400, 401, 403, 404, 405, 410, 413, 418, 422, 501] {
        let peer = Peer::start(vec![act(status, &json!({})); 2]);
        let model = peer.model(Provider::OpenAi);
        let error = model.complete(&request()).await.unwrap_err();
        assert_eq!(peer.rest().1, 1, "{status}");
        assert!(!error.detail.contains("tries"), "{error}");
    }
    let peer = Peer::start(vec![act(200, &json!({})); 2]);
    peer.model(Provider::OpenAi)
        .complete(&request())
        .await
        .unwrap_err();
    assert_eq!(peer.rest().1, 1);
}

#[tokio::test]
async fn a_provider_that_says_it_is_of_no_use_is_asked_once() {
    let peer = Peer::start(vec![busy(&[("x-should-retry", "false")]); 2]);
    let model = peer.model(Provider::OpenAi);
    let error = model.complete(&request()).await.unwrap_err();
    assert_eq!(error.failure, ModelFailure::Busy);
    assert_eq!(peer.rest().1, 1);
}

#[tokio::test]
async fn the_number_of_tries_is_kept() {
    for tries in [1, 2, 5] {
        let peer = Peer::start(vec![busy(&[]); 10]);
        let model = peer.builder(Provider::Ollama).tries(tries).build().unwrap();
        let error = model.complete(&request()).await.unwrap_err();
        assert_eq!(error.failure, ModelFailure::Busy);
        assert_eq!(peer.rest().1, usize::try_from(tries).unwrap());
        assert_eq!(
            error.detail.contains(&format!("({tries} tries)")),
            tries > 1
        );
    }
}

/// How long a model takes that is told these headers once.
async fn waited(headers: &[(&str, &str)]) -> Duration {
    let peer = Peer::start(vec![busy(headers), good(Provider::OpenAi)]);
    let builder = peer.builder(Provider::OpenAi);
    let model = builder.backoff(Duration::from_millis(50)).build().unwrap();
    let start = Instant::now();
    model.complete(&request()).await.unwrap();
    start.elapsed()
}

#[tokio::test]
async fn the_wait_that_a_provider_asks_for_is_kept() {
    let second = Duration::from_secs(1);
    assert!(waited(&[("retry-after", "1")]).await >= second);
    let headers = [
        ("date", "Tue, 01 Dec 2026 12:00:00 GMT"),
        ("retry-after", "Tue, 01 Dec 2026 12:00:01 GMT"),
    ];
    assert!(waited(&headers).await >= second);
    assert!(waited(&[]).await >= Duration::from_millis(50));
}

/// Another model may answer by then.
#[tokio::test]
async fn nobody_waits_where_a_provider_asks_for_too_much() {
    let too_long = (RETRY_AFTER_MAX.as_secs() + 1).to_string();
    for (asked, timeout) in [(too_long.as_str(), 110), ("20", 19)] {
        let peer = Peer::start(vec![busy(&[("retry-after", asked)]); 2]);
        let builder = peer.builder(Provider::OpenAi);
        let model = builder
            .timeout(Duration::from_secs(timeout))
            .build()
            .unwrap();
        let start = Instant::now();
        let error = model.complete(&request()).await.unwrap_err();
        assert_eq!(error.failure, ModelFailure::Busy);
        assert!(start.elapsed() < Duration::from_secs(10));
        assert_eq!(peer.rest().1, 1);
    }
}

#[tokio::test]
async fn all_tries_together_have_one_time_limit() {
    let limit = Duration::from_secs(2);
    let acts = vec![
        busy(&[("retry-after", "1")]),
        Act::Hang,
        good(Provider::OpenAi),
    ];
    let peer = Peer::start(acts);
    let builder = peer.builder(Provider::OpenAi).tries(10);
    let model = builder.timeout(limit).build().unwrap();
    let start = Instant::now();
    let error = model.complete(&request()).await.unwrap_err();
    assert_eq!(error.failure, ModelFailure::TimedOut);
    assert!(start.elapsed() >= limit);
    assert_eq!(peer.rest().1, 2);
}
