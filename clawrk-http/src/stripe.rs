//! Routes of those who buy credits and are paid, and the one that Stripe calls.

use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use clawrk_core::engine::ConnectStatus;
use clawrk_core::error::Code;
use serde::Serialize;

use crate::api::Api;
use crate::body;
use crate::command::{By, Command, Payer};
use crate::error::ApiError;
use crate::json;
use crate::reply;

const STRIPE_SIGNATURE: HeaderName = HeaderName::from_static("stripe-signature");

#[derive(Serialize)]
struct Link {
    url: String,
}

#[derive(Serialize)]
struct Connection {
    status: &'static str,
}

#[derive(Serialize)]
struct Received {
    received: bool,
}

/// Where the caller pays for a plan.
pub(crate) async fn checkout(
    State(api): State<Api>,
    mut command: Command<Payer>,
) -> Result<Response, ApiError> {
    let tier = command.body.text("tier")?;
    let tier = tier.ok_or_else(|| json::missing("tier", r#"{"tier": "pro"}"#))?;
    let engine = api.engine.clone();
    api.run(async move {
        let url = engine.checkout(command.call(), &tier).await?;
        Ok(reply::secret(command.done(StatusCode::OK, &Link { url })))
    })
    .await
}

/// Where the caller says who is paid.
pub(crate) async fn connect(
    State(api): State<Api>,
    command: Command<Payer>,
) -> Result<Response, ApiError> {
    let engine = api.engine.clone();
    api.run(async move {
        let url = engine.connect(command.call()).await?;
        Ok(reply::secret(command.done(StatusCode::OK, &Link { url })))
    })
    .await
}

/// Whether the caller can be paid.
pub(crate) async fn connect_status(
    State(api): State<Api>,
    By(Payer(user)): By<Payer>,
) -> Result<Response, ApiError> {
    let engine = api.engine.clone();
    api.run(async move {
        let status = match engine.connect_status(&user).await? {
            ConnectStatus::NotConnected => "not_connected",
            ConnectStatus::Pending => "pending",
            ConnectStatus::Active => "active",
        };
        Ok(reply::json(StatusCode::OK, &Connection { status }))
    })
    .await
}

/// What Stripe tells, to the byte, with its signature.
#[derive(Debug)]
pub(crate) struct Signed {
    body: Vec<u8>,
    signature: String,
}

impl FromRequest<Api> for Signed {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Signed, ApiError> {
        let (parts, body) = request.into_parts();
        if let Err(off) = api.sells() {
            body::refuse(&parts.headers, body).await;
            return Err(off);
        }
        let (limits, headers) = (&api.limits, &parts.headers);
        let body = body::read_up_to(limits.webhook_bytes_max, headers, body, limits).await?;
        let mut given = headers.get_all(STRIPE_SIGNATURE).iter();
        // Which of two would count is for nobody to guess; a missing one is as good as a wrong one.
        let signature = given.next().filter(|_| given.next().is_none());
        let signature = signature.and_then(|text| text.to_str().ok());
        Ok(Signed {
            body,
            signature: signature.unwrap_or_default().to_owned(),
        })
    }
}

/// Takes an event of Stripe. Whatever is signed is taken, so that Stripe does not switch the
/// webhook off; what came of it is in the log. Anything but 2xx makes Stripe send it again, which
/// is wanted where it could not be written down.
pub(crate) async fn webhook(State(api): State<Api>, signed: Signed) -> Response {
    let engine = api.engine.clone();
    let taken = api.run(async move {
        let Signed { body, signature } = signed;
        engine.receive_webhook(&body, &signature).await?;
        Ok(reply::json(StatusCode::OK, &Received { received: true }))
    });
    match taken.await {
        Ok(taken) => taken,
        Err(refusal) => refusal.or_internal(Code::WebhookInvalid).into_response(),
    }
}
