//! What every handler shares.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use axum::http::request::Parts;
use axum::response::Response;
use clawrk_core::Engine;

use crate::auth::{Authenticate, Principal};
use crate::commands::Commands;
use crate::error::ApiError;
use crate::limits::Limits;
use crate::noted;
use crate::openapi::Document;
use crate::routes;
use crate::scrape::Scrape;

/// The REST API in the making: [`router`](crate::router) with its settings.
#[derive(Clone)]
pub struct Api {
    pub(crate) engine: Engine,
    pub(crate) limits: Limits,
    pub(crate) scrape: Scrape,
    auth: Arc<dyn Authenticate>,
    commands: Commands,
    pub(crate) document: Arc<Document>,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("engine", &self.engine)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Api {
    /// The API of that exchange, for those whom `auth` knows.
    pub fn new(engine: Engine, auth: impl Authenticate) -> Api {
        Api {
            engine,
            limits: Limits::default(),
            scrape: Scrape::default(),
            auth: Arc::new(auth),
            commands: Commands::default(),
            document: Arc::default(),
        }
    }

    /// How much of a request is taken. Default: [`Limits::default`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Api {
        self.limits = limits;
        self
    }

    /// What `GET /metrics` answers to anybody, in the text format of Prometheus. Default: nothing.
    ///
    /// The libraries of clawrk count by the crate `metrics`; what renders it is the recorder that
    /// the host installed, such as `metrics-exporter-prometheus`.
    #[must_use]
    pub fn metrics<F>(mut self, render: impl Fn() -> F + Send + Sync + 'static) -> Api
    where
        F: Future<Output = String> + Send + 'static,
    {
        self.scrape = Scrape::new(render);
        self
    }

    /// The commands that its routers run, for a program that wants to stop in order.
    pub fn commands(&self) -> Commands {
        self.commands.clone()
    }

    /// The router.
    pub fn router(self) -> axum::Router {
        routes::router(self)
    }

    /// Who is calling.
    pub(crate) async fn principal(&self, parts: &Parts) -> Result<Principal, ApiError> {
        match self.auth.authenticate(parts).await {
            Ok(Some(principal)) => {
                noted::caller(&principal);
                Ok(principal)
            }
            Ok(None) => {
                metrics::counter!("clawrk_authentication_failures_total").increment(1);
                Err(ApiError::authentication_required())
            }
            Err(error) => Err(ApiError::from_auth(error)),
        }
    }

    /// Runs a command as a task of its own.
    pub(crate) async fn run(
        &self,
        work: impl Future<Output = Result<Response, ApiError>> + Send + 'static,
    ) -> Result<Response, ApiError> {
        self.commands.run(work).await
    }
}
