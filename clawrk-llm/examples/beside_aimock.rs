//! Asks aimock in each of the three ways, and checks every answer and every fault that it has.
//!
//! usage: beside_aimock URL KEY
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a program for a test, which fails by a panic"
)]

use std::sync::Arc;
use std::time::Duration;

use clawrk_core::model::{
    Completion, LanguageModel, Message, ModelError, ModelFailure, Request, Role, Schema,
    StopReason, Usage,
};
use clawrk_llm::{Builder, Fallbacks, Model, Provider};
use serde_json::json;
use tokio::runtime::Handle;
use tokio::time::Instant;

const SHEEP: &str = r#"{"sheep":3}"#;
const USED: Usage = Usage {
    input_tokens: 11,
    output_tokens: 5,
};

/// One way of asking.
struct Way {
    provider: Provider,
    model: &'static str,
    /// What stands behind the address of aimock.
    path: &'static str,
    /// aimock has other ends of an answer for all but Ollama, and usage that can be told.
    is_told: bool,
}

const WAYS: [Way; 3] = [
    Way {
        provider: Provider::Anthropic,
        model: "claude-of-aimock",
        path: "",
        is_told: true,
    },
    Way {
        provider: Provider::OpenAi,
        model: "gpt-of-aimock",
        path: "/v1",
        is_told: true,
    },
    Way {
        provider: Provider::Ollama,
        model: "qwen3:of-aimock",
        path: "",
        is_told: false,
    },
];

/// A question that aimock knows the answer to, and what that has to be.
struct Case {
    prompt: &'static str,
    /// A header by which aimock is told to fail.
    fault: Option<(&'static str, &'static str)>,
    expected: Expected,
}

