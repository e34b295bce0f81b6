//! What is not served: unknown routes and wrong methods.

use axum::extract::{Request, State};
use axum::http::header::ALLOW;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use clawrk_core::error::Code;

use crate::api::Api;
use crate::body;
use crate::error::ApiError;

/// No such route. Below `/api/`, only who has a token is told so.
pub(crate) async fn route(State(api): State<Api>, request: Request) -> ApiError {
    if request.uri().path().starts_with("/api/") {
        return refuse(&api, request, no_route()).await;
    }
    no_route()
}

/// The route exists, but not with this method. Only who has a token is told so.
pub(crate) async fn method(
    methods: HeaderValue,
    State(api): State<Api>,
    request: Request,
) -> Response {
    let refusal = refuse(&api, request, no_method()).await;
    let mut response = refusal.into_response();
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(ALLOW, methods);
    }
    response
}

/// The same on a route that needs no token.
pub(crate) async fn open_method() -> ApiError {
    no_method()
}

async fn refuse(api: &Api, request: Request, refusal: ApiError) -> ApiError {
    let (parts, body) = request.into_parts();
    let refusal = match api.principal(&parts).await {
        Ok(_) => refusal,
        Err(unknown) => unknown,
    };
    body::refuse(&parts.headers, body).await;
    refusal
}

fn no_route() -> ApiError {
    ApiError::new(
        Code::RouteNotFound,
        "there is no such route; the documentation of the API lists them all",
    )
}

fn no_method() -> ApiError {
    ApiError::new(
        Code::MethodNotAllowed,
        "this route does not take this method; the `Allow` header lists those it takes",
    )
}
