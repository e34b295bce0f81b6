//! How each provider is asked, and where in its answer is what counts.
//!
//! Answers are looked into as JSON values, never parsed into whole types: a field that is new or
//! missing is no error, unless it is the text itself.

mod anthropic;
mod ollama;
mod openai;

use clawrk_core::model::{Message, Request, Role, StopReason, Usage};
use serde_json::{Value, json};

use openai::Limit;

use crate::name::Provider;

/// How much is kept of a word of the provider's.
const WORD_CHARS_MAX: usize = 200;

/// The form in which a provider is asked.
#[derive(Debug)]
pub(crate) enum Shape {
    Anthropic,
    OpenAi(Limit),
    Ollama,
}

/// What an answer says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// The text, where there is any.
    pub(crate) text: Option<String>,
    /// What the provider calls the model.
    pub(crate) model: Option<String>,
    pub(crate) stop: StopReason,
    pub(crate) usage: Usage,
}

impl Shape {
    /// How that provider is asked, or a server that stands in for it.
    pub(crate) fn new(provider: Provider, is_openai: bool) -> Shape {
        match provider {
            Provider::Anthropic => Shape::Anthropic,
            Provider::OpenAi => Shape::OpenAi(Limit::new(is_openai)),
            Provider::Ollama => Shape::Ollama,
        }
    }

    /// What is put behind the address of the server.
    pub(crate) fn path(&self) -> &'static str {
        match self {
            Shape::Anthropic => "v1/messages",
            Shape::OpenAi(_) => "chat/completions",
            Shape::Ollama => "api/chat",
        }
    }

    /// The body of a request.
    pub(crate) fn body(&self, model: &str, request: &Request) -> Value {
        match self {
            Shape::Anthropic => anthropic::body(model, request),
            Shape::OpenAi(limit) => openai::body(model, request, limit.name()),
            Shape::Ollama => ollama::body(model, request),
        }
    }

    /// What an answer says, if it is in the provider's form.
    pub(crate) fn said(&self, answer: &Value) -> Option<Said> {
        match self {
            Shape::Anthropic => anthropic::said(answer),
            Shape::OpenAi(_) => openai::said(answer),
            Shape::Ollama => ollama::said(answer),
        }
    }

    /// Whether a complaint about that body says how to ask instead. It does so once for a question.
    pub(crate) fn learns(&self, sent: &Value, complaint: &str) -> bool {
        match self {
            Shape::OpenAi(limit) => limit.learns(sent, complaint),
            Shape::Anthropic | Shape::Ollama => false,
        }
    }
}

/// The provider's own message in an answer that is no success, in any of the forms in use.
pub(crate) fn complaint(answer: &Value) -> Option<&str> {
    let error = &answer["error"];
    let places = [
        &error["message"],
        error,
        &answer["message"],
        &answer["detail"],
    ];
    let found = places.into_iter().find_map(Value::as_str);
    found.filter(|message| !message.trim().is_empty())
}

/// The conversation, behind what the model is to do, as all but Anthropic take it.
fn conversation(request: &Request) -> Vec<Value> {
    let system = json!({"role": "system", "content": request.system});
    let messages = request.messages.iter().map(message);
    std::iter::once(system).chain(messages).collect()
}

fn message(message: &Message) -> Value {
    let role = match message.role {
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    json!({"role": role, "content": message.text})
}

/// A short word of the provider's, such as the name of its model.
fn word(value: &Value) -> Option<String> {
    let visible = value.as_str()?.chars().filter(|it| !it.is_control());
    let word: String = visible.take(WORD_CHARS_MAX).collect();
    (!word.is_empty()).then_some(word)
}

/// A number of tokens; none where it is missing.
fn tokens(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

fn other(word: Option<String>) -> StopReason {
    StopReason::Other(word.unwrap_or_else(|| "unknown".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_found_in_every_form_in_use() {
        for answer in [
            json!({"type": "error", "error": {"type": "x", "message": "no"}}),
            json!({"error": {"message": "no", "code": 400}}),
            json!({"error": "no"}),
            json!({"object": "error", "message": "no"}),
            json!({"detail": "no"}),
        ] {
            assert_eq!(complaint(&answer), Some("no"), "{answer}");
        }
        for answer in [
            json!(null),
            json!([]),
            json!({"error": {"message": " "}}),
            json!("no"),
        ] {
            assert_eq!(complaint(&answer), None, "{answer}");
        }
    }

    #[test]
    fn what_is_missing_or_of_another_type_is_no_error() {
        assert_eq!(
            tokens(&json!(-1)) + tokens(&json!("7")) + tokens(&json!(null)),
            0
        );
        assert_eq!(word(&json!("a\u{1b}[31m")), Some("a[31m".to_owned()));
        assert_eq!(word(&json!("\n")), None);
        assert_eq!(
            word(&json!("x".repeat(1_000))).map(|it| it.len()),
            Some(200)
        );
    }
}
