//! What is made of answers.

use clawrk_core::model::{Completion, LanguageModel, ModelError, ModelFailure, StopReason, Usage};
use clawrk_llm::Provider;
use serde_json::{Value, json};

use crate::peer::{Act, Peer, answer, json as act};
use crate::questions::{end, good, request, told};

async fn after(provider: Provider, act: Act) -> Result<Completion, ModelError> {
    let peer = Peer::start(vec![act]);
    let model = peer.builder(provider).tries(1).build().unwrap();
    let result = model.complete(&request()).await;
    assert_eq!(peer.rest(), (1, 1), "{result:?}");
    result
}

async fn completion(provider: Provider, body: &Value) -> Completion {
    after(provider, act(200, body)).await.unwrap()
}

async fn unusable(provider: Provider, body: &Value) -> ModelError {
    let error = after(provider, act(200, body)).await.unwrap_err();
    assert_eq!(error.failure, ModelFailure::Unusable, "{body}: {error:?}");
    error
}

#[tokio::test]
async fn an_answer_is_the_models_own_text_and_says_whose() {
    for provider in Provider::ALL {
        let text = " {\"sheep\":3,\"sheep\":4}\n\u{0} ";
        let found = completion(provider, &told(provider, text, end(provider))).await;
        let expected = Completion {
            text: text.to_owned(),
            model: format!("{provider}:as-it-says"),
            stop: StopReason::End,
            usage: Usage {
                input_tokens: 11,
                output_tokens: 5,
            },
        };
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn the_end_of_an_answer_is_told_in_one_word() {
    use Provider::{Anthropic, Ollama, OpenAi};
    let other = |word: &str| StopReason::Other(word.to_owned());
    for (provider, word, expected) in [
        (Anthropic, "end_turn", StopReason::End),
        (Anthropic, "stop_sequence", StopReason::End),
        (Anthropic, "max_tokens", StopReason::Length),
        (
            Anthropic,
            "model_context_window_exceeded",
            StopReason::Length,
        ),
        (Anthropic, "refusal", StopReason::Refused),
        (Anthropic, "pause_turn", other("pause_turn")),
        (OpenAi, "stop", StopReason::End),
        (OpenAi, "length", StopReason::Length),
        (OpenAi, "content_filter", StopReason::Refused),
        (OpenAi, "tool_calls", other("tool_calls")),
        (Ollama, "stop", StopReason::End),
        (Ollama, "length", StopReason::Length),
        (Ollama, "load", other("load")),
    ] {
        let found = completion(provider, &told(provider, "{", word)).await;
        assert_eq!(found.stop, expected, "{provider} {word}");
        assert_eq!(found.text, "{");
    }
}

#[tokio::test]
async fn what_is_missing_beside_the_text_does_no_harm() {
    for (provider, body) in [
        (
            Provider::Anthropic,
            json!({"content": [{"type": "text", "text": "x"}]}),
        ),
        (
            Provider::OpenAi,
            json!({"choices": [{"message": {"content": "x"}}]}),
        ),
        (Provider::Ollama, json!({"message": {"content": "x"}})),
    ] {
        let found = completion(provider, &body).await;
        assert_eq!(found.model, format!("{provider}:asked-for"));
        assert_eq!(found.stop, StopReason::Other("unknown".to_owned()));
        assert_eq!(found.usage, Usage::default());
    }
}

#[tokio::test]
async fn blocks_of_text_are_one_text_and_thoughts_are_none() {
    let mut body = told(Provider::Anthropic, "", "end_turn");
    body["content"] = json!([
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "{\"sheep\":"},
        {"type": "text", "text": "3}"},
    ]);
    body["usage"] = json!({
        "input_tokens": 1, "output_tokens": 2,
        "cache_read_input_tokens": 10, "cache_creation_input_tokens": 100,
    });
    let found = completion(Provider::Anthropic, &body).await;
    assert_eq!(found.text, "{\"sheep\":3}");
    assert_eq!(found.usage.input_tokens, 111);

    let mut body = told(Provider::Ollama, "3", "stop");
    body["message"]["thinking"] = json!("hm");
    assert_eq!(completion(Provider::Ollama, &body).await.text, "3");
}

#[tokio::test]
async fn who_will_not_answer_need_not_say_a_word() {
    let mut body = told(Provider::Anthropic, "", "refusal");
    body["content"] = json!([]);
    let found = completion(Provider::Anthropic, &body).await;
    assert_eq!((found.text.as_str(), found.stop), ("", StopReason::Refused));

    let mut body = told(Provider::OpenAi, "", "stop");
    body["choices"][0]["message"] = json!({"content": null, "refusal": "I will not."});
    let found = completion(Provider::OpenAi, &body).await;
    assert_eq!(
        (found.text.as_str(), found.stop),
        ("I will not.", StopReason::Refused)
    );
}

/// A model that reasons may have no tokens left for its answer.
#[tokio::test]
async fn an_answer_that_was_cut_before_it_began_is_an_answer() {
    for (provider, word) in [
        (Provider::Anthropic, "max_tokens"),
        (Provider::OpenAi, "length"),
        (Provider::Ollama, "length"),
    ] {
        let found = completion(provider, &told(provider, "", word)).await;
        assert_eq!((found.text.as_str(), found.stop), ("", StopReason::Length));
    }
}

#[tokio::test]
async fn an_answer_without_a_text_cannot_be_used() {
    for provider in Provider::ALL {
        unusable(provider, &told(provider, "", end(provider))).await;
        for body in [
            json!(null),
            json!([]),
            json!({}),
            json!("text"),
            json!({"content": "text", "choices": [], "message": "text"}),
            json!({"content": [{"type": "text", "text": 3}], "choices": [{"message": null}],
                "message": {"content": ["text"]}}),
        ] {
            unusable(provider, &body).await;
        }
    }
}

#[tokio::test]
async fn a_complaint_in_an_answer_that_says_success_is_told() {
    for provider in Provider::ALL {
        let body = json!({"error": {"message": "no credits are left", "code": 402}});
        let error = unusable(provider, &body).await;
        assert!(error.detail.contains("no credits are left"), "{error}");
    }
}

#[tokio::test]
async fn what_is_no_json_cannot_be_used() {
    for provider in Provider::ALL {
        let whole = told(provider, "x", end(provider)).to_string();
        let half = &whole.as_bytes()[..whole.len() - 1];
        for body in [&b""[..], b"<html>", half, b"\xff\xfe{}", b"{}{}"] {
            let act = Act::Answer(answer(200, &[], body));
            let error = after(provider, act).await.unwrap_err();
            assert_eq!(error.failure, ModelFailure::Unusable, "{error:?}");
            assert!(error.detail.contains("no JSON"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_refusal_tells_an_operator_what_to_do() {
    use ModelFailure::{Busy, Failed, NotFound, Refused, TimedOut, Unauthorized};
    for provider in Provider::ALL {
        for (status, failure, mend) in [
            (401, Unauthorized, "check the key"),
            (403, Unauthorized, "check the key"),
            (404, NotFound, "check the name of the model and the address"),
            (400, Refused, ""),
            (413, Refused, ""),
            (422, Refused, ""),
            (408, TimedOut, ""),
            (429, Busy, ""),
            (529, Busy, ""),
            (500, Failed, ""),
            (501, Failed, ""),
        ] {
            let body = json!({"error": {"message": "it says no"}});
            let error = after(provider, act(status, &body)).await.unwrap_err();
            assert_eq!(error.failure, failure, "{status} {error:?}");
            let told = error.to_string();
            for part in [
                format!("{provider}:asked-for at http://127.0.0.1:"),
                format!("status {status}, \"it says no\""),
                mend.to_owned(),
            ] {
                assert!(told.contains(&part), "{told}");
            }
        }
    }
}

#[tokio::test]
async fn where_no_key_was_given_that_is_said() {
    let peer = Peer::start(vec![act(401, &json!({}))]);
    let name = "openai:asked-for".parse().unwrap();
    let model = clawrk_llm::Model::builder(name, tokio::runtime::Handle::current())
        .url(&peer.url())
        .build()
        .unwrap();
    let error = model.complete(&request()).await.unwrap_err();
    assert!(
        error
            .detail
            .ends_with("status 401: there is no key, give one"),
        "{error}"
    );
}

#[tokio::test]
async fn a_message_of_the_provider_is_one_short_line() {
    let message = format!("no\r\n\u{1b}[2J{}", "!".repeat(10_000));
    let body = json!({"error": message});
    let error = after(Provider::Ollama, act(400, &body)).await.unwrap_err();
    assert!(!error.detail.contains(char::is_control), "{error:?}");
    assert!(error.detail.chars().count() < 600, "{error:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Peer::start(vec![good(Provider::OpenAi)]);
        let url = elsewhere.url();
        let act = Act::Answer(answer(status, &[("location", &url)], b""));
        let error = after(Provider::OpenAi, act).await.unwrap_err();
        assert_eq!(error.failure, ModelFailure::NotFound, "{status}");
        assert!(error.detail.contains(&url), "{error}");
        assert_eq!(elsewhere.rest(), (0, 0));
    }
}

#[tokio::test]
async fn an_answer_is_read_as_far_as_it_may_be_long() {
    for provider in Provider::ALL {
        let mut asked = request();
        let body = told(provider, "x", end(provider)).to_string();
        asked.answer_bytes_max = body.len();
        let fits = answer(200, &[], body.as_bytes());
        let longer = answer(200, &[], format!("{body} ").as_bytes());
        let peer = Peer::start(vec![Act::Answer(fits), Act::WriteAndHang(longer)]);
        let model = peer.model(provider);
        assert!(model.complete(&asked).await.is_ok());
        let error = model.complete(&asked).await.unwrap_err();
        assert_eq!(error.failure, ModelFailure::TooLong, "{error:?}");
        assert_eq!(peer.rest(), (1, 2));
    }
}

/// Whether its length is told or not, an answer without end is left where it has gone too far.
#[tokio::test]
async fn an_answer_of_any_length_is_not_kept() {
    const TOLD: &[u8] = b"HTTP/1.1 200 Told\r\ncontent-length: 50000000\r\n\r\n";
    const UNTOLD: &[u8] = b"HTTP/1.1 200 Told\r\nconnection: close\r\n\r\n";
    for start in [TOLD, UNTOLD] {
        let peer = Peer::start(vec![Act::WriteForEver(start.to_vec())]);
        let model = peer.model(Provider::Anthropic);
        let error = model.complete(&request()).await.unwrap_err();
        assert_eq!(error.failure, ModelFailure::TooLong, "{error:?}");
        let written = tokio::task::spawn_blocking(move || peer.left())
            .await
            .unwrap();
        // What lies in the buffers of the machine is not read by anybody.
        assert!(written < 20_000_000, "{written}");
    }
}

#[tokio::test]
async fn a_refusal_without_end_is_a_refusal() {
    let start = b"HTTP/1.1 401 Told\r\nconnection: close\r\n\r\n".to_vec();
    let error = after(Provider::OpenAi, Act::WriteForEver(start))
        .await
        .unwrap_err();
    assert_eq!(error.failure, ModelFailure::Unauthorized, "{error:?}");
}
