//! An answer of a provider, read within bounds.

use std::time::Duration;

use clawrk_core::time::Timestamp;
use reqwest::Response;
use reqwest::header::{DATE, HeaderMap, LOCATION, RETRY_AFTER};
use serde_json::Value;

/// How much is read of an answer that says why there is none.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// How long the provider asks to wait before the next request.
    pub(crate) retry_after: Option<Duration>,
    /// Whether the provider says that asking again is of no use.
    pub(crate) is_final: bool,
    /// Where it says that the answer is.
    pub(crate) location: Option<String>,
    /// The body, where it is JSON.
    pub(crate) json: Option<Value>,
}

/// Why an answer was not read to its end.
#[derive(Debug)]
pub(crate) enum Cut {
    TooLong,
    Broken(reqwest::Error),
}

impl Answer {
    /// Reads an answer to its end, or as far as it may be long. Of one that is no success the
    /// status counts, whatever became of the rest.
    pub(crate) async fn read(response: Response, bytes_max: usize) -> Result<Answer, Cut> {
        let headers = response.headers();
        let mut answer = Answer {
            status: response.status().as_u16(),
            retry_after: retry_after(headers),
            is_final: text(headers, "x-should-retry") == Some("false"),
            location: text(headers, LOCATION.as_str()).map(str::to_owned),
            json: None,
        };
        if answer.is_success() {
            answer.json = serde_json::from_slice(&body(response, bytes_max).await?).ok();
        } else if let Ok(body) = body(response, ERROR_BYTES_MAX).await {
            answer.json = serde_json::from_slice(&body).ok();
        }
        Ok(answer)
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..=299).contains(&self.status)
    }
}

async fn body(mut response: Response, bytes_max: usize) -> Result<Vec<u8>, Cut> {
    let told = response.content_length().unwrap_or(0);
    if usize::try_from(told).map_or(true, |told| told > bytes_max) {
        return Err(Cut::TooLong);
    }
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if chunk.len() > bytes_max - body.len() => return Err(Cut::TooLong),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) => return Err(Cut::Broken(error)),
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// Whole seconds, or a date. How far away that is, the answer tells itself: it has its own date,
/// and the clock here may be another.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let asked = text(headers, RETRY_AFTER.as_str())?;
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = Timestamp::from_http_date(asked)?;
    let now = Timestamp::from_http_date(text(headers, DATE.as_str())?)?;
    Some(then.since(now))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn asked(after: &str, date: Option<&str>) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(after).unwrap());
        if let Some(date) = date {
            headers.insert(DATE, HeaderValue::from_str(date).unwrap());
        }
        retry_after(&headers).map(|it| it.as_secs())
    }

    #[test]
    fn a_provider_asks_for_seconds_or_until_a_date() {
        const NOON: &str = "Tue, 01 Dec 2026 12:00:00 GMT";
        for (after, date, expected) in [
            ("0", None, Some(0)),
            (" 7 ", None, Some(7)),
            ("Tue, 01 Dec 2026 12:00:05 GMT", Some(NOON), Some(5)),
            ("Tue, 01 Dec 2026 11:00:00 GMT", Some(NOON), Some(0)),
            ("Tue, 01 Dec 2026 12:00:05 GMT", None, None),
            ("Tue, 01 Dec 2026 12:00:05 GMT", Some("noon"), None),
            ("soon", Some(NOON), None),
            ("-1", None, None),
            ("99999999999999999999999", None, None),
        ] {
            assert_eq!(asked(after, date), expected, "{after} {date:?}");
        }
    }
}
