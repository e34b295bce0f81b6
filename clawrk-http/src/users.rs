//! Routes of users.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use clawrk_core::engine;
use clawrk_core::error::Code;
use clawrk_core::id::UserId;
use clawrk_core::money::Credits;
use clawrk_core::time::Timestamp;
use serde::Serialize;

use crate::api::Api;
use crate::command::{By, Command, User};
use crate::error::ApiError;
use crate::id::PathId;
use crate::reply;

/// A user as it sees itself. The members are documented, in this order.
#[derive(Serialize)]
struct Account {
    id: UserId,
    credits: Credits,
    stripe_customer_id: Option<String>,
    stripe_account_id: Option<String>,
    stripe_account_status: Option<String>,
    created_at: Timestamp,
}

#[derive(Serialize)]
struct WhoAmI {
    user: Balance,
}

#[derive(Serialize)]
struct Balance {
    id: UserId,
    credits: Credits,
}

impl From<engine::User> for Account {
    fn from(user: engine::User) -> Account {
        Account {
            id: user.id,
            credits: user.credits,
            stripe_customer_id: user.customer_id,
            stripe_account_id: user.account_id,
            stripe_account_status: user.account_status,
            created_at: user.created_at,
        }
    }
}

pub(crate) async fn show(
    State(api): State<Api>,
    By(User(caller)): By<User>,
    id: PathId<UserId>,
) -> Result<Response, ApiError> {
    if id.found()? != caller {
        let text = "a user may see only their own account";
        return Err(ApiError::new(Code::NotYourself, text));
    }
    let engine = api.engine.clone();
    api.run(async move {
        let user = engine.user(&caller).await?;
        Ok(reply::json(StatusCode::OK, &Account::from(user)))
    })
    .await
}

/// A question, though it is a POST: it has no effect that an idempotency key could keep.
pub(crate) async fn whoami(
    State(api): State<Api>,
    command: Command<User>,
) -> Result<Response, ApiError> {
    let engine = api.engine.clone();
    api.run(async move {
        let user = engine.user(&command.by.0).await?;
        let user = Balance {
            id: user.id,
            credits: user.credits,
        };
        Ok(command.done(StatusCode::OK, &WhoAmI { user }))
    })
    .await
}
