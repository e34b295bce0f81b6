//! What every handler shares.

use std::fmt;
use std::future::Future;
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::http::request::Parts;
use axum::response::Response;
use clawrk_core::id::UserId;
use clawrk_core::{Engine, Rejection};

use crate::auth::{Authenticate, Principal};
use crate::commands::Commands;
use crate::error::ApiError;
use crate::limits::Limits;
use crate::noted;
use crate::openapi::Document;
use crate::peer::{Failures, Network};
use crate::rates::Rates;
use crate::routes;
use crate::scrape::Scrape;
use crate::streams::Streams;

/// How many requests a caller may make at once, as a multiple of those in a second.
const BURST_FACTOR: NonZeroU32 = NonZeroU32::new(2).unwrap();

/// How many callers' rates are counted at once.
const CALLERS_MAX: usize = 100_000;

/// The REST API in the making: [`router`](crate::router) with its settings.
#[derive(Clone)]
pub struct Api {
    pub(crate) engine: Engine,
    pub(crate) limits: Limits,
    pub(crate) scrape: Scrape,
    auth: Arc<dyn Authenticate>,
    commands: Commands,
    failures: Arc<Failures>,
    rates: Option<Arc<Rates<Principal>>>,
    streams: Streams,
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
            failures: Arc::new(Failures::new()),
            rates: None,
            streams: Streams::default(),
            document: Arc::default(),
        }
    }

    /// How much of a request is taken, and how many. Default: [`Limits::default`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Api {
        self.limits = limits;
        self.rates = limits.requests_per_second_max.map(|rate| {
            let burst = rate.saturating_mul(BURST_FACTOR);
            Arc::new(Rates::new(rate, burst, CALLERS_MAX))
        });
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

    /// The streams of events that its routers send, for a program that wants to stop in order.
    pub fn streams(&self) -> Streams {
        self.streams.clone()
    }

    /// The router.
    pub fn router(self) -> axum::Router {
        routes::router(self)
    }

    /// Who is calling, unless they do so too often.
    pub(crate) async fn principal(&self, parts: &Parts) -> Result<Principal, ApiError> {
        let from = Network::of(parts);
        self.may_try(from)?;
        match self.auth.authenticate(parts).await {
            Ok(Some(principal)) => {
                noted::caller(&principal);
                self.may_ask(&principal)?;
                Ok(principal)
            }
            Ok(None) => {
                self.has_failed(from);
                Err(ApiError::authentication_required())
            }
            Err(error) => Err(ApiError::from_auth(error)),
        }
    }

    /// Whether so few authentications of that network failed that one more is looked at.
    pub(crate) fn may_try(&self, from: Option<Network>) -> Result<(), ApiError> {
        let left = self.failures.check(from, self.engine.clock().now());
        left.map_err(|wait| {
            let text = "too many authentications of your network failed; try again";
            ApiError::rate_limited(wait, text)
        })
    }

    /// Counts an authentication that failed.
    pub(crate) fn has_failed(&self, from: Option<Network>) {
        metrics::counter!("clawrk_authentication_failures_total").increment(1);
        self.failures.count(from, self.engine.clock().now());
    }

    fn may_ask(&self, principal: &Principal) -> Result<(), ApiError> {
        let Some(rates) = &self.rates else {
            return Ok(());
        };
        let left = rates.take(principal.clone(), self.engine.clock().now());
        left.map_err(|wait| {
            let text = "you make more requests in a second than you may; try again";
            ApiError::rate_limited(wait, text)
        })
    }

    /// Whether a request that came some time ago would still be that user's.
    pub(crate) async fn is_still(&self, head: &Parts, user: &UserId) -> bool {
        let found = self.auth.authenticate(head).await;
        matches!(found, Ok(Some(Principal::User(found))) if found == *user)
    }

    /// Refuses what needs a payment provider where there is none.
    pub(crate) fn sells(&self) -> Result<(), ApiError> {
        match self.engine.payments_mode() {
            Some(_) => Ok(()),
            None => Err(Rejection::PaymentsNotConfigured.into()),
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
