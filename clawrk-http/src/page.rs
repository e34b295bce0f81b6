//! What the query of a list asks for, and the link to its next page.

use std::fmt::Write;

use axum::extract::Query;
use axum::http::header::LINK;
use axum::http::{HeaderValue, Uri};
use axum::response::Response;
use clawrk_core::engine::PageRequest;
use clawrk_core::error::Code;

use crate::error::ApiError;

/// The most rows that a query may ask for.
const LIMIT_MAX: usize = 100;

/// How many rows a page has where neither the query nor the list says.
pub(crate) const ROWS_DEFAULT: usize = 100;

/// The query of a list. What is asked of it is what the link to the next page repeats.
#[derive(Debug)]
pub(crate) struct Asked {
    path: String,
    pairs: Vec<(String, String)>,
    kept: Vec<(&'static str, String)>,
}

impl Asked {
    /// The query of a request, whose path is the one that its client sees.
    pub(crate) fn of(uri: &Uri) -> Result<Asked, ApiError> {
        let unreadable = |_| refusal("the query cannot be read; write it as `name=value&…`");
        let Query(pairs) = Query::try_from_uri(uri).map_err(unreadable)?;
        Ok(Asked {
            path: uri.path().to_owned(),
            pairs,
            kept: Vec::new(),
        })
    }

    /// The value of a parameter, if it is there.
    pub(crate) fn text(&mut self, name: &'static str) -> Result<Option<&str>, ApiError> {
        let value = self.once(name)?.map(str::to_owned);
        Ok(match value {
            Some(value) => {
                self.kept.push((name, value));
                self.kept.last().map(|(_, value)| value.as_str())
            }
            None => None,
        })
    }

    /// What a parameter chooses of these, if it is there.
    pub(crate) fn choice<T: Copy>(
        &mut self,
        name: &'static str,
        choices: &[(&str, T)],
    ) -> Result<Option<T>, ApiError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let chosen = choices.iter().find(|(word, _)| *word == text);
        let chosen = chosen.map(|(_, choice)| *choice).ok_or_else(|| {
            let words = choices.iter().map(|(word, _)| format!("`{word}`"));
            let words = words.collect::<Vec<_>>().join(", ");
            refusal(format!("`{name}` must be one of {words}"))
        });
        chosen.map(Some)
    }

    /// A parameter that is a whole number in that range, if it is there.
    pub(crate) fn number(
        &mut self,
        name: &'static str,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<Option<u64>, ApiError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let number = whole(text).filter(|number| range.contains(number));
        let number = number.ok_or_else(|| {
            let (least, most) = range.into_inner();
            refusal(format!(
                "`{name}` must be a whole number from {least} to {most}"
            ))
        });
        number.map(Some)
    }

    /// The page that it asks for, of that many rows where it does not say.
    pub(crate) fn page(&mut self, rows: usize) -> Result<PageRequest, ApiError> {
        let limit = self.number("limit", 1..=LIMIT_MAX as u64)?;
        let limit = limit.and_then(|limit| usize::try_from(limit).ok());
        Ok(PageRequest {
            after: self.once("cursor")?.map(str::to_owned),
            rows: limit.unwrap_or(rows),
            ..PageRequest::first()
        })
    }

    /// Adds where the next page is: the same list, asked in the same way, from there on.
    pub(crate) fn with_next(&self, response: Response, next: Option<String>) -> Response {
        match next {
            Some(next) => self.with_link(response, "cursor", &next),
            None => response,
        }
    }

    /// The same for a list that goes on behind what that parameter says.
    pub(crate) fn with_link(&self, mut response: Response, name: &str, value: &str) -> Response {
        let mut link = format!("<{}?", self.path);
        for (name, value) in self.kept.iter().filter(|(kept, _)| *kept != name) {
            let _ = write!(link, "{name}={}&", encoded(value));
        }
        let _ = write!(link, "{name}={}>; rel=\"next\"", encoded(value));
        if let Ok(link) = HeaderValue::try_from(link) {
            response.headers_mut().insert(LINK, link);
        }
        response
    }

    /// Two values would leave open which of them counts.
    fn once(&self, name: &str) -> Result<Option<&str>, ApiError> {
        let mut values = self.pairs.iter().filter(|(found, _)| found == name);
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(refusal(format!("`{name}` is there twice; give it once"))),
            (value, None) => Ok(value.map(|(_, value)| value.as_str())),
        }
    }
}

pub(crate) fn refusal(text: impl Into<String>) -> ApiError {
    ApiError::new(Code::InvalidRequest, text)
}

/// The number that a text of digits alone is.
pub(crate) fn whole(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// A value as it stands in a query.
fn encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte));
            }
            _ => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}
