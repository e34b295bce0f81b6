//! An answer of Stripe, read within bounds.

use std::time::Duration;

use clawrk_core::time::Timestamp;
use reqwest::Response;
use reqwest::header::{DATE, HeaderMap};
use serde_json::Value;

/// How much of an answer is read. A page of a hundred transfers is a tenth of it.
pub const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How much of a request's id is kept.
const REQUEST_ID_CHARS_MAX: usize = 100;
/// The longest wait that a server can ask for.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    /// What time it was there.
    pub(crate) date: Option<Timestamp>,
    /// The body, where it is JSON.
    pub(crate) json: Option<Value>,
}

impl Answer {
    /// Reads an answer to its end; why not, where that fails.
    pub(crate) async fn read(mut response: Response) -> Result<Answer, Cut> {
        let headers = response.headers();
        let (request_id, retry_after) = (request_id(headers), retry_after(headers));
        let date = headers.get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(Timestamp::from_http_date);
        let status = response.status().as_u16();
        let cut = |why| Cut {
            why,
            status,
            request_id: request_id.clone(),
        };
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > ANSWER_BYTES_MAX => {
                    return Err(cut(Why::TooLong));
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => return Err(cut(Why::Broken(error))),
            }
        }
        let json = serde_json::from_slice(&body).ok();
        Ok(Answer {
            status,
            request_id,
            retry_after,
            date,
            json,
        })
    }
}

/// An answer that began and cannot be used.
#[derive(Debug)]
pub(crate) struct Cut {
    pub(crate) why: Why,
    pub(crate) status: u16,
    pub(crate) request_id: Option<String>,
}

#[derive(Debug)]
pub(crate) enum Why {
    TooLong,
    Broken(reqwest::Error),
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    let text = headers.get("request-id")?.to_str().ok()?;
    let kept: String = text.chars().take(REQUEST_ID_CHARS_MAX).collect();
    (!kept.is_empty()).then_some(kept)
}

/// Whole seconds; the other form, a date, Stripe does not send.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?;
    let asked = Duration::from_secs(text.trim().parse().ok()?);
    Some(asked.min(RETRY_AFTER_MAX))
}
