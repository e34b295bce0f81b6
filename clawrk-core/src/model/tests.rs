//! Asking, with a model that answers from a list.

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use pollster::block_on;
use serde::Deserialize;
use serde_json::json;

use super::*;

pub(crate) const LIMITS: Limits = Limits {
    answer_tokens_max: 1_000,
    tokens_max: 100_000,
};

/// Answers from a list, and notes what it was asked.
#[derive(Debug)]
pub(crate) struct Script {
    answers: Mutex<VecDeque<Result<Completion, ModelError>>>,
    asked: Mutex<Vec<Request>>,
}

impl Script {
    pub(crate) fn new(answers: Vec<Result<Completion, ModelError>>) -> Script {
        Script {
            answers: Mutex::new(answers.into()),
            asked: Mutex::new(Vec::new()),
        }
    }

    /// Texts, each complete.
    pub(crate) fn of(texts: &[&str]) -> Script {
        Script::new(texts.iter().map(|text| Ok(said(text))).collect())
    }

    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl LanguageModel for Script {
    fn name(&self) -> &str {
        "script:one"
    }

    async fn complete(&self, request: &Request) -> Result<Completion, ModelError> {
        self.asked.lock().unwrap().push(request.clone());
        let answer = self.answers.lock().unwrap().pop_front();
        answer.expect("nothing more should be asked")
    }
}

pub(crate) fn said(text: &str) -> Completion {
    Completion {
        text: text.to_owned(),
        model: "script:one".to_owned(),
        stop: StopReason::End,
        usage: Usage {
            input_tokens: 10,
            output_tokens: 5,
        },
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Number {
    number: u32,
}

fn question() -> Request {
    Request {
        system: "Say a number.".to_owned(),
        messages: vec![Message {
            role: Role::User,
            text: "now".to_owned(),
        }],
        schema: Schema {
            name: "number".to_owned(),
            schema: json!({"type": "object"}),
        },
        answer_tokens_max: LIMITS.answer_tokens_max,
        answer_bytes_max: LIMITS.answer_bytes_max(),
    }
}

/// A number below 10; one below 100 in a pinch.
fn small(number: Number) -> Result<u32, Flaw<u32>> {
    match number.number {
        small @ 0..10 => Ok(small),
        medium @ 10..100 => Err(Flaw::or("it is not below 10", medium)),
        _ => Err(Flaw::new("it is large")),
    }
}

fn numbered(script: &Script) -> Result<Answered<u32>, ModelError> {
    block_on(ask(script, question(), LIMITS, small))
}

#[test]
fn an_answer_that_fits_is_asked_for_once() {
    let script = Script::of(&[r#"{"number": 7}"#]);
    let answered = numbered(&script).unwrap();
    assert_eq!((answered.value, &*answered.model), (7, "script:one"));
    assert_eq!(answered.usage.input_tokens, 10);
    assert_eq!(script.asked(), [question()]);
}

#[test]
fn one_that_does_not_is_mended_once_and_all_that_it_took_is_counted() {
    let script = Script::of(&["seven", r#"{"number": 7}"#]);
    let answered = numbered(&script).unwrap();
    assert_eq!(answered.usage, said("").usage.and(said("").usage));
    let asked = script.asked();
    let messages = &asked[1].messages;
    assert_eq!(messages[1].role, Role::Assistant);
    assert_eq!(messages[1].text, "seven");
    assert!(messages[2].text.contains("it was no JSON"), "{messages:?}");
}

#[test]
fn whatever_cannot_be_used_twice_is_no_answer() {
    for wrong in [
        "",
        "  \n",
        "7",
        "{\"number\": 7",
        "```json\n{\"number\": 7}\n```",
        r#"{"number": 7, "number": 8}"#,
        r#"{"number": 7, "price": 0}"#,
        r#"{"number": "7"}"#,
        r#"{"number": -7}"#,
        r#"{"number": 700}"#,
        r#"[{"number": 7}]"#,
        r#"{"number": 7} {"number": 7}"#,
    ] {
        let failed = numbered(&Script::of(&[wrong, wrong])).unwrap_err();
        assert_eq!(failed.failure, ModelFailure::Unusable, "{wrong}");
    }
}

#[test]
fn what_was_cut_is_asked_for_once_more_and_what_was_refused_is_not() {
    let stopped = |stop: StopReason| {
        Ok(Completion {
            stop,
            ..said(r#"{"number": 7}"#)
        })
    };
    let cut = Script::new(vec![
        stopped(StopReason::Length),
        stopped(StopReason::Length),
    ]);
    assert!(numbered(&cut).unwrap_err().detail.contains("too long"));
    let refused = Script::new(vec![stopped(StopReason::Refused)]);
    assert!(numbered(&refused).unwrap_err().detail.contains("would not"));
    let odd = stopped(StopReason::Other("lunch".to_owned()));
    let odd = Script::new(vec![odd, Ok(said(r#"{"number": 7}"#))]);
    assert_eq!(numbered(&odd).unwrap().value, 7);
}

#[test]
fn what_leaves_something_to_be_wished_for_is_taken_in_the_end() {
    let script = Script::of(&[r#"{"number": 70}"#, r#"{"number": 60}"#]);
    assert_eq!(numbered(&script).unwrap().value, 60);
    let mended = Script::of(&[r#"{"number": 70}"#, r#"{"number": 6}"#]);
    assert_eq!(numbered(&mended).unwrap().value, 6);
}

#[test]
fn a_failure_is_the_answer_at_once() {
    let failed = ModelError::new(ModelFailure::Busy, "later");
    let script = Script::new(vec![Err(failed.clone())]);
    assert_eq!(numbered(&script).unwrap_err(), failed);
}

#[test]
fn what_would_take_more_than_it_may_is_not_asked() {
    let limits = Limits {
        tokens_max: 1_005,
        ..LIMITS
    };
    let script = Script::of(&[]);
    let failed = block_on(ask(&script, question(), limits, small)).unwrap_err();
    assert_eq!(failed.failure, ModelFailure::Refused);
    assert!(failed.detail.contains("model_tokens_max"), "{failed}");
    // The first round may fit where the second does not.
    let limits = Limits {
        tokens_max: 1_015,
        ..LIMITS
    };
    let script = Script::of(&["seven"]);
    let failed = block_on(ask(&script, question(), limits, small)).unwrap_err();
    assert!(failed.detail.contains("has taken 15"), "{failed}");
}
