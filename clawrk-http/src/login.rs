//! Routes by which a command line gets a key of its user's.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use clawrk_core::time::Timestamp;
use serde::Serialize;

use crate::api::Api;
use crate::command::{OpenSecret, Secret, User};
use crate::error::ApiError;
use crate::json;
use crate::reply;

#[derive(Serialize)]
struct LoginCode {
    code: String,
    expires_at: Timestamp,
}

#[derive(Serialize)]
struct Key {
    api_key: String,
}

pub(crate) async fn create(
    State(api): State<Api>,
    Secret(command): Secret<User>,
) -> Result<Response, ApiError> {
    let engine = api.engine.clone();
    api.run(async move {
        let made = engine.create_login_code(&command.by.0).await?;
        let code = LoginCode {
            code: made.code,
            expires_at: made.expires_at,
        };
        Ok(reply::secret(command.done(StatusCode::CREATED, &code)))
    })
    .await
}

/// Needs no token: the code is the proof.
pub(crate) async fn consume(
    State(api): State<Api>,
    OpenSecret(mut body): OpenSecret,
) -> Result<Response, ApiError> {
    let code = body.text("code")?;
    let code = code.ok_or_else(|| json::missing("code", r#"{"code": "…"}"#))?;
    let engine = api.engine.clone();
    api.run(async move {
        let api_key = engine.consume_login_code(&code).await?.secret;
        Ok(reply::secret(reply::json(StatusCode::OK, &Key { api_key })))
    })
    .await
}
