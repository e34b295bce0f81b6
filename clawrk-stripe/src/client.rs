//! One request, one answer.

use std::error::Error as _;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use clawrk_core::payments::{Failure, Mode, PaymentsError};
use clawrk_core::time::Timestamp;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinHandle};

use crate::answer::{Answer, Cut, Why};
use crate::classify::{self, Envelope, Verb};
use crate::form::Form;
use crate::key::SecretKey;
use crate::setting::InvalidSetting;

const VERSION: HeaderName = HeaderName::from_static("stripe-version");
const ONCE: HeaderName = HeaderName::from_static("idempotency-key");
/// The longest idempotency key that Stripe takes.
const KEY_CHARS_MAX: usize = 255;
/// How much is kept of what Stripe or the network said.
const DETAIL_CHARS_MAX: usize = 500;

/// Sends requests with the key, and says what became of them.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: Url,
    key: SecretKey,
    authorization: HeaderValue,
    runtime: Handle,
}

/// Where a request goes: the parts of a path, each checked to be one.
pub(crate) type Path<'a> = &'a [&'a str];

/// A request that changes something.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) path: Path<'a>,
    /// Under this key it happens once.
    pub(crate) key: Option<&'a str>,
    pub(crate) version: &'a str,
    pub(crate) body: String,
}

/// A request that looks at something.
#[derive(Debug)]
pub(crate) struct Look<'a> {
    pub(crate) path: Path<'a>,
    pub(crate) version: &'a str,
    pub(crate) query: Form,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) value: Value,
    /// What time it was at Stripe.
    pub(crate) at: Option<Timestamp>,
}

impl Client {
    pub(crate) fn new(
        http: reqwest::Client,
        url: Url,
        key: SecretKey,
        runtime: Handle,
    ) -> Result<Client, InvalidSetting> {
        let mut authorization =
            HeaderValue::from_str(&key.bearer()).map_err(|_| InvalidSetting::KeyText)?;
        authorization.set_sensitive(true);
        Ok(Client {
            http,
            url,
            key,
            authorization,
            runtime,
        })
    }

    pub(crate) fn mode(&self) -> Mode {
        self.key.mode()
    }

    pub(crate) async fn change(&self, change: Change<'_>) -> Result<Found, PaymentsError> {
        let url = self.address(change.path);
        let mut headers = self.headers(change.version)?;
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(CONTENT_TYPE, form);
        if let Some(key) = change.key {
            headers.insert(ONCE, header(&sendable(key))?);
        }
        let request = self.http.request(Method::POST, url).headers(headers);
        self.run(Verb::Change, request.body(change.body)).await
    }

    pub(crate) async fn look(&self, look: Look<'_>) -> Result<Found, PaymentsError> {
        if !look.path.iter().all(|part| is_path_part(part)) {
            return Err(not_an_id());
        }
        let mut url = self.address(look.path);
        let query = look.query.into_text();
        url.set_query((!query.is_empty()).then_some(&query));
        let headers = self.headers(look.version)?;
        let request = self.http.request(Method::GET, url).headers(headers);
        self.run(Verb::Look, request).await
    }

    fn address(&self, path: Path<'_>) -> Url {
        let mut url = self.url.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/v1/{}", path.join("/")));
        url
    }

    fn headers(&self, version: &str) -> Result<HeaderMap, PaymentsError> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, self.authorization.clone());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(VERSION, header(version)?);
        Ok(headers)
    }

    /// Runs a request on the client's own runtime, for the caller may be polled by another
    /// executor.
    async fn run(
        &self,
        verb: Verb,
        request: reqwest::RequestBuilder,
    ) -> Result<Found, PaymentsError> {
        let key = self.key.clone();
        let task = self
            .runtime
            .spawn(async move { exchange(verb, request, &key).await });
        match Task(task).await {
            Ok(done) => done,
            // The runtime was shut down, or the task panicked; the request may be on its way.
            Err(_) => Err(failed(
                Failure::Unknown,
                "the request was stopped half-way".into(),
            )),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("url", &self.url.as_str())
            .field("mode", &self.mode())
            .finish_non_exhaustive()
    }
}

