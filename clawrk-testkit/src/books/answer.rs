//! How an answer becomes a response.

use clawrk_core::time::Timestamp;
use serde_json::Value;

use super::error::StripeError;
use super::fault::Fault;
use super::idempotency::Kept;
use super::version::{VERSION, render};
use super::wire::{Body, Fate, Request, Response};

/// An answer before it is on its way.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    /// The request that was answered so first, if this is a repetition.
    replayed: Option<String>,
}

impl Answer {
    pub(super) fn new(result: Result<Value, StripeError>, request_id: &str) -> Answer {
        let (status, body) = match result {
            Ok(body) => (200, body),
            Err(error) => (error.status, error.json(request_id)),
        };
        Answer {
            status,
            body,
            replayed: None,
        }
    }

    /// What was answered before.
    pub(super) fn again(kept: Kept) -> Answer {
        Answer {
            status: kept.status,
            body: kept.body,
            replayed: Some(kept.request_id),
        }
    }
}

/// The response where the request never comes to Stripe.
pub(super) fn underway(fault: &Fault) -> Option<Response> {
    match fault {
        Fault::NotConnected => Some(nothing(Fate::NotConnected)),
        Fault::HangsUndone => Some(nothing(Fate::Hangs)),
        Fault::Gateway => Some(gateway()),
        Fault::Redirect => Some(Response {
            status: 302,
            headers: vec![("Location", "https://login.example.com/".to_owned())],
            body: Body::Html("<html>Please log in</html>".to_owned()),
            fate: Fate::Arrives,
        }),
        _ => None,
    }
}

fn nothing(fate: Fate) -> Response {
    Response {
        status: 0,
        headers: Vec::new(),
        body: Body::Json(Value::Null),
        fate,
    }
}

fn gateway() -> Response {
    Response {
        status: 502,
        headers: Vec::new(),
        body: Body::Html("<html><h1>502 Bad Gateway</h1></html>".to_owned()),
        fate: Fate::Arrives,
    }
}

/// Puts an answer on its way.
pub(super) fn finish(
    answer: Answer,
    request: &Request,
    fault: &Fault,
    request_id: String,
    now: Timestamp,
) -> Response {
    if *fault == Fault::GatewayDone {
        return gateway();
    }
    let version = request.version.as_deref().unwrap_or(VERSION);
    let mut body = render(&answer.body, version);
    if *fault == Fault::Mismatch {
        spoil(&mut body);
    }
    let mut headers = vec![
        ("Request-Id", request_id.clone()),
        ("Stripe-Version", version.to_owned()),
        ("Date", now.to_http_date()),
    ];
    if let Some(key) = &request.idempotency_key {
        let first = answer.replayed.clone().unwrap_or(request_id);
        headers.push(("Idempotency-Key", key.clone()));
        headers.push(("Original-Request", first));
    }
    if answer.replayed.is_some() {
        headers.push(("Idempotent-Replayed", "true".to_owned()));
    }
    if answer.status == 429 {
        headers.push(("Retry-After", "2".to_owned()));
    }
    let fate = match fault {
        Fault::Lost | Fault::LostThenBusy => Fate::Lost,
        Fault::Hangs | Fault::HangsDoneLater(_) => Fate::Hangs,
        Fault::Cut => Fate::Cut,
        _ => Fate::Arrives,
    };
    Response {
        status: answer.status,
        headers,
        body: Body::Json(body),
        fate,
    }
}

/// Makes an answer tell of something else.
fn spoil(body: &mut Value) {
    match body["amount"].as_i64() {
        Some(amount) => body["amount"] = (amount + 1).into(),
        None => body["object"] = "mismatch".into(),
    }
}
