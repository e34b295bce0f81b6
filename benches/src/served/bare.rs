//! A route of axum that does nothing: the same bytes with the same headers, without an exchange.

use std::io;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::served::wire::Answer;

/// Headers that the server makes for each answer.
const MADE: [&str; 4] = ["date", "content-length", "connection", "transfer-encoding"];

/// Serves an answer at the path of a job, for ever. `ready` is told the address.
///
/// # Errors
/// What the system says.
pub fn serve(runtime: &Runtime, answer: Answer, ready: impl FnOnce(String)) -> io::Result<()> {
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| !MADE.contains(&&**name));
    let headers: Result<HeaderMap, io::Error> = headers
        .map(|(name, value)| {
            let name = name.parse::<HeaderName>().map_err(io::Error::other)?;
            let value = value.parse::<HeaderValue>().map_err(io::Error::other)?;
            Ok((name, value))
        })
        .collect();
    let (headers, body) = (headers?, Bytes::from(answer.body));
    let show = move |Path(_): Path<String>| {
        let answer = (headers.clone(), body.clone());
        async move { answer }
    };
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        ready(format!("listening on http://{}", listener.local_addr()?));
        axum::serve(listener, Router::new().route("/api/jobs/{id}", get(show))).await
    })
}
