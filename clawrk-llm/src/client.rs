//! One question, one answer, in as many tries as it takes.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use clawrk_core::model::{Completion, ModelError, ModelFailure, Request, StopReason};
use reqwest::Url;
use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::time::Instant;

use crate::answer::Answer;
use crate::failed::{self, Again, Failed};
use crate::name::ModelName;
use crate::retry::Retries;
use crate::secrets::Secrets;
use crate::shape::{self, Said, Shape};

/// How much is kept of the provider's own message.
const MESSAGE_CHARS_MAX: usize = 300;
/// How much is kept of what happened, that message included.
const WHAT_CHARS_MAX: usize = 400;
/// A message that has so many characters in a row from what was asked repeats it.
const REPEATED_CHARS: usize = 24;
/// Shorter messages are words that anybody may use.
const SHORT_CHARS: usize = 8;

/// Asks one model.
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) address: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) name: ModelName,
    pub(crate) shape: Shape,
    pub(crate) has_key: bool,
    pub(crate) secrets: Secrets,
    pub(crate) retries: Retries,
    pub(crate) timeout: Duration,
    /// Counts the calls, so that those that fail together come apart.
    pub(crate) turn: AtomicU32,
}

impl Client {
    pub(crate) async fn complete(&self, request: &Request) -> Result<Completion, ModelError> {
        let deadline = Instant::now() + self.timeout;
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let mut tried = 0;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let failed = match self.once(request, left).await {
                Ok(completion) => return Ok(completion),
                Err(failed) => failed,
            };
            let asked_for = match failed.again {
                Again::Otherwise => continue,
                Again::Soon => Some(None),
                Again::After(wait) => Some(Some(wait)),
                Again::Never => None,
            };
            tried += 1;
            let left = deadline.saturating_duration_since(Instant::now());
            let wait = asked_for.and_then(|it| self.retries.wait(tried, it, turn, left));
            let Some(wait) = wait else {
                return Err(self.error(&failed, tried));
            };
            tracing::debug!(
                model = %self.name,
                failure = failed.failure.as_str(),
                tried,
                wait_ms = wait.as_millis(),
                "a language model is asked again"
            );
            tokio::time::sleep(wait).await;
        }
    }

    /// One try.
    async fn once(&self, request: &Request, left: Duration) -> Result<Completion, Failed> {
        let body = self.shape.body(self.name.model(), request);
        // Not `to_string`, which takes five times as long.
        let bytes = serde_json::to_vec(&body)
            .map_err(|error| Failed::new(ModelFailure::Refused, error.to_string()))?;
        let asked = self.http.post(self.address.clone());
        let asked = asked
            .headers(self.headers.clone())
            .timeout(left)
            .body(bytes);
        let answer = Answer::read(asked.send().await?, request.answer_bytes_max).await?;
        tracing::debug!(model = %self.name, status = answer.status, "answer of a language model");
        if !answer.is_success() {
            return Err(self.refusal(&answer, request, &body));
        }
        let said = answer.json.as_ref().and_then(|json| self.shape.said(json));
        match said {
            Some(said) => self.completion(said),
            None => Err(self.unusable(&answer, request)),
        }
    }

    /// What was said, if that is anything. Who would not answer, or was cut while still thinking,
    /// need not have said a word.
    fn completion(&self, said: Said) -> Result<Completion, Failed> {
        let silent = matches!(said.stop, StopReason::Refused | StopReason::Length);
        let text = match said.text {
            Some(text) => text,
            None if silent => String::new(),
            None => {
                let what = format!(
                    "an answer without a text, which ended with {:?}",
                    said.stop.to_string()
                );
                return Err(Failed::new(ModelFailure::Unusable, what));
            }
        };
        let model = said.model.as_deref().unwrap_or(self.name.model());
        Ok(Completion {
            text,
            model: format!("{}:{model}", self.name.provider()),
            stop: said.stop,
            usage: said.usage,
        })
    }

    /// What the provider itself says, as much of it as may be shown.
    fn quoted(&self, message: &str, request: &Request) -> String {
        let message = self.secrets.clean(message, MESSAGE_CHARS_MAX);
        if repeats_what_was_asked(&message, request) {
            return "a message that repeats what was asked, and is left out for that".to_owned();
        }
        format!("\"{message}\"")
    }

    /// What is no answer, although it says that it is one. Gateways complain like that, too.
    fn unusable(&self, answer: &Answer, request: &Request) -> Failed {
        let status = answer.status;
        let what = match &answer.json {
            None => "an answer that is no JSON".to_owned(),
            Some(json) => match shape::complaint(json) {
                Some(message) => self.quoted(message, request),
                None => "an answer that is not in the provider's form".to_owned(),
            },
        };
        Failed::new(ModelFailure::Unusable, format!("status {status}, {what}"))
    }

    fn refusal(&self, answer: &Answer, request: &Request, sent: &Value) -> Failed {
        let status = answer.status;
        let (failure, again) = failed::of_status(status);
        let again = match (again, answer.retry_after) {
            (Again::Soon, _) if answer.is_final => Again::Never,
            (Again::Soon, Some(wait)) => Again::After(wait),
            _ => again,
        };
        let complaint = answer.json.as_ref().and_then(shape::complaint);
        let what = match (complaint, &answer.location) {
            (Some(message), _) => format!("status {status}, {}", self.quoted(message, request)),
            (None, Some(location)) if (300..=399).contains(&status) => {
                let location = self.quoted(location, request);
                format!("status {status}, elsewhere, which was not asked: {location}")
            }
            (None, _) => format!("status {status}"),
        };
        let learns = failure == ModelFailure::Refused
            && complaint.is_some_and(|message| self.shape.learns(sent, message));
        let again = if learns { Again::Otherwise } else { again };
        Failed::new(failure, what).asking(again)
    }

    fn error(&self, failed: &Failed, tried: u32) -> ModelError {
        let said = self.secrets.clean(&failed.what, WHAT_CHARS_MAX);
        let (name, address) = (&self.name, &self.address);
        let tries = match tried {
            1 => String::new(),
            tries => format!(" ({tries} tries)"),
        };
        let mend = match failed.failure {
            ModelFailure::Unauthorized if self.has_key => ": check the key",
            ModelFailure::Unauthorized => ": there is no key, give one",
            ModelFailure::NotFound => ": check the name of the model and the address",
            ModelFailure::Unreachable => ": check the address and that it answers",
            _ => "",
        };
        let detail = format!("{name} at {address}: {said}{tries}{mend}");
        ModelError::new(failed.failure, detail)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("name", &self.name.to_string())
            .field("address", &self.address.as_str())
            .field("retries", &self.retries)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Whether a message repeats what was asked: an error is shown to operators and written to logs,
/// and what users have written is not.
fn repeats_what_was_asked(said: &str, request: &Request) -> bool {
    let messages = request.messages.iter().map(|message| &message.text);
    let asked: Vec<String> = messages
        .chain([&request.system])
        .map(|text| text.replace(char::is_control, " "))
        .collect();
    let letters: Vec<char> = said.chars().collect();
    let a_part = letters.windows(REPEATED_CHARS).any(|part| {
        let part: String = part.iter().collect();
        asked.iter().any(|text| text.contains(&part))
    });
    let all = asked.iter().any(|text| {
        let text = text.trim();
        text.chars().count() >= SHORT_CHARS && said.contains(text)
    });
    a_part || all
}
