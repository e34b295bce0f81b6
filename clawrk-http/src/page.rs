//! Pages of lists: what a query asks for, and the link to the next one.

use axum::extract::Query;
use axum::http::header::LINK;
use axum::http::{HeaderValue, Uri};
use axum::response::Response;
use clawrk_core::error::Code;

use crate::error::ApiError;

/// The most rows that a query may ask for.
const LIMIT_MAX: usize = 100;

/// A page that a query asks for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) cursor: Option<String>,
    /// 1 to 100, where it was said.
    pub(crate) limit: Option<usize>,
}

impl Asked {
    /// The cursor and the limit of a query.
    pub(crate) fn of(uri: &Uri) -> Result<Asked, ApiError> {
        let limit = value(uri, "limit").map(|text| {
            let number = text.parse().ok();
            let fits = number.filter(|limit| (1..=LIMIT_MAX).contains(limit));
            fits.ok_or_else(|| {
                let text = format!("`limit` must be a whole number from 1 to {LIMIT_MAX}");
                ApiError::new(Code::InvalidRequest, text)
            })
        });
        Ok(Asked {
            cursor: cursor(uri),
            limit: limit.transpose()?,
        })
    }
}

/// The cursor of a query.
pub(crate) fn cursor(uri: &Uri) -> Option<String> {
    value(uri, "cursor")
}

fn value(uri: &Uri, name: &str) -> Option<String> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).ok()?;
    let pair = pairs.into_iter().find(|(found, _)| found == name);
    pair.map(|(_, value)| value)
}

/// Adds where the next page is, as seen by a client, below whatever the router is nested in.
pub(crate) fn with_next(
    mut response: Response,
    path: &str,
    limit: Option<usize>,
    next: Option<String>,
) -> Response {
    let limit = limit.map_or(String::new(), |limit| format!("limit={limit}&"));
    let link = next.map(|next| format!("<{path}?{limit}cursor={next}>; rel=\"next\""));
    if let Some(Ok(link)) = link.map(HeaderValue::try_from) {
        response.headers_mut().insert(LINK, link);
    }
    response
}
