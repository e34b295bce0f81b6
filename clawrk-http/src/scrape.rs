//! What was counted, for whoever collects it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;

use crate::api::Api;

/// The text format of Prometheus.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// Gives the text when it is asked for.
#[derive(Clone)]
pub(crate) struct Scrape(Arc<dyn Fn() -> Rendering + Send + Sync>);

type Rendering = Pin<Box<dyn Future<Output = String> + Send>>;

/// Nothing was counted.
impl Default for Scrape {
    fn default() -> Scrape {
        Scrape::new(|| std::future::ready(String::new()))
    }
}

impl Scrape {
    pub(crate) fn new<F>(render: impl Fn() -> F + Send + Sync + 'static) -> Scrape
    where
        F: Future<Output = String> + Send + 'static,
    {
        Scrape(Arc::new(move || Box::pin(render())))
    }
}

pub(crate) async fn metrics(State(api): State<Api>) -> Response {
    let Scrape(render) = &api.scrape;
    let mut response = Response::new(Body::from(render().await));
    response.headers_mut().insert(CONTENT_TYPE, TEXT);
    response
}
