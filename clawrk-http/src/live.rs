//! A job's history as it is made: server-sent events.
//!
//! The format is that of <https://html.spec.whatwg.org/multipage/server-sent-events.html>.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt::Write;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use clawrk_core::id::{JobId, UserId};
use clawrk_core::job;
use futures_util::stream::{StreamExt, unfold};

use crate::api::Api;
use crate::error::ApiError;
use crate::events::Event;
use crate::page::{refusal, whole};
use crate::streams::Place;

const MEDIA: &str = "text/event-stream";

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// How long a stream may say nothing. Proxies give up on connections that are silent for a minute.
const SILENCE_MAX: Duration = Duration::from_secs(15);

/// What is said then: a comment, which clients overlook.
const KEEP_ALIVE: &[u8] = b": still here\n\n";

/// How many events go out at once. More of them wait as they are, not as text.
const PIECE_EVENTS: usize = 32;

/// Whether a client asks for a stream.
pub(crate) fn is_wanted(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter();
    let texts = accepted.filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).any(is_stream)
}

/// Whether a range of media types is this one, and is not refused by a weight of 0.
fn is_stream(range: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let refused = parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
    media.eq_ignore_ascii_case(MEDIA) && !refused
}

/// The event behind which a client that comes back goes on.
pub(crate) fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    let mut ids = headers.get_all(LAST_EVENT_ID).iter();
    let (Some(id), None) = (ids.next(), ids.next()) else {
        let none = headers.get(LAST_EVENT_ID).is_none();
        return none.then_some(None).ok_or_else(never_given);
    };
    let id = id.to_str().ok().and_then(whole);
    id.map(Some).ok_or_else(never_given)
}

fn never_given() -> ApiError {
    refusal("`Last-Event-ID` must be the `id` of an event of this job that was received, or 0")
}

/// Streams a job's events behind that one, to the job's end.
pub(crate) async fn answer(
    api: Api,
    head: Parts,
    user: UserId,
    job: JobId,
    after: u64,
) -> Result<Response, ApiError> {
    // The event before tells whether it was ever given out, and whether any can follow.
    let before = after.saturating_sub(1);
    let mut events: VecDeque<_> = api.engine.events(&user, &job, before).await?.into();
    if after > 0 {
        let last = events.pop_front().ok_or_else(never_given)?;
        if last.kind.is_final() {
            // Tells who asks by the standard not to come back.
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
    }
    let place = api.streams().take(&user, &api.limits)?;
    let live = Live {
        api,
        head,
        user,
        job,
        after,
        events,
        place,
    };
    let pieces = unfold(Some(live), |live| async { live?.next().await });
    // Layers on the way may look once more at what has ended.
    Ok(response(Body::from_stream(pieces.fuse())))
}

fn response(body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that gather answers before they pass them on are asked not to.
    let buffering = HeaderName::from_static("x-accel-buffering");
    headers.insert(buffering, HeaderValue::from_static("no"));
    response
}

/// A stream under way. It is only looked at while its client reads, so that what a slow one has
/// not taken yet is no more than one page of the history.
struct Live {
    api: Api,
    /// What the client said of itself: it must be true for as long as the stream lasts.
    head: Parts,
    user: UserId,
    job: JobId,
    /// The last event that was sent.
    after: u64,
    /// What was read and not sent yet.
    events: VecDeque<job::Event>,
    place: Place,
}

impl Live {
    /// The next piece and, unless it is the last one, the stream behind it.
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Option<Live>)> {
        if self.events.is_empty() {
            self.events = self.place.unless_ended(self.wait()).await??.into();
        }
        if self.events.is_empty() {
            return Some((Ok(Bytes::from_static(KEEP_ALIVE)), Some(self)));
        }
        let most = PIECE_EVENTS.min(self.events.len());
        let (mut text, mut is_last) = (String::new(), false);
        for event in self.events.drain(..most) {
            write_event(&mut text, &event)?;
            self.after = event.seq;
            is_last = event.kind.is_final();
        }
        Some((Ok(text.into()), (!is_last).then_some(self)))
    }

    /// What happened since, or nothing after a while; none where the stream has to end.
    async fn wait(&self) -> Option<Vec<job::Event>> {
        let (user, job) = (&self.user, &self.job);
        let waited = self
            .api
            .engine
            .wait_events(user, job, self.after, SILENCE_MAX);
        let events = match waited.await {
            Ok(events) => events,
            Err(error) => {
                tracing::debug!(%error, "a stream of events ends");
                return None;
            }
        };
        let is_welcome = self.api.is_still(&self.head, user).await;
        is_welcome.then_some(events)
    }
}

/// An event with the fields that the standard knows. Its JSON has no line breaks.
fn write_event(text: &mut String, event: &job::Event) -> Option<()> {
    let shown = Event::from(event);
    let data = serde_json::to_string(&shown).ok()?;
    let (id, kind) = (event.seq, event.kind.as_str());
    write!(text, "id: {id}\nevent: {kind}\ndata: {data}\n\n").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_asked_for_by_its_name() {
        let wanted = |accept: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in accept {
                headers.append(ACCEPT, HeaderValue::from_static(value));
            }
            is_wanted(&headers)
        };
        assert!(wanted(&["text/event-stream"]));
        assert!(wanted(&["Text/Event-Stream;q=0.5"]));
        assert!(wanted(&[
            "application/json",
            "x/y, text/event-stream ; a=b"
        ]));
        assert!(!wanted(&[]) && !wanted(&["*/*"]) && !wanted(&["text/*", ""]));
        assert!(!wanted(&["text/event-stream;q=0"]));
        assert!(!wanted(&["text/event-streams"]));
    }
}
