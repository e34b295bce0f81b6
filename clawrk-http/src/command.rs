//! A request that changes something, from its head to its parsed body.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use clawrk_core::error::Code;
use clawrk_core::id::UserId;
use clawrk_core::{Call, Once, Rejection};
use serde::Serialize;

use crate::api::Api;
use crate::auth::Principal;
use crate::body;
use crate::error::ApiError;
use crate::json::Object;
use crate::openapi;
use crate::peer::Network;
use crate::reply;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Who may use a route.
pub(crate) trait Role: Sized + Send + 'static {
    /// The scheme of their tokens in the description of the API.
    const SCHEME: &'static str;
    /// How anyone else is refused.
    const REFUSAL: Code;

    /// The caller in this role.
    fn of(principal: Principal) -> Result<Self, ApiError>;

    /// A call in this role.
    fn call(&self) -> Call<'_>;

    /// How it is refused that there is nothing to be done in this role.
    const OFF: &'static [Code] = &[];

    /// Whether there is anything to be done in this role, before anything else is looked at.
    fn is_served(_: &Api) -> Result<(), ApiError> {
        Ok(())
    }
}

/// The caller is a user.
#[derive(Debug, Clone)]
pub(crate) struct User(pub(crate) UserId);

/// The caller is a user who pays or is paid.
#[derive(Debug, Clone)]
pub(crate) struct Payer(pub(crate) UserId);

/// The caller is the operator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operator;

impl Role for User {
    const SCHEME: &'static str = openapi::USER;
    const REFUSAL: Code = Code::UserOnly;

    fn of(principal: Principal) -> Result<User, ApiError> {
        match principal {
            Principal::User(user) => Ok(User(user)),
            Principal::Admin => Err(Rejection::UserOnly.into()),
        }
    }

    fn call(&self) -> Call<'_> {
        Call::by(&self.0)
    }
}

impl Role for Payer {
    const SCHEME: &'static str = openapi::USER;
    const REFUSAL: Code = Code::UserOnly;
    const OFF: &'static [Code] = &[Code::NotConfigured];

    fn of(principal: Principal) -> Result<Payer, ApiError> {
        User::of(principal).map(|User(user)| Payer(user))
    }

    fn call(&self) -> Call<'_> {
        Call::by(&self.0)
    }

    fn is_served(api: &Api) -> Result<(), ApiError> {
        api.sells()
    }
}

impl Role for Operator {
    const SCHEME: &'static str = openapi::OPERATOR;
    const REFUSAL: Code = Code::AdminOnly;

    fn of(principal: Principal) -> Result<Operator, ApiError> {
        match principal {
            Principal::Admin => Ok(Operator),
            Principal::User(_) => Err(Rejection::AdminOnly.into()),
        }
    }

    fn call(&self) -> Call<'_> {
        Call::by_admin()
    }
}

/// The caller of a route that takes no body.
#[derive(Debug)]
pub(crate) struct By<R>(pub(crate) R);

impl<R: Role> FromRequestParts<Api> for By<R> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<By<R>, ApiError> {
        let by = R::of(api.principal(parts).await?)?;
        R::is_served(api)?;
        Ok(By(by))
    }
}

/// A request that changes something. Everything that is checked before the command itself has been
/// checked, in order: who calls, in which role, the size of the body, the idempotency key, and that
/// the body is a JSON object.
#[derive(Debug)]
pub(crate) struct Command<R> {
    pub(crate) by: R,
    pub(crate) body: Object,
    once: Option<Once>,
}

impl<R: Role> Command<R> {
    /// The call that the request makes.
    pub(crate) fn call(&self) -> Call<'_> {
        match &self.once {
            Some(once) => self.by.call().once(once),
            None => self.by.call(),
        }
    }

    /// The answer once it has had its effect, now or before.
    pub(crate) fn done(&self, status: StatusCode, body: &impl Serialize) -> Response {
        let mut response = reply::json(status, body);
        if self.once.as_ref().is_some_and(Once::was_replayed) {
            let yes = HeaderValue::from_static("true");
            response.headers_mut().insert(IDEMPOTENT_REPLAYED, yes);
        }
        response
    }
}

