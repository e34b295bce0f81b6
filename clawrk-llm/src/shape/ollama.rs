//! Ollama's own API.

use clawrk_core::model::{Request, StopReason, Usage};
use serde_json::{Value, json};

use super::{Said, conversation, other, tokens, word};

/// Ollama would leave out the beginning of what does not fit, without a word. Told not to, it
/// refuses the request or ends the answer there; older ones overlook that.
pub(super) fn body(model: &str, request: &Request) -> Value {
    json!({
        "model": model,
        "stream": false,
        "truncate": false,
        "shift": false,
        "messages": conversation(request),
        "format": request.schema.schema,
        "options": {
            "temperature": 0,
            "num_predict": request.answer_tokens_max,
        },
    })
}

pub(super) fn said(answer: &Value) -> Option<Said> {
    let message = answer["message"].as_object()?;
    let text = message.get("content").and_then(Value::as_str);
    Some(Said {
        text: text.filter(|text| !text.is_empty()).map(str::to_owned),
        model: word(&answer["model"]),
        stop: match answer["done_reason"].as_str() {
            Some("stop") => StopReason::End,
            Some("length") => StopReason::Length,
            _ => other(word(&answer["done_reason"])),
        },
        usage: Usage {
            input_tokens: tokens(&answer["prompt_eval_count"]),
            output_tokens: tokens(&answer["eval_count"]),
        },
    })
}
