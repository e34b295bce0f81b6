//! A job's history.

use axum::extract::{OriginalUri, State};
use axum::http::StatusCode;
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

/// What happened to a job so far. A long history goes on behind `Link`.
pub(crate) async fn list(
    State(api): State<Api>,
    OriginalUri(uri): OriginalUri,
    By(User(user)): By<User>,
    id: PathId<JobId>,
) -> Result<Response, ApiError> {
    let mut asked = Asked::of(&uri)?;
    let after = asked.number("after", 0..=u64::MAX)?.unwrap_or(0);
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