/// A task that ends with whoever waits for it.
struct Task<T>(JoinHandle<T>);

impl<T> Future for Task<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn exchange(
    verb: Verb,
    request: reqwest::RequestBuilder,
    key: &SecretKey,
) -> Result<Found, PaymentsError> {
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => {
            let detail = clean(&chain(&error), key);
            return Err(failed(classify::unanswered(&error), detail));
        }
    };
    match Answer::read(response).await {
        Ok(answer) => judge(verb, answer, key),
        Err(cut) => Err(broken(cut, key)),
    }
}

fn judge(verb: Verb, answer: Answer, key: &SecretKey) -> Result<Found, PaymentsError> {
    let Answer {
        status,
        request_id,
        retry_after,
        date: at,
        json,
    } = answer;
    tracing::debug!(status, request_id, "answer of Stripe");
    if (200..=299).contains(&status) {
        let found = json.map(|value| Found { value, at });
        return found.ok_or_else(|| PaymentsError {
            failure: Failure::Unknown,
            detail: format!("an answer with status {status} that is no JSON"),
            request_id,
        });
    }
    let error = Envelope::find(json.as_ref());
    let has_request_id = request_id.is_some();
    let failure = classify::refused(verb, status, error.as_ref(), has_request_id, retry_after);
    let detail = match &error {
        Some(error) => {
            let message = error.message.as_deref().unwrap_or("no message");
            clean(&format!("status {status}: {message}"), key)
        }
        None => format!("an answer with status {status} that is not in Stripe's form"),
    };
    Err(PaymentsError {
        failure,
        detail,
        request_id,
    })
}

fn broken(cut: Cut, key: &SecretKey) -> PaymentsError {
    let Cut {
        why,
        status,
        request_id,
    } = cut;
    let why = match why {
        Why::TooLong => "it is too long".to_owned(),
        Why::Broken(error) => chain(&error),
    };
    PaymentsError {
        failure: Failure::Unknown,
        detail: clean(&format!("half an answer with status {status}: {why}"), key),
        request_id,
    }
}

pub(crate) fn failed(failure: Failure, detail: String) -> PaymentsError {
    PaymentsError {
        failure,
        detail,
        request_id: None,
    }
}

/// An answer that says nothing which can be used.
pub(crate) fn unusable(what: &str, why: &str) -> PaymentsError {
    failed(
        Failure::Unknown,
        format!("Stripe's answer is no {what} that can be used: {why}"),
    )
}

fn not_an_id() -> PaymentsError {
    let detail = "an id of Stripe is letters, digits, _ and -: nothing was asked".to_owned();
    failed(Failure::NotFound, detail)
}

/// The causes of an error in one line. The error itself only adds the address.
fn chain(error: &reqwest::Error) -> String {
    let mut text = "the request failed".to_owned();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// A text from outside, fit for a log: short, of one line, without the key.
fn clean(text: &str, key: &SecretKey) -> String {
    let shown = key.hidden_in(text);
    let line = shown
        .chars()
        .map(|it| if it.is_control() { ' ' } else { it });
    line.take(DETAIL_CHARS_MAX).collect()
}

/// Whether a text can only be one part of a path.
fn is_path_part(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    !text.is_empty() && text.bytes().all(fits)
}

/// A key as a header can carry it and as Stripe takes it: itself, or, where it is too long or has
/// more than plain characters (ids of users may), its hash.
fn sendable(key: &str) -> String {
    let plain = key.len() <= KEY_CHARS_MAX && key.bytes().all(|byte| byte.is_ascii_graphic());
    if plain {
        return key.to_owned();
    }
    let digest = Sha256::digest(key.as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn header(text: &str) -> Result<HeaderValue, PaymentsError> {
    HeaderValue::from_str(text).map_err(|_| {
        failed(
            Failure::NotSent,
            "a header cannot carry what it should".to_owned(),
        )
    })
}
