//! A question, and how each provider answers.

use clawrk_core::model::{Message, Request, Role, Schema};
use clawrk_llm::Provider;
use serde_json::{Value, json};

use crate::peer::{Act, answer};

pub(crate) const PROMPT: &str = "Zähle die Schafe auf der Weide am Hang";

pub(crate) fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {"sheep": {"type": "integer"}},
        "required": ["sheep"],
        "additionalProperties": false,
    })
}

pub(crate) fn request() -> Request {
    let message = |role, text: &str| Message {
        role,
        text: text.to_owned(),
    };
    Request {
        system: "You count things, and nothing else.".to_owned(),
        messages: vec![
            message(Role::User, PROMPT),
            message(Role::Assistant, "{}"),
            message(Role::User, "There was no number."),
        ],
        schema: Schema {
            name: "count".to_owned(),
            schema: schema(),
        },
        answer_tokens_max: 77,
        answer_bytes_max: 100_000,
    }
}

/// An answer in the provider's form, with a text and the provider's word for why it ended.
pub(crate) fn told(provider: Provider, text: &str, stop: &str) -> Value {
    match provider {
        Provider::Anthropic => json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "as-it-says",
            "content": [{"type": "text", "text": text}],
            "stop_reason": stop,
            "usage": {"input_tokens": 11, "output_tokens": 5},
        }),
        Provider::OpenAi => json!({
            "id": "chatcmpl-1", "object": "chat.completion", "model": "as-it-says",
            "choices": [{
                "index": 0, "finish_reason": stop,
                "message": {"role": "assistant", "content": text, "refusal": null},
            }],
            "usage": {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16},
        }),
        _ => json!({
            "model": "as-it-says", "created_at": "2026-12-01T12:00:00Z",
            "message": {"role": "assistant", "content": text},
            "done": true, "done_reason": stop,
            "prompt_eval_count": 11, "eval_count": 5,
        }),
    }
}

/// The provider's word for an answer that is complete.
pub(crate) fn end(provider: Provider) -> &'static str {
    match provider {
        Provider::Anthropic => "end_turn",
        _ => "stop",
    }
}

/// An answer that can be used.
pub(crate) fn good(provider: Provider) -> Act {
    let body = told(provider, "{\"sheep\":3}", end(provider));
    Act::Answer(answer(200, &[], body.to_string().as_bytes()))
}
