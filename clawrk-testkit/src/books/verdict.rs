//! What a response means for money.

use std::time::Duration;

use clawrk_core::payments::{DeclineClass, Failure, PaymentsError};
use serde_json::Value;

use super::wire::{Body, Fate, Method, Response};

/// The answer, or what it means that there is none.
pub(super) fn judge(method: Method, response: &Response) -> Result<Value, PaymentsError> {
    let failed = |failure, detail: &str| {
        Err(PaymentsError {
            failure,
            detail: detail.to_owned(),
            request_id: response.header("Request-Id").map(str::to_owned),
        })
    };
    match response.fate {
        Fate::NotConnected => return failed(Failure::NotSent, "no connection"),
        Fate::Lost | Fate::Cut | Fate::Hangs => {
            return failed(Failure::Unknown, "the connection ended early");
        }
        Fate::Arrives => {}
    }
    let Body::Json(body) = &response.body else {
        return failed(Failure::Unknown, "an answer that is not the provider's");
    };
    if response.status == 200 {
        return Ok(body.clone());
    }
    let error = &body["error"];
    let message = error["message"].as_str().unwrap_or_default();
    if !error.is_object() || response.header("Request-Id").is_none() {
        return failed(Failure::Unknown, "an error that is not the provider's");
    }
    failed(failure(method, response, error), message)
}

fn failure(method: Method, response: &Response, error: &Value) -> Failure {
    let kind = error["type"].as_str();
    // Some errors have no code.
    let code = error["code"].as_str().or(kind).unwrap_or_default();
    match (response.status, kind) {
        (409 | 429, _) => Failure::NotBegun {
            retry_after: response
                .header("Retry-After")
                .and_then(|seconds| seconds.parse().ok())
                .map(Duration::from_secs),
        },
        (_, Some("idempotency_error")) => Failure::KeyReused,
        (401, _) => Failure::Unauthorized,
        (403, _) if code != "account_invalid" => Failure::Unauthorized,
        (404, _) if method == Method::Get => Failure::NotFound,
        (400 | 402 | 403 | 404, _) => Failure::Declined {
            class: class(code),
            code: code.to_owned(),
        },
        _ => Failure::Unknown,
    }
}

fn class(code: &str) -> DeclineClass {
    match code {
        "balance_insufficient" => DeclineClass::Platform,
        "account_invalid" | "insufficient_capabilities_for_transfer" => DeclineClass::Account,
        _ => DeclineClass::Person,
    }
}
