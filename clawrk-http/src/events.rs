//! A job's history.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, OriginalUri, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use clawrk_core::Engine;
use clawrk_core::id::JobId;
use clawrk_core::job;
use clawrk_core::time::Timestamp;
use serde::Serialize;

use crate::api::Api;
use crate::command::{By, User};
use crate::error::ApiError;
use crate::id::PathId;
use crate::live;
use crate::page::Asked;
use crate::reply;

/// An event as clients see it. What went wrong in a run of a skill is left to the operator's log.
#[derive(Serialize)]
pub(crate) struct Event {
    seq: u64,
    r#type: &'static str,
    actor: String,
    at: Timestamp,
    attempt: u32,
}

impl From<&job::Event> for Event {
    fn from(event: &job::Event) -> Event {
        Event {
            seq: event.seq,
            r#type: event.kind.as_str(),
            actor: event.actor.to_string(),
            at: event.at,
            attempt: event.attempt,
        }
    }
}

/// What happened to a job so far, or, for who asks for a stream, also what happens from now on. A
/// long history goes on behind `Link`.
pub(crate) async fn list(
    State(api): State<Api>,
    By(User(user)): By<User>,
    id: PathId<JobId>,
    Head(head): Head,
) -> Result<Response, ApiError> {
    let mut asked = Asked::of(&uri_of(&head))?;
    let after = asked.number("after", 0..=u64::MAX)?.unwrap_or(0);
    let last = live::last_event_id(&head.headers)?;
    if live::is_wanted(&head.headers) {
        // Who comes back asks for the same address again, and says how far it came.
        let after = last.unwrap_or(after);
        return live::answer(api, head, user, id.get(), after).await;
    }
    let events = api.engine.events(&user, &id.get(), after).await?;
    let listed: Vec<Event> = events.iter().map(Event::from).collect();
    let response = reply::json(StatusCode::OK, &listed);
    Ok(match events.last() {
        Some(last) if events.len() as u64 == Engine::EVENTS_MAX => {
            asked.with_link(response, "after", &last.seq.to_string())
        }
        _ => response,
    })
}

/// The address as the client sees it, below whatever the router is nested in.
fn uri_of(head: &Parts) -> Uri {
    let original = head.extensions.get::<OriginalUri>();
    original.map_or_else(|| head.uri.clone(), |OriginalUri(uri)| uri.clone())
}

/// The whole head of a request.
#[derive(Debug)]
pub(crate) struct Head(Parts);

impl<S: Sync> FromRequestParts<S> for Head {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Head, Infallible> {
        Ok(Head(parts.clone()))
    }
}
