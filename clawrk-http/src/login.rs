//! Routes by which a command line gets a key of its user's.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use clawrk_core::error::Code;
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
    OpenSecret { from, mut body }: OpenSecret,
) -> Result<Response, ApiError> {
    let code = body.text("code")?;
    let code = code.ok_or_else(|| json::missing("code", r#"{"code": "…"}"#))?;
    let consuming = api.clone();
    api.run(async move {
        let key = consuming.engine.consume_login_code(&code).await;
        // Whoever guesses codes guesses no faster than who guesses keys.
        let key = key.inspect_err(|error| {
            if error.code() == Code::LoginCodeInvalid {
                consuming.has_failed(from);
            }
        });
        let api_key = key?.secret;
        Ok(reply::secret(reply::json(StatusCode::OK, &Key { api_key })))
    })
    .await
}
