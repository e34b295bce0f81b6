//! The one table of routes.

use std::any::Any;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::ALLOW;
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;

use crate::api::Api;
use crate::command::{Operator, User};
use crate::error::ApiError;
use crate::{admin, health, jobs, unserved, users};

pub(crate) fn table(api: Api) -> Router {
    let routes = Router::new()
        .merge(
            of_users()
                .merge(of_the_operator())
                .method_not_allowed_fallback(unserved::method),
        )
        .merge(open().method_not_allowed_fallback(unserved::open_method))
        .fallback(unserved::route)
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(api);
    // A layer on the routes themselves would run before axum adds `Allow`.
    Router::new()
        .fallback_service(routes)
        .layer(map_response(without_methods))
}

fn of_users() -> Router<Api> {
    Router::new()
        .route("/api/jobs", post(jobs::create).get(jobs::list))
        .route("/api/jobs/{id}", get(jobs::show))
        .route("/api/jobs/{id}/accept", post(jobs::accept))
        .route("/api/jobs/{id}/submit", post(jobs::submit))
        .route("/api/jobs/{id}/verify", post(jobs::verify::<User>))
        .route("/api/jobs/{id}/cancel", post(jobs::cancel::<User>))
        .route("/api/jobs/{id}/release", post(jobs::release::<User>))
        .route("/api/users/{id}", get(users::show))
        .route("/api/whoami", post(users::whoami))
        .route("/api/stripe/checkout", post(unserved::payments))
        .route("/api/stripe/connect", post(unserved::payments))
        .route("/api/stripe/connect/status", get(unserved::payments))
}

fn of_the_operator() -> Router<Api> {
    Router::new()
        .route("/api/admin/users", post(admin::create_user))
        .route("/api/admin/users/{id}/keys", post(admin::create_key))
        .route("/api/admin/users/{id}/credits", post(admin::grant))
        .route("/api/admin/users/{id}/disable", post(admin::disable))
        .route("/api/admin/users/{id}/enable", post(admin::enable))
        .route("/api/admin/audit", get(admin::audit))
        .route(
            "/api/admin/jobs/{id}/verify",
            post(jobs::verify::<Operator>),
        )
        .route(
            "/api/admin/jobs/{id}/cancel",
            post(jobs::cancel::<Operator>),
        )
        .route(
            "/api/admin/jobs/{id}/release",
            post(jobs::release::<Operator>),
        )
}

/// What needs no token.
fn open() -> Router<Api> {
    Router::new()
        .route("/api/stripe/webhook", post(unserved::webhook))
        .route("/api/cli-login/consume", post(unserved::login_code))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
}

/// Which methods a route takes is told only to who has a token; axum tells everybody.
async fn without_methods(mut response: Response) -> Response {
    if response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().remove(ALLOW);
    }
    response
}

/// The panic itself was reported by the panic hook.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    ApiError::internal().into_response()
}
