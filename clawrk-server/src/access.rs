//! What every request has in common: its id, its span, its line in the log.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use clawrk::Code;
use clawrk::ids::IdsError;
use hyper::body::{Frame, SizeHint};
use metrics::Gauge;
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use crate::compression;
use crate::gauged::Gauged;
use crate::request_id::{self, RequestIds};

/// What stands for the route of a request that has none.
const NO_ROUTE: &str = "none";

/// Routes that machines ask all the time, and of which success is no news.
const ROUTINE: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// What all requests share.
pub(crate) struct Watch {
    ids: RequestIds,
    in_flight: Gauge,
}

impl Watch {
    pub(crate) fn new() -> Result<Watch, IdsError> {
        Ok(Watch {
            ids: RequestIds::new()?,
            in_flight: metrics::gauge!("clawrk_http_requests_in_flight"),
        })
    }
}

/// Names the request, runs it in a span, counts it, and logs it once its answer has gone out.
pub(crate) async fn watch(
    State(watch): State<Arc<Watch>>,
    mut request: Request,
    next: Next,
) -> Response {
    compression::settle(request.headers_mut());
    let id = watch.ids.of(request.headers());
    let route = request.extensions().get().cloned();
    let route = route_of(&route);
    let method = method(request.method());
    // Of the highest level: lines of every level need it.
    let span = tracing::error_span!(
        "request",
        request_id = id,
        %method,
        %route,
        user = Empty,
        admin = Empty,
        job = Empty,
    );
    let mut line = Line {
        span: span.clone(),
        routine: ROUTINE.contains(&route),
        begun: Instant::now(),
        answered: None,
        bytes: 0,
        whole: method == "HEAD",
    };
    let in_flight = Gauged::one_more_in(watch.in_flight.clone());
    let mut response = next.run(request).instrument(span).await;
    drop(in_flight);
    count(method, route, response.status(), line.begun);
    line.answered = Some((response.status(), response.extensions().get().copied()));
    // Of an answer without a body nothing is asked for, so it would never be seen to end.
    line.whole |= hyper::body::Body::is_end_stream(response.body());
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::try_from(id) {
        headers.insert(request_id::HEADER, id);
    }
    let streams = is_event_stream(headers);
    let stream = streams.then(|| Gauged::one_more("clawrk_http_event_streams_open"));
    response.map(|body| {
        Body::new(Outgoing {
            body,
            line,
            _stream: stream,
        })
    })
}

fn count(method: &'static str, route: &str, status: StatusCode, begun: Instant) {
    let (took, route) = (begun.elapsed(), route.to_owned());
    metrics::counter!(
        "clawrk_http_requests_total",
        "method" => method,
        "route" => route.clone(),
        "status" => status.as_str().to_owned(),
    )
    .increment(1);
    let name = "clawrk_http_request_duration_seconds";
    metrics::histogram!(name, "method" => method, "route" => route).record(took);
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    kind.is_some_and(|kind| kind.starts_with(b"text/event-stream"))
}

/// The template of the route: the path itself may hold what nobody else is to know.
fn route_of(path: &Option<MatchedPath>) -> &str {
    path.as_ref().map_or(NO_ROUTE, MatchedPath::as_str)
}

/// The name of a method; one for all that no route takes, as anybody can make up more of them.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The line of a request. It is written when this is dropped: once the answer has gone out, or the
/// client no longer waits for it.
struct Line {
    span: Span,
    routine: bool,
    begun: Instant,
    /// The status, and the code of a refusal; none while it is worked on.
    answered: Option<(StatusCode, Option<Code>)>,
    bytes: u64,
    /// Whether the answer was taken to its end, or has none.
    whole: bool,
}

impl Drop for Line {
    fn drop(&mut self) {
        let _within = self.span.enter();
        let duration_us = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        let bytes = self.bytes;
        let Some((status, code)) = self.answered else {
            tracing::info!(duration_us, "the client did not wait for the answer");
            return;
        };
        let code = code.map(Code::as_str);
        let success = status.is_success();
        let status = status.as_u16();
        if !self.whole {
            tracing::info!(status, code, duration_us, bytes, "answered in part");
        } else if self.routine && success {
            tracing::debug!(status, code, duration_us, bytes, "answered");
        } else {
            tracing::info!(status, code, duration_us, bytes, "answered");
        }
    }
}

/// A body on its way out, with the line that is written at its end.
struct Outgoing {
    body: Body,
    line: Line,
    _stream: Option<Gauged>,
}

impl hyper::body::Body for Outgoing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Outgoing { body, line, .. } = &mut *self;
        let _within = line.span.enter();
        let polled = Pin::new(&mut *body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            line.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        // Who sends it asks no further where this is known beforehand.
        line.whole = matches!(polled, Poll::Ready(None)) || body.is_end_stream();
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use metrics_exporter_prometheus::PrometheusBuilder;
    use tower::ServiceExt;

    use super::*;

    const EVENTS: [(&str, &str); 1] = [("content-type", "text/event-stream")];

    #[tokio::test]
    async fn an_event_stream_is_counted_until_its_client_lets_it_go() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let _guard = metrics::set_default_local_recorder(&recorder);
        let open = |number| format!("clawrk_http_event_streams_open {number}\n");
        let watch = from_fn_with_state(Arc::new(Watch::new().unwrap()), watch);
        let router = Router::new()
            .route("/events", get(async || (EVENTS, "data: 1\n\n")))
            .route("/other", get(async || "1"))
            .layer(watch);
        let ask = |path: &str| {
            let request = Request::get(path).body(Body::empty()).unwrap();
            router.clone().oneshot(request)
        };
        let first = ask("/events").await.unwrap();
        let second = ask("/events").await.unwrap();
        let other = ask("/other").await.unwrap();
        assert!(recorder.handle().render().contains(&open(2)));
        drop((first, other));
        assert!(recorder.handle().render().contains(&open(1)));
        drop(second);
        assert!(recorder.handle().render().contains(&open(0)));
    }
}
