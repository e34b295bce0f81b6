//! Routes of a user's credits, and of what they buy and earn.

use axum::extract::{OriginalUri, State};
use axum::http::StatusCode;
use axum::response::Response;
use clawrk_core::engine;
use clawrk_core::id::JobId;
use clawrk_core::money::Cents;
use clawrk_core::record::PayoutStatus;
use clawrk_core::time::Timestamp;
use serde::Serialize;

use crate::api::Api;
use crate::command::{By, User};
use crate::error::ApiError;
use crate::page::{Asked, ROWS_DEFAULT};
use crate::reply;

#[derive(Serialize)]
struct Payout {
    id: String,
    job: JobId,
    amount_cents: Cents,
    currency: String,
    status: PayoutStatus,
    transfer: Option<String>,
    created_at: Timestamp,
}

impl From<engine::Payout> for Payout {
    fn from(payout: engine::Payout) -> Payout {
        Payout {
            id: payout.id.to_string(),
            job: payout.job,
            amount_cents: payout.amount_cents,
            currency: payout.currency,
            status: payout.status,
            transfer: payout.transfer,
            created_at: payout.created_at,
        }
    }
}

/// The caller's ledger, newest first.
pub(crate) async fn ledger(
    State(api): State<Api>,
    OriginalUri(uri): OriginalUri,
    By(User(user)): By<User>,
) -> Result<Response, ApiError> {
    let mut asked = Asked::of(&uri)?;
    let page = asked.page(ROWS_DEFAULT)?;
    let entries = api.engine.ledger(&user, &page).await?;
    let response = reply::json(StatusCode::OK, &entries.items);
    Ok(asked.with_next(response, entries.next))
}

/// The caller's payouts, newest first.
pub(crate) async fn payouts(
    State(api): State<Api>,
    OriginalUri(uri): OriginalUri,
    By(User(user)): By<User>,
) -> Result<Response, ApiError> {
    let mut asked = Asked::of(&uri)?;
    let page = asked.page(ROWS_DEFAULT)?;
    let payouts = api.engine.payouts(&user, &page).await?;
    let items: Vec<Payout> = payouts.items.into_iter().map(Payout::from).collect();
    let response = reply::json(StatusCode::OK, &items);
    Ok(asked.with_next(response, payouts.next))
}

/// What jobs may ask for, in the order in which it was registered: there are few.
pub(crate) async fn skills(State(api): State<Api>, _: By<User>) -> Response {
    reply::json(StatusCode::OK, &api.engine.skills())
}
