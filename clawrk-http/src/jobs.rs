//! Routes of jobs.

use axum::extract::{OriginalUri, State};
use axum::http::StatusCode;
use axum::response::Response;
use clawrk_core::engine::{JobFilter, PageRequest};
use clawrk_core::id::JobId;
use clawrk_core::job::Status;

use crate::api::Api;
use crate::command::{By, Command, Role, User};
use crate::error::ApiError;
use crate::id::PathId;
use crate::json;
use crate::noted;
use crate::page::{Asked, ROWS_DEFAULT};
use crate::reply;

pub(crate) async fn create(
    State(api): State<Api>,
    mut command: Command<User>,
) -> Result<Response, ApiError> {
    let prompt = command.body.text("prompt")?;
    let prompt = prompt.ok_or_else(|| json::missing("prompt", r#"{"prompt": "what to do"}"#))?;
    let engine = api.engine.clone();
    api.run(async move {
        let job = engine.create_job(command.call(), &prompt).await?;
        noted::job(&job.id);
        Ok(command.done(StatusCode::CREATED, &job))
    })
    .await
}

/// Whose jobs, and which of them, as the caller stands to them.
const ROLES: [(&str, JobFilter); 2] = [
    ("sender", JobFilter::sent()),
    ("receiver", JobFilter::received()),
];

/// The caller's jobs. What does not fit into one answer is behind `Link`.
pub(crate) async fn list(
    State(api): State<Api>,
    OriginalUri(uri): OriginalUri,
    By(User(user)): By<User>,
) -> Result<Response, ApiError> {
    let mut asked = Asked::of(&uri)?;
    let statuses = Status::ALL.map(|status| (status.as_str(), status));
    let status = asked.choice("status", &statuses)?;
    let mut filter = asked.choice("role", &ROLES)?.unwrap_or(JobFilter::sent());
    if let Some(status) = status {
        filter = filter.status(status);
    }
    let page = asked.page(PageRequest::ROWS_MAX)?;
    let jobs = api.engine.jobs(&user, &filter, &page).await?;
    let response = reply::json(StatusCode::OK, &jobs.items);
    Ok(asked.with_next(response, jobs.next))
}

/// The queued jobs of all senders.
pub(crate) async fn board(
    State(api): State<Api>,
    OriginalUri(uri): OriginalUri,
    _: By<User>,
) -> Result<Response, ApiError> {
    let mut asked = Asked::of(&uri)?;
    let skill = asked.text("skill")?.map(str::to_owned);
    let page = asked.page(ROWS_DEFAULT)?;
    let jobs = api.engine.board(skill.as_deref(), &page).await?;
    let response = reply::json(StatusCode::OK, &jobs.items);
    Ok(asked.with_next(response, jobs.next))
}

pub(crate) async fn show(
    State(api): State<Api>,
    By(User(user)): By<User>,
    id: PathId<JobId>,
) -> Result<Response, ApiError> {
    let job = api.engine.job(&user, &id.get()).await?;
    Ok(reply::json(StatusCode::OK, &job))
}

pub(crate) async fn accept(
    State(api): State<Api>,
    id: PathId<JobId>,
    command: Command<User>,
) -> Result<Response, ApiError> {
    let (engine, id) = (api.engine.clone(), id.get());
    api.run(async move {
        let job = engine.accept_job(command.call(), &id).await?;
        Ok(command.done(StatusCode::OK, &job))
    })
    .await
}

pub(crate) async fn submit(
    State(api): State<Api>,
    id: PathId<JobId>,
    mut command: Command<User>,
) -> Result<Response, ApiError> {
    let output = command.body.text("output")?;
    let (engine, id) = (api.engine.clone(), id.get());
    api.run(async move {
        let submitted = engine.submit_output(command.call(), &id, output.as_deref());
        let job = submitted.await?;
        Ok(command.done(StatusCode::OK, &job))
    })
    .await
}

/// For the sender, or the operator in the sender's place.
pub(crate) async fn verify<R: Role + Sync>(
    State(api): State<Api>,
    id: PathId<JobId>,
    command: Command<R>,
) -> Result<Response, ApiError> {
    let (engine, id) = (api.engine.clone(), id.get());
    api.run(async move {
        let job = engine.verify_job(command.call(), &id).await?;
        Ok(command.done(StatusCode::OK, &job))
    })
    .await
}

/// For the sender, or the operator in the sender's place.
pub(crate) async fn cancel<R: Role + Sync>(
    State(api): State<Api>,
    id: PathId<JobId>,
    command: Command<R>,
) -> Result<Response, ApiError> {
    let (engine, id) = (api.engine.clone(), id.get());
    api.run(async move {
        let job = engine.cancel_job(command.call(), &id).await?;
        Ok(command.done(StatusCode::OK, &job))
    })
    .await
}

/// For the receiver, or the operator in the receiver's place.
pub(crate) async fn release<R: Role + Sync>(
    State(api): State<Api>,
    id: PathId<JobId>,
    command: Command<R>,
) -> Result<Response, ApiError> {
    let (engine, id) = (api.engine.clone(), id.get());
    api.run(async move {
        let job = engine.release_job(command.call(), &id).await?;
        Ok(command.done(StatusCode::OK, &job))
    })
    .await
}
