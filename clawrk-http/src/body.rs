//! Bodies as bytes, within their limit.

use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, EXPECT};
use http_body_util::{BodyExt, Limited};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use crate::error::ApiError;
use crate::limits::Limits;

/// How much of a refused body is read and thrown away, so that a client that sends everything
/// before it listens gets to see the refusal.
const DRAINED_BYTES_MAX: usize = 16 << 20;

/// How long that may take.
const DRAIN_MAX: Duration = Duration::from_secs(2);

/// The whole body.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    limits: &Limits,
) -> Result<Vec<u8>, ApiError> {
    read_up_to(limits.body_bytes_max, headers, body, limits).await
}

/// The whole body, which may be so many bytes long.
pub(crate) async fn read_up_to(
    limit: usize,
    headers: &HeaderMap,
    body: Body,
    limits: &Limits,
) -> Result<Vec<u8>, ApiError> {
    let too_large = || ApiError::too_large(format!("the body is over {limit} bytes"));
    if announced(headers).is_some_and(|length| length > limit) {
        refuse(headers, body).await;
        return Err(too_large());
    }
    let mut body = body;
    let late = |_| ApiError::malformed("the body did not arrive in time; send it faster");
    match timeout(limits.body_timeout, collect(limit, &mut body, limits)).await {
        Ok(Collected::Whole(whole)) => Ok(whole),
        Ok(Collected::TooLarge) => {
            refuse(headers, body).await;
            Err(too_large())
        }
        Ok(Collected::Broken(error)) => {
            tracing::debug!(%error, "a body broke off");
            Err(ApiError::malformed("the body could not be read to its end"))
        }
        Ok(Collected::Stalled(elapsed)) | Err(elapsed) => Err(late(elapsed)),
    }
}

/// What came of a body.
enum Collected {
    Whole(Vec<u8>),
    TooLarge,
    Broken(axum::Error),
    Stalled(Elapsed),
}

async fn collect(limit: usize, body: &mut Body, limits: &Limits) -> Collected {
    let mut whole = Vec::new();
    loop {
        let frame = match timeout(limits.body_stall_timeout, body.frame()).await {
            Ok(None) => return Collected::Whole(whole),
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(error))) => return Collected::Broken(error),
            Err(elapsed) => return Collected::Stalled(elapsed),
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if data.len() > limit.saturating_sub(whole.len()) {
            return Collected::TooLarge;
        }
        whole.extend_from_slice(&data);
    }
}

/// Gets rid of a body that nobody will look at. A client that waits for leave to send it is not
/// given that leave.
pub(crate) async fn refuse(headers: &HeaderMap, body: Body) {
    if !headers.contains_key(EXPECT) {
        let mut rest = Limited::new(body, DRAINED_BYTES_MAX);
        let drain = async { while let Some(Ok(_)) = rest.frame().await {} };
        // Whether it ends or not, the refusal goes out next.
        let _ = timeout(DRAIN_MAX, drain).await;
    }
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
