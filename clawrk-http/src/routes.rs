//! The one table of routes.

use std::any::Any;

use axum::Router;
use axum::handler::Handler;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, get, post};
use tower_http::catch_panic::CatchPanicLayer;

use crate::api::Api;
use crate::command::{Operator, User};
use crate::error::ApiError;
use crate::{admin, health, jobs, keys, unserved, users};

pub(crate) fn table(api: Api) -> Router {
    Router::new()
        .merge(of_users())
        .merge(of_the_operator())
        .merge(open().method_not_allowed_fallback(unserved::open_method))
        .fallback(unserved::route)
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(api)
}

fn of_users() -> Router<Api> {
    Router::new()
        .route(
            "/api/jobs",
            only("GET,HEAD,POST").post(jobs::create).get(jobs::list),
        )
        .route("/api/jobs/{id}", get_only(jobs::show))
        .route("/api/jobs/{id}/accept", post_only(jobs::accept))
        .route("/api/jobs/{id}/submit", post_only(jobs::submit))
        .route("/api/jobs/{id}/verify", post_only(jobs::verify::<User>))
        .route("/api/jobs/{id}/cancel", post_only(jobs::cancel::<User>))
        .route("/api/jobs/{id}/release", post_only(jobs::release::<User>))
        .route("/api/users/{id}", get_only(users::show))
        .route("/api/whoami", post_only(users::whoami))
        .route(
            "/api/keys",
            only("GET,HEAD,POST").post(keys::create).get(keys::list),
        )
        .route("/api/keys/{id}", only("DELETE").delete(keys::revoke))
        .route("/api/stripe/checkout", post_only(unserved::payments))
        .route("/api/stripe/connect", post_only(unserved::payments))
        .route("/api/stripe/connect/status", get_only(unserved::payments))
}

fn of_the_operator() -> Router<Api> {
    Router::new()
        .route(
            "/api/admin/users",
            only("GET,HEAD,POST")
                .post(admin::create_user)
                .get(admin::users),
        )
        .route("/api/admin/users/{id}/keys", post_only(admin::create_key))
        .route("/api/admin/users/{id}/credits", post_only(admin::grant))
        .route("/api/admin/users/{id}/disable", post_only(admin::disable))
        .route("/api/admin/users/{id}/enable", post_only(admin::enable))
        .route("/api/admin/audit", get_only(admin::audit))
        .route(
            "/api/admin/jobs/{id}/verify",
            post_only(jobs::verify::<Operator>),
        )
        .route(
            "/api/admin/jobs/{id}/cancel",
            post_only(jobs::cancel::<Operator>),
        )
        .route(
            "/api/admin/jobs/{id}/release",
            post_only(jobs::release::<Operator>),
        )
}

/// A route that takes these methods. Which they are is told only to who has a token, so axum,
/// which would tell everybody, is kept from it.
fn only(methods: &'static str) -> MethodRouter<Api> {
    any(move |api, request| unserved::method(methods, api, request))
}

fn post_only<H: Handler<T, Api>, T: 'static>(handler: H) -> MethodRouter<Api> {
    only("POST").post(handler)
}

fn get_only<H: Handler<T, Api>, T: 'static>(handler: H) -> MethodRouter<Api> {
    only("GET,HEAD").get(handler)
}

/// What needs no token.
fn open() -> Router<Api> {
    Router::new()
        .route("/api/stripe/webhook", post(unserved::webhook))
        .route("/api/cli-login/consume", post(unserved::login_code))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
}

/// The panic itself was reported by the panic hook.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    ApiError::internal().into_response()
}