enum Expected {
    /// This text, and this end where aimock can tell it.
    Text(&'static str, StopReason),
    /// The usage, where aimock can tell it.
    Usage(Usage),
    /// Such a failure, with these words in its detail.
    Failure(ModelFailure, &'static str),
}

fn cases() -> Vec<Case> {
    use Expected::{Failure, Text, Usage};
    let case = |prompt, expected| Case {
        prompt,
        fault: None,
        expected,
    };
    let fault = |name, value, expected| Case {
        prompt: "simple",
        fault: Some((name, value)),
        expected,
    };
    let whole = || Text(SHEEP, StopReason::End);
    vec![
        case("simple", whole()),
        case("form", whole()),
        case("thoughts", whole()),
        case("too long", Text(SHEEP, StopReason::Length)),
        case("no way", Text("No.", StopReason::Refused)),
        case("usage", Usage(USED)),
        case("busy once", whole()),
        case("broken once", whole()),
        case("later", Failure(ModelFailure::Busy, "much later")),
        case("status 400", Failure(ModelFailure::Refused, "this is 400")),
        case(
            "status 403",
            Failure(ModelFailure::Unauthorized, "this is 403"),
        ),
        case("status 422", Failure(ModelFailure::Refused, "this is 422")),
        case("status 503", Failure(ModelFailure::Busy, "(3 tries)")),
        case("status 529", Failure(ModelFailure::Busy, "(3 tries)")),
        case(
            "unheard of",
            Failure(ModelFailure::NotFound, "No fixture matched"),
        ),
        fault("x-aimock-chaos-latency", "300", whole()),
        fault(
            "x-aimock-chaos-latency",
            "30000",
            Failure(ModelFailure::TimedOut, "in time"),
        ),
        fault(
            "x-aimock-chaos-drop",
            "1",
            Failure(ModelFailure::Failed, "request dropped\" (3 tries)"),
        ),
        fault(
            "x-aimock-chaos-ratelimit",
            "1",
            Failure(ModelFailure::Busy, "rate limit exceeded\" (3 tries)"),
        ),
        fault(
            "x-aimock-chaos-malformed",
            "1",
            Failure(ModelFailure::Unusable, "no JSON"),
        ),
        fault(
            "x-aimock-chaos-disconnect",
            "1",
            Failure(ModelFailure::Unreachable, "(3 tries)"),
        ),
    ]
}

fn request(prompt: &str) -> Request {
    let message = |role, text: &str| Message {
        role,
        text: text.to_owned(),
    };
    Request {
        system: "You count sheep.".to_owned(),
        messages: vec![
            message(Role::User, "Ein Schaf?"),
            message(Role::Assistant, "{}"),
            message(Role::User, prompt),
        ],
        schema: Schema {
            name: "count".to_owned(),
            schema: json!({
                "type": "object",
                "properties": {"sheep": {"type": "integer"}},
                "required": ["sheep"],
                "additionalProperties": false,
            }),
        },
        answer_tokens_max: 100,
        answer_bytes_max: 100_000,
    }
}

impl Way {
    fn builder(&self, url: &str, key: &str) -> Builder {
        let name = format!("{}:{}", self.provider, self.model);
        Model::builder(name.parse().unwrap(), Handle::current())
            .url(&format!("{url}{}", self.path))
            .key(key)
            .header("x-test-id", self.provider.as_str())
            .backoff(Duration::from_millis(10))
            .timeout(Duration::from_secs(5))
    }

    fn check(&self, case: &Case, found: Result<Completion, ModelError>) {
        let what = format!(
            "{} {} {:?}: {found:?}",
            self.provider, case.prompt, case.fault
        );
        match (&case.expected, found) {
            (Expected::Text(text, stop), Ok(found)) => {
                assert_eq!(found.text, *text, "{what}");
                assert_eq!(found.model, format!("{}:{}", self.provider, self.model));
                let stop = if self.is_told { stop } else { &StopReason::End };
                assert_eq!(&found.stop, stop, "{what}");
            }
            (Expected::Usage(usage), Ok(found)) => {
                let usage = if self.is_told {
                    *usage
                } else {
                    Usage::default()
                };
                assert_eq!(found.usage, usage, "{what}");
            }
            (Expected::Failure(failure, words), Err(error)) => {
                assert_eq!(error.failure, *failure, "{what}");
                assert!(error.detail.contains(words), "{what}");
            }
            _ => panic!("{what}"),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [url, key] = words.as_slice() else {
        panic!("usage: beside_aimock URL KEY");
    };
    let cases = cases();
    for way in &WAYS {
        for case in &cases {
            let mut builder = way.builder(url, key);
            if let Some((name, value)) = case.fault {
                builder = builder.header(name, value);
            }
            if matches!(case.expected, Expected::Failure(ModelFailure::TimedOut, _)) {
                builder = builder.timeout(Duration::from_secs(1));
            }
            let model = builder.build().unwrap();
            let start = Instant::now();
            let found = model.complete(&request(case.prompt)).await;
            if case.prompt == "busy once" {
                assert!(start.elapsed() >= Duration::from_secs(1), "nobody waited");
            }
            way.check(case, found);
        }

        let model = way.builder(url, key).build().unwrap();
        let found = model.complete(&request("model")).await.unwrap();
        if way.is_told {
            assert_eq!(found.model, format!("{}:as-it-says", way.provider));
        }
        let mut short = request("simple");
        short.answer_bytes_max = 20;
        let error = model.complete(&short).await.unwrap_err();
        assert_eq!(error.failure, ModelFailure::TooLong, "{error:?}");

        let stranger = way.builder(url, "sk-of-a-stranger").build().unwrap();
        let error = stranger.complete(&request("simple")).await.unwrap_err();
        assert_eq!(error.failure, ModelFailure::Unauthorized, "{error:?}");
        assert!(!error.detail.contains("stranger"), "{error:?}");
        let both = Fallbacks::new(vec![Arc::new(stranger), Arc::new(model)]).unwrap();
        both.complete(&request("simple")).await.unwrap();
    }
    println!("{} ways, {} cases each", WAYS.len(), cases.len() + 4);
}
