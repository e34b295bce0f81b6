//! Whether the program lives, and whether it can answer.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use clawrk_core::error::Code;
use serde::Serialize;
use tokio::time::timeout;

use crate::api::Api;
use crate::error::ApiError;
use crate::reply;

/// How long the store may take to answer.
const READY_MAX: Duration = Duration::from_secs(2);

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// The program runs; nothing else is asked.
pub(crate) async fn healthz() -> Response {
    reply::json(StatusCode::OK, &Health { status: "ok" })
}

/// The store answers.
pub(crate) async fn readyz(State(api): State<Api>) -> Result<Response, ApiError> {
    match timeout(READY_MAX, api.engine.ready()).await {
        Ok(ready) => ready?,
        Err(_) => {
            let text = "the store does not answer in time";
            return Err(ApiError::retry(Code::StoreUnavailable, text));
        }
    }
    Ok(reply::json(StatusCode::OK, &Health { status: "ready" }))
}
