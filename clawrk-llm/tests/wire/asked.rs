//! What is sent to each provider.

use clawrk_core::model::LanguageModel;
use clawrk_llm::{Builder, Provider};
use serde_json::{Value, json};

use crate::peer::{KEY, Peer, Request, json as answer};
use crate::questions::{PROMPT, good, request, schema};

/// What a model sends that was made with these settings.
async fn sent(provider: Provider, set: impl FnOnce(Builder, &str) -> Builder) -> Request {
    let peer = Peer::start(vec![good(provider)]);
    let builder = set(peer.builder(provider), &peer.url());
    let model = builder.build().unwrap();
    model.complete(&request()).await.unwrap();
    peer.request()
}

async fn sent_by_default(provider: Provider) -> Request {
    sent(provider, |builder, _| builder).await
}

fn conversation() -> Value {
    json!([
        {"role": "system", "content": "You count things, and nothing else."},
        {"role": "user", "content": PROMPT},
        {"role": "assistant", "content": "{}"},
        {"role": "user", "content": "There was no number."},
    ])
}

#[tokio::test]
async fn anthropic_is_asked_for_structured_output() {
    let sent = sent_by_default(Provider::Anthropic).await;
    assert_eq!(sent.line, "POST /v1/messages HTTP/1.1");
    assert_eq!(sent.header("x-api-key"), Some(KEY));
    assert_eq!(sent.header("anthropic-version"), Some("2023-06-01"));
    assert_eq!(sent.header("authorization"), None);
    let expected = json!({
        "model": "asked-for",
        "max_tokens": 77,
        "system": "You count things, and nothing else.",
        "messages": conversation().as_array().unwrap()[1..],
        "output_config": {"format": {"type": "json_schema", "schema": schema()}},
    });
    assert_eq!(sent.json(), expected);
}

#[tokio::test]
async fn openai_is_asked_for_a_strict_schema() {
    let sent = sent_by_default(Provider::OpenAi).await;
    assert_eq!(sent.line, "POST /chat/completions HTTP/1.1");
    let bearer = format!("Bearer {KEY}");
    assert_eq!(sent.header("authorization"), Some(bearer.as_str()));
    assert_eq!(sent.header("x-api-key"), None);
    let expected = json!({
        "model": "asked-for",
        "max_tokens": 77,
        "messages": conversation(),
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "count", "strict": true, "schema": schema()},
        },
    });
    assert_eq!(sent.json(), expected);
}

#[tokio::test]
async fn ollama_is_asked_for_a_whole_answer_in_a_format() {
    let sent = sent_by_default(Provider::Ollama).await;
    assert_eq!(sent.line, "POST /api/chat HTTP/1.1");
    let expected = json!({
        "model": "asked-for",
        "stream": false,
        "truncate": false,
        "shift": false,
        "messages": conversation(),
        "format": schema(),
        "options": {"temperature": 0, "num_predict": 77},
    });
    assert_eq!(sent.json(), expected);
}

#[tokio::test]
async fn every_request_says_who_asks_and_in_what_form() {
    for provider in Provider::ALL {
        let sent = sent_by_default(provider).await;
        assert_eq!(sent.header("content-type"), Some("application/json"));
        assert_eq!(sent.header("accept"), Some("application/json"));
        let agent = sent.header("user-agent").unwrap();
        assert!(agent.starts_with("clawrk-llm/"), "{agent}");
    }
}

#[tokio::test]
async fn a_server_of_ones_own_needs_no_key() {
    for provider in Provider::ALL {
        let peer = Peer::start(vec![good(provider)]);
        let name = format!("{provider}:asked-for").parse().unwrap();
        let model = clawrk_llm::Model::builder(name, tokio::runtime::Handle::current())
            .url(&peer.url())
            .build()
            .unwrap();
        model.complete(&request()).await.unwrap();
        let sent = peer.request();
        assert_eq!(sent.header("authorization"), None);
        assert_eq!(sent.header("x-api-key"), None);
    }
}

#[tokio::test]
async fn the_path_of_an_address_is_kept() {
    for (provider, line) in [
        (Provider::Anthropic, "POST /a/b/v1/messages HTTP/1.1"),
        (Provider::OpenAi, "POST /a/b/chat/completions HTTP/1.1"),
        (Provider::Ollama, "POST /a/b/api/chat HTTP/1.1"),
    ] {
        let sent = sent(provider, |it, url| it.url(&format!("{url}/a/b/"))).await;
        assert_eq!(sent.line, line);
    }
}

#[tokio::test]
async fn headers_can_be_added() {
    let sent = sent(Provider::OpenAi, |builder, _| {
        builder
            .header("X-Gateway-Key", "first")
            .header("x-gateway-key", "g w")
            .header("user-agent", "mine")
    })
    .await;
    assert_eq!(sent.header("x-gateway-key"), Some("g w"));
    assert_eq!(sent.header("user-agent"), Some("mine"));
}

#[tokio::test]
async fn a_server_that_wants_the_new_name_of_the_limit_is_given_it_from_then_on() {
    let complaint = json!({"error": {"message":
        "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}});
    let provider = Provider::OpenAi;
    let peer = Peer::start(vec![
        answer(400, &complaint),
        good(provider),
        good(provider),
        answer(400, &complaint),
    ]);
    let model = peer.builder(provider).tries(1).build().unwrap();
    model.complete(&request()).await.unwrap();
    model.complete(&request()).await.unwrap();
    let error = model.complete(&request()).await.unwrap_err();
    assert_eq!(error.failure, clawrk_core::model::ModelFailure::Refused);
    let limits: Vec<_> = (0..4)
        .map(|_| {
            let sent = peer.request().json();
            (
                sent["max_tokens"].as_u64(),
                sent["max_completion_tokens"].as_u64(),
            )
        })
        .collect();
    let (old, new) = ((Some(77), None), (None, Some(77)));
    assert_eq!(limits, [old, new, new, new]);
    assert_eq!(peer.rest(), (0, 0));
}

/// Making a client, and reading what the machine trusts, takes longer than a question.
#[tokio::test]
async fn a_connection_is_used_again() {
    let provider = Provider::Anthropic;
    let peer = Peer::start(vec![good(provider); 3]);
    let model = peer.model(provider);
    for model in [&model, &model.clone(), &model] {
        model.complete(&request()).await.unwrap();
    }
    assert_eq!(peer.rest(), (1, 3));
}
