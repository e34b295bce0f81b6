//! Anthropic's Messages API.

use clawrk_core::model::{Request, StopReason, Usage};
use serde_json::{Value, json};

use super::{Said, message, other, tokens, word};

/// Held to the schema by structured outputs, and not by a tool that the model has to use: the
/// answer stays the model's own text, whole, and its end the end of a turn. The input of a tool is
/// a value that the provider has read already, and a model that thinks cannot be made to use one.
/// Models older than Claude 4.5 refuse the request.
///
/// No temperature: newer models refuse any but their own.
pub(super) fn body(model: &str, request: &Request) -> Value {
    let mut body = json!({
        "model": model,
        "max_tokens": request.answer_tokens_max,
        "messages": request.messages.iter().map(message).collect::<Vec<_>>(),
        "output_config": {
            "format": {"type": "json_schema", "schema": request.schema.schema},
        },
    });
    if !request.system.is_empty() {
        body["system"] = Value::from(request.system.as_str());
    }
    body
}

pub(super) fn said(answer: &Value) -> Option<Said> {
    // Beside the text there are blocks of other kinds, such as thoughts.
    let blocks = answer["content"].as_array()?;
    let texts = blocks.iter().filter(|block| block["type"] == "text");
    let text: String = texts.filter_map(|block| block["text"].as_str()).collect();
    let usage = &answer["usage"];
    // What was read from the cache, or put there, is not in the number of tokens read.
    let cached = ["cache_read_input_tokens", "cache_creation_input_tokens"];
    let cached = cached.iter().map(|name| tokens(&usage[name]));
    Some(Said {
        text: (!text.is_empty()).then_some(text),
        model: word(&answer["model"]),
        stop: match answer["stop_reason"].as_str() {
            Some("end_turn" | "stop_sequence") => StopReason::End,
            Some("max_tokens" | "model_context_window_exceeded") => StopReason::Length,
            Some("refusal") => StopReason::Refused,
            _ => other(word(&answer["stop_reason"])),
        },
        usage: Usage {
            input_tokens: cached.fold(tokens(&usage["input_tokens"]), u64::saturating_add),
            output_tokens: tokens(&usage["output_tokens"]),
        },
    })
}