impl<R: Role> FromRequest<Api> for Command<R> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Command<R>, ApiError> {
        let intake = Intake::take(request, api).await?;
        let once = idempotency_key(&intake)?;
        if let Some(once) = &once {
            let call = R::call(&intake.by).once(once);
            api.engine.check_once(call).await?;
        }
        Ok(Command {
            body: Object::parse(&intake.body, api.limits.json_depth_max)?,
            by: intake.by,
            once,
        })
    }
}

/// A [`Command`] whose answer holds a secret, which is not kept and so cannot be given again.
#[derive(Debug)]
pub(crate) struct Secret<R>(pub(crate) Command<R>);

impl<R: Role> FromRequest<Api> for Secret<R> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Secret<R>, ApiError> {
        let intake = Intake::<R>::take(request, api).await?;
        refuse_once(&intake.parts.headers)?;
        Ok(Secret(Command {
            body: Object::parse(&intake.body, api.limits.json_depth_max)?,
            by: intake.by,
            once: None,
        }))
    }
}

/// The body of a request from anybody at all, whose answer holds a secret.
#[derive(Debug)]
pub(crate) struct OpenSecret {
    pub(crate) from: Option<Network>,
    pub(crate) body: Object,
}

impl FromRequest<Api> for OpenSecret {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<OpenSecret, ApiError> {
        let (parts, body) = request.into_parts();
        let from = Network::of(&parts);
        if let Err(refusal) = api.may_try(from) {
            body::refuse(&parts.headers, body).await;
            return Err(refusal);
        }
        let body = body::read(&parts.headers, body, &api.limits).await?;
        refuse_once(&parts.headers)?;
        let body = Object::parse(&body, api.limits.json_depth_max)?;
        Ok(OpenSecret { from, body })
    }
}

/// Refuses an idempotency key where the answer could not be given again.
fn refuse_once(headers: &HeaderMap) -> Result<(), ApiError> {
    if headers.contains_key(IDEMPOTENCY_KEY) {
        return Err(ApiError::new(
            Code::IdempotencyUnsupported,
            "the answer holds a secret, which is not kept; send no Idempotency-Key here",
        ));
    }
    Ok(())
}

/// A request from somebody who may use the route, with its whole body.
struct Intake<R> {
    by: R,
    parts: Parts,
    body: Vec<u8>,
}

impl<R: Role> Intake<R> {
    async fn take(request: Request, api: &Api) -> Result<Intake<R>, ApiError> {
        let (parts, body) = request.into_parts();
        let by = api.principal(&parts).await.and_then(R::of);
        let by = by.and_then(|by| R::is_served(api).map(|()| by));
        let by = match by {
            Ok(by) => by,
            Err(refusal) => {
                body::refuse(&parts.headers, body).await;
                return Err(refusal);
            }
        };
        let body = body::read(&parts.headers, body, &api.limits).await?;
        Ok(Intake { by, parts, body })
    }
}

/// The idempotency key of a request. Another route or another body is another request.
fn idempotency_key<R>(intake: &Intake<R>) -> Result<Option<Once>, ApiError> {
    let Some(key) = key_of(&intake.parts.headers)? else {
        return Ok(None);
    };
    let (method, path) = (&intake.parts.method, intake.parts.uri.path());
    let mut request = format!("{method} {path}\n").into_bytes();
    request.extend_from_slice(&intake.body);
    Ok(Some(Once::new(key, &request)?))
}

fn key_of(headers: &HeaderMap) -> Result<Option<&str>, Rejection> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    match (keys.next(), keys.next()) {
        (None, _) => Ok(None),
        (Some(key), None) => {
            let key = key.to_str().map_err(|_| Rejection::InvalidIdempotencyKey)?;
            Ok(Some(key))
        }
        (Some(_), Some(_)) => Err(Rejection::InvalidIdempotencyKey),
    }
}
