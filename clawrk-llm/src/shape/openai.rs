//! OpenAI's chat completions, and what speaks as they do.

use std::sync::atomic::{AtomicBool, Ordering};

use clawrk_core::model::{Request, StopReason, Usage};
use serde_json::{Value, json};

use super::{Said, conversation, other, tokens, word};

const NEW: &str = "max_completion_tokens";
const OLD: &str = "max_tokens";

/// What the limit of tokens is called. OpenAI's newer models refuse the old name, and many servers
/// that speak as it does overlook the new one, so that an answer would have no limit at all. A
/// server that asks for the new one, such as a gateway to OpenAI, is given that from then on.
#[derive(Debug)]
pub(crate) struct Limit {
    is_new: AtomicBool,
}

impl Limit {
    pub(crate) fn new(is_openai: bool) -> Limit {
        let is_new = AtomicBool::new(is_openai);
        Limit { is_new }
    }

    pub(super) fn name(&self) -> &'static str {
        if self.is_new.load(Ordering::Relaxed) {
            NEW
        } else {
            OLD
        }
    }

    /// Whether to ask again, by the new name. Each of the requests that were on their way when that
    /// was learnt is told so once.
    pub(super) fn learns(&self, sent: &Value, complaint: &str) -> bool {
        let learns = sent.get(OLD).is_some() && complaint.contains(NEW);
        if learns {
            self.is_new.store(true, Ordering::Relaxed);
        }
        learns
    }
}

/// No temperature: models that reason refuse any but their own.
pub(super) fn body(model: &str, request: &Request, limit: &str) -> Value {
    json!({
        "model": model,
        limit: request.answer_tokens_max,
        "messages": conversation(request),
        "response_format": {
            "type": "json_schema",
            "json_schema": {
                "name": request.schema.name,
                "strict": true,
                "schema": request.schema.schema,
            },
        },
    })
}

pub(super) fn said(answer: &Value) -> Option<Said> {
    let choice = answer["choices"].get(0)?;
    let message = choice["message"].as_object()?;
    let text = |name: &str| {
        let text = message.get(name)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    let usage = &answer["usage"];
    // A model that will not says so in a field of its own, and that it came to its end.
    let refusal = text("refusal");
    Some(Said {
        stop: match choice["finish_reason"].as_str() {
            _ if refusal.is_some() => StopReason::Refused,
            Some("stop") => StopReason::End,
            Some("length") => StopReason::Length,
            Some("content_filter") => StopReason::Refused,
            _ => other(word(&choice["finish_reason"])),
        },
        text: text("content").or(refusal),
        model: word(&answer["model"]),
        usage: Usage {
            input_tokens: tokens(&usage["prompt_tokens"]),
            output_tokens: tokens(&usage["completion_tokens"]),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_name_is_learnt_by_each_request_that_used_the_old_one() {
        let limit = Limit::new(false);
        let sent = json!({ limit.name(): 1 });
        assert!(!limit.learns(&sent, "max_tokens is too large: 20000"));
        assert_eq!(limit.name(), "max_tokens");
        let complaint = "'max_tokens' is not supported. Use 'max_completion_tokens' instead.";
        assert!(limit.learns(&sent, complaint));
        assert!(limit.learns(&sent, complaint), "it was on its way by then");
        assert_eq!(limit.name(), "max_completion_tokens");
        assert!(!limit.learns(&json!({ limit.name(): 1 }), complaint));
    }
}
