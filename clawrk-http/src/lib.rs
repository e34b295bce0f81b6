//! The exchange as an [axum](https://docs.rs/axum) router.
//!
//! [`router`] serves the whole REST API of one [`Engine`](clawrk_core::Engine). Who is calling is
//! answered by an [`Authenticate`]: a host brings its own people, or takes [`ApiKeys`].
//!
//! ```
//! use std::sync::Arc;
//!
//! use axum::http::request::Parts;
//! use clawrk_core::clock::Clock;
//! use clawrk_core::id::UserId;
//! use clawrk_core::store::memory::MemoryStore;
//! use clawrk_core::Engine;
//! use clawrk_http::{AuthError, Authenticate, Principal, router};
//!
//! struct MyPeople;
//!
//! #[async_trait::async_trait]
//! impl Authenticate for MyPeople {
//!     async fn authenticate(&self, request: &Parts) -> Result<Option<Principal>, AuthError> {
//!         // Whatever the application knows of its caller, such as the user of a session.
//!         Ok(request.extensions.get::<UserId>().cloned().map(Principal::User))
//!     }
//! }
//!
//! fn app(clock: Arc<dyn Clock>) -> axum::Router {
//!     let engine = Engine::builder(Arc::new(MemoryStore::new()), clock).build();
//!     axum::Router::new().nest("/exchange", router(engine, MyPeople))
//! }
//! ```
//!
//! Nested like this, the routes are `/exchange/api/jobs` and so on; every refusal below the prefix,
//! unknown routes included, has the same form: `{"error": "<text>", "code": "<code>"}`.
//!
//! # For layers of the host
//! A refusal carries its [`Code`](clawrk_core::error::Code) as an extension of the response. Where
//! the current `tracing` span has fields named `user`, `admin` or `job`, they are filled in as soon
//! as it is known who calls and which job it is about; what a request logs is logged within that
//! span. No secret, no query and no text of a job is ever logged.

mod admin;
mod api;
mod auth;
mod body;
mod command;
mod commands;
mod credits;
#[cfg(feature = "docs")]
mod docs;
mod error;
mod events;
mod health;
mod id;
mod jobs;
mod json;
mod jwt;
mod keys;
mod limits;
mod live;
mod login;
mod noted;
mod openapi;
mod page;
mod pages;
mod payouts;
mod peer;
mod rates;
mod repeated;
mod reply;
mod routes;
mod scrape;
mod streams;
mod stripe;
mod table;
mod unserved;
mod users;

pub use api::Api;
pub use auth::{ApiKeys, AuthError, Authenticate, Principal};
pub use commands::Commands;
pub use jwt::{Jwts, ShortSecret};
pub use limits::Limits;
pub use openapi::openapi;
pub use streams::Streams;

/// The REST API of an exchange, with the default [`Limits`].
///
/// Mutating commands run as tasks of their own, on the runtime that polls the router: a client that
/// goes away leaves no half effect. [`Api`] has what a program needs that wants to stop in order.
pub fn router(engine: clawrk_core::Engine, auth: impl Authenticate) -> axum::Router {
    Api::new(engine, auth).router()
}
