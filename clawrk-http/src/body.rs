//! Bodies as bytes, within their limit.

use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, EXPECT};
use http_body_util::{BodyExt, Limited};
use tokio::time::timeout;

use crate::error::ApiError;

/// How long a body may take to arrive.
const ARRIVAL_MAX: Duration = Duration::from_secs(30);

/// How much of a refused body is read and thrown away, so that a client that sends everything
/// before it listens gets to see the refusal.
const DRAINED_BYTES_MAX: usize = 16 << 20;

/// How long that may take.
const DRAIN_MAX: Duration = Duration::from_secs(2);

/// The whole body.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<Vec<u8>, ApiError> {
    let too_large = || ApiError::too_large(format!("the body is over {limit} bytes"));
    if announced(headers).is_some_and(|length| length > limit) {
        refuse(headers, body).await;
        return Err(too_large());
    }
    let mut body = body;
    match timeout(ARRIVAL_MAX, collect(&mut body, limit)).await {
        Ok(Ok(Some(whole))) => Ok(whole),
        Ok(Ok(None)) => {
            refuse(headers, body).await;
            Err(too_large())
        }
        Ok(Err(error)) => {
            tracing::debug!(%error, "a body broke off");
            Err(ApiError::malformed("the body could not be read to its end"))
        }
        Err(_) => Err(ApiError::malformed(format!(
            "the body did not arrive within {} seconds",
            ARRIVAL_MAX.as_secs()
        ))),
    }
}

/// The bytes of a body; none where it is over the limit.
async fn collect(body: &mut Body, limit: usize) -> Result<Option<Vec<u8>>, axum::Error> {
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        if data.len() > limit.saturating_sub(whole.len()) {
            return Ok(None);
        }
        whole.extend_from_slice(&data);
    }
    Ok(Some(whole))
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
