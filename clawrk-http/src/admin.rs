//! Routes of the operator.

use axum::extract::{OriginalUri, State};
use axum::http::StatusCode;
use axum::response::Response;
use clawrk_core::Call;
use clawrk_core::id::UserId;
use clawrk_core::money::Credits;
use clawrk_core::time::Timestamp;
use serde::Serialize;

use crate::api::Api;
use crate::command::{By, Command, Operator, Secret};
use crate::error::ApiError;
use crate::id::PathId;
use crate::json;
use crate::keys::NewKey;
use crate::page::{Asked, ROWS_DEFAULT};
use crate::reply;

#[derive(Serialize)]
struct NewUser {
    user: User,
    api_key: String,
}

#[derive(Serialize)]
struct User {
    id: UserId,
    name: Option<String>,
    credits: Credits,
    created_at: Timestamp,
}

#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    user: User,
    disabled: bool,
}

#[derive(Serialize)]
struct Balance {
    credits: Credits,
}

#[derive(Serialize)]
struct Switched {
    id: UserId,
    disabled: bool,
}

/// All users, by id.
pub(crate) async fn users(
    State(api): State<Api>,
    OriginalUri(uri): OriginalUri,
    _: By<Operator>,
) -> Result<Response, ApiError> {
    let mut asked = Asked::of(&uri)?;
    let page = asked.page(ROWS_DEFAULT)?;
    let users = api.engine.users(Call::by_admin(), &page).await?;
    let listed = users.items.into_iter().map(|user| Listed {
        user: User {
            id: user.id,
            name: user.name,
            credits: user.credits,
            created_at: user.created_at,
        },
        disabled: user.disabled,
    });
    let response = reply::json(StatusCode::OK, &listed.collect::<Vec<_>>());
    Ok(asked.with_next(response, users.next))
}

pub(crate) async fn create_user(
    State(api): State<Api>,
    Secret(mut command): Secret<Operator>,
) -> Result<Response, ApiError> {
    let (id, name) = (command.body.text("id")?, command.body.text("name")?);
    let engine = api.engine.clone();
    api.run(async move {
        let new = engine.create_user(id.as_deref(), name.as_deref()).await?;
        let user = User {
            id: new.user.id,
            name: new.user.name,
            credits: new.user.credits,
            created_at: new.user.created_at,
        };
        let api_key = new.api_key.secret;
        let made = command.done(StatusCode::CREATED, &NewUser { user, api_key });
        Ok(reply::secret(made))
    })
    .await
}

pub(crate) async fn create_key(
    State(api): State<Api>,
    id: PathId<UserId>,
    Secret(mut command): Secret<Operator>,
) -> Result<Response, ApiError> {
    let name = command.body.text("name")?;
    let (engine, id) = (api.engine.clone(), id.found()?);
    api.run(async move {
        let new = engine.create_key(&id, name.as_deref()).await?;
        let made = command.done(StatusCode::CREATED, &NewKey::from(new));
        Ok(reply::secret(made))
    })
    .await
}

pub(crate) async fn grant(
    State(api): State<Api>,
    id: PathId<UserId>,
    mut command: Command<Operator>,
) -> Result<Response, ApiError> {
    let example = r#"{"delta": 5, "reason": "why"}"#;
    let delta = command.body.int("delta")?;
    let delta = delta.ok_or_else(|| json::missing("delta", example))?;
    let reason = command.body.text("reason")?;
    let reason = reason.ok_or_else(|| json::missing("reason", example))?;
    let (engine, id) = (api.engine.clone(), id.found()?);
    api.run(async move {
        let granted = engine.grant_credits(command.call(), &id, Credits::new(delta), &reason);
        let credits = granted.await?;
        Ok(command.done(StatusCode::OK, &Balance { credits }))
    })
    .await
}

pub(crate) async fn disable(
    api: State<Api>,
    id: PathId<UserId>,
    command: Command<Operator>,
) -> Result<Response, ApiError> {
    switch(api, id, command, true).await
}

pub(crate) async fn enable(
    api: State<Api>,
    id: PathId<UserId>,
    command: Command<Operator>,
) -> Result<Response, ApiError> {
    switch(api, id, command, false).await
}

async fn switch(
    State(api): State<Api>,
    id: PathId<UserId>,
    command: Command<Operator>,
    disabled: bool,
) -> Result<Response, ApiError> {
    let (engine, id) = (api.engine.clone(), id.found()?);
    api.run(async move {
        let switched = engine.set_user_disabled(command.call(), &id, disabled);
        switched.await?;
        Ok(command.done(StatusCode::OK, &Switched { id, disabled }))
    })
    .await
}

/// Checks the rules of money on the whole store, which takes time in proportion to it.
pub(crate) async fn audit(State(api): State<Api>, _: By<Operator>) -> Result<Response, ApiError> {
    Ok(reply::json(StatusCode::OK, &api.engine.audit().await?))
}
