//! Routes of a user's own API keys.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use clawrk_core::engine::{ApiKey, NewApiKey};
use clawrk_core::id::KeyId;
use clawrk_core::time::Timestamp;
use serde::Serialize;

use crate::api::Api;
use crate::command::{By, Secret, User};
use crate::error::ApiError;
use crate::id::PathId;
use crate::reply;

/// A key that was just made: the one time that its secret is shown.
#[derive(Serialize)]
pub(crate) struct NewKey {
    id: String,
    name: Option<String>,
    api_key: String,
    created_at: Timestamp,
}

#[derive(Serialize)]
struct Key {
    id: String,
    name: Option<String>,
    prefix: String,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
}

impl From<NewApiKey> for NewKey {
    fn from(new: NewApiKey) -> NewKey {
        NewKey {
            id: new.key.id.to_string(),
            name: new.key.name,
            api_key: new.secret,
            created_at: new.key.created_at,
        }
    }
}

impl From<ApiKey> for Key {
    fn from(key: ApiKey) -> Key {
        Key {
            id: key.id.to_string(),
            prefix: key.prefix(),
            name: key.name,
            created_at: key.created_at,
            last_used_at: key.last_used_at,
        }
    }
}

/// All of them: there are few.
pub(crate) async fn list(
    State(api): State<Api>,
    By(User(caller)): By<User>,
) -> Result<Response, ApiError> {
    let keys = api.engine.keys(&caller).await?;
    let keys: Vec<Key> = keys.into_iter().map(Key::from).collect();
    Ok(reply::json(StatusCode::OK, &keys))
}

pub(crate) async fn create(
    State(api): State<Api>,
    Secret(mut command): Secret<User>,
) -> Result<Response, ApiError> {
    let name = command.body.text("name")?;
    let engine = api.engine.clone();
    api.run(async move {
        let User(caller) = &command.by;
        // Who comes with something else than a key of the exchange may have no row yet.
        engine.user(caller).await?;
        let new = engine.create_key(caller, name.as_deref()).await?;
        let made = command.done(StatusCode::CREATED, &NewKey::from(new));
        Ok(reply::secret(made))
    })
    .await
}

pub(crate) async fn revoke(
    State(api): State<Api>,
    By(User(caller)): By<User>,
    id: PathId<KeyId>,
) -> Result<Response, ApiError> {
    let (engine, id) = (api.engine.clone(), id.found()?);
    api.run(async move {
        engine.revoke_key(&caller, id).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}
