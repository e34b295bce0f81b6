//! A question to a model, asked once more where the answer cannot be used.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    Completion, LanguageModel, Message, ModelError, ModelFailure, Request, Role, StopReason, Usage,
    strict,
};

/// How often a model is asked: once, and once more with what was wrong.
const ROUNDS: usize = 2;

/// How much of an answer that cannot be used is shown to the model again, in characters.
const SHOWN_CHARS_MAX: usize = 8_000;

/// How many bytes of text are taken to be one token, at the least: fewer are for no language that
/// is written with letters, and a call that is refused by mistake can be allowed by a setting.
const BYTES_PER_TOKEN: usize = 2;

/// What the exchange keeps to when it asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The most tokens of an answer.
    pub(crate) answer_tokens_max: u32,
    /// The most tokens that a question may take, both rounds and both ways together.
    pub(crate) tokens_max: u64,
}

impl Limits {
    /// How long the answer may be that the provider wraps around so many tokens, in bytes.
    pub(crate) fn answer_bytes_max(self) -> usize {
        // Escaped, a token of 16 bytes may take six times as much; and 64 KiB are for the wrapping.
        let tokens = usize::try_from(self.answer_tokens_max).unwrap_or(usize::MAX);
        tokens.saturating_mul(96).saturating_add(64 << 10)
    }
}

/// What is wrong with an answer. The model is told, and may mend it.
#[derive(Debug)]
pub(crate) struct Flaw<T> {
    text: String,
    /// What to take where it is not mended; none where it cannot be used at all.
    instead: Option<T>,
}

impl<T> Flaw<T> {
    /// It cannot be used.
    pub(crate) fn new(text: impl Into<String>) -> Flaw<T> {
        Flaw {
            text: text.into(),
            instead: None,
        }
    }

    /// It leaves something to be wished for, and is taken like this if it stays so.
    pub(crate) fn or(text: impl Into<String>, instead: T) -> Flaw<T> {
        Flaw {
            text: text.into(),
            instead: Some(instead),
        }
    }
}

/// An answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered<T> {
    pub(crate) value: T,
    /// Which model answered, with its provider.
    pub(crate) model: String,
    /// What it took, with both rounds.
    pub(crate) usage: Usage,
}

/// Asks a model, and once more where what it said cannot be read.
///
/// # Errors
/// What the model failed with; [`ModelFailure::Unusable`] where the second answer is no better, and
/// [`ModelFailure::Refused`] where the question is larger than it may be.
pub(crate) async fn ask<W: DeserializeOwned, T>(
    model: &dyn LanguageModel,
    mut request: Request,
    limits: Limits,
    read: impl Fn(W) -> Result<T, Flaw<T>> + Send + Sync,
) -> Result<Answered<T>, ModelError> {
    let mut usage = Usage::default();
    let mut round = 1;
    loop {
        check_budget(&request, usage, limits)?;
        let completion = model.complete(&request).await?;
        usage = usage.and(completion.usage);
        let answered = |value| Answered {
            value,
            model: completion.model.clone(),
            usage,
        };
        let flaw = match written(&completion).and_then(&read) {
            Ok(value) => return Ok(answered(value)),
            Err(flaw) => flaw,
        };
        let last = round >= ROUNDS || completion.stop == StopReason::Refused;
        match flaw.instead {
            Some(instead) if last => return Ok(answered(instead)),
            None if last => return Err(ModelError::new(ModelFailure::Unusable, flaw.text)),
            _ => {}
        }
        tracing::info!(
            model = model.name(),
            flaw = flaw.text,
            "a model is asked once more"
        );
        request.messages.extend(again(&completion.text, &flaw.text));
        round += 1;
    }
}

/// What the model wrote, in the form that was asked for.
fn written<W: DeserializeOwned, T>(completion: &Completion) -> Result<W, Flaw<T>> {
    match &completion.stop {
        StopReason::End => {}
        StopReason::Refused => return Err(Flaw::new("it would not answer")),
        StopReason::Length => {
            return Err(Flaw::new(
                "it was cut since it was too long; answer with less",
            ));
        }
        StopReason::Other(word) => {
            return Err(Flaw::new(format!(
                "it ended for a reason of its own: {word}"
            )));
        }
    }
    if completion.text.trim().is_empty() {
        return Err(Flaw::new("it was empty"));
    }
    let value: Value = strict::value(&completion.text)
        .map_err(|why| Flaw::new(format!("it was no JSON: {why}")))?;
    serde_json::from_value(value)
        .map_err(|why| Flaw::new(format!("it was not of the form that was asked for: {why}")))
}

/// What is said to have an answer mended.
fn again(text: &str, flaw: &str) -> [Message; 2] {
    let shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    let shown = match shown.trim().is_empty() {
        // Providers refuse an empty message.
        true => "(nothing)".to_owned(),
        false => shown,
    };
    [
        Message {
            role: Role::Assistant,
            text: shown,
        },
        Message {
            role: Role::User,
            text: format!(
                "This answer cannot be used: {flaw}. Answer again, with the whole JSON object and \
                 nothing else."
            ),
        },
    ]
}

fn check_budget(request: &Request, used: Usage, limits: Limits) -> Result<(), ModelError> {
    let texts = request.messages.iter().map(|message| message.text.len());
    let bytes = texts.sum::<usize>() + request.system.len();
    let asked = (bytes / BYTES_PER_TOKEN) as u64 + u64::from(request.answer_tokens_max);
    let taken = used.input_tokens.saturating_add(used.output_tokens);
    if taken.saturating_add(asked) <= limits.tokens_max {
        return Ok(());
    }
    Err(ModelError::new(
        ModelFailure::Refused,
        format!(
            "nothing was asked: it would take up to {asked} tokens and has taken {taken}, and \
             model_tokens_max is {}",
            limits.tokens_max
        ),
    ))
}
