//! Pages of other origins that may ask the server from a browser.

use std::time::Duration;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, LINK, RETRY_AFTER};
use axum::http::{HeaderName, Method, Uri};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::request_id;

/// How long a browser may remember what it was allowed.
const MAX_AGE: Duration = Duration::from_secs(3_600);

/// Which origins these are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origins {
    /// None: a browser lets no other page read an answer.
    None,
    /// All of them.
    Any,
    /// These, as a browser writes them.
    Only(Vec<HeaderValue>),
}

impl Origins {
    /// Nothing, `*`, or origins with commas between them.
    pub(crate) fn parse(text: &str) -> Result<Origins, String> {
        match text.trim() {
            "" => Ok(Origins::None),
            "*" => Ok(Origins::Any),
            text => {
                let origins = text.split(',').map(|text| origin(text.trim()));
                Ok(Origins::Only(origins.collect::<Result<_, _>>()?))
            }
        }
    }
}

/// An origin, in the one form that a browser sends: anything else would never match.
fn origin(text: &str) -> Result<HeaderValue, String> {
    let wrong = || {
        format!(
            "`{text}` is no origin; write them as a browser sends them, like \
             https://app.example.com or http://localhost:5173, with commas between, or `*` alone"
        )
    };
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    let default_port = match uri.scheme_str() {
        Some("https") => 443,
        Some("http") => 80,
        _ => return Err(wrong()),
    };
    let authority = uri.authority().ok_or_else(wrong)?.as_str();
    let written = format!("{}://{authority}", uri.scheme_str().unwrap_or_default());
    let fits = written == text
        && text == text.to_ascii_lowercase()
        && !authority.contains(['@', '*'])
        && uri.port_u16() != Some(default_port);
    match HeaderValue::try_from(text) {
        Ok(value) if fits => Ok(value),
        _ => Err(wrong()),
    }
}

/// Lets browsers hand answers to pages of these origins. A bearer is sent by the page itself, so
/// no cookies are allowed.
pub(crate) fn with(router: Router, origins: &Origins) -> Router {
    let origins = match origins {
        Origins::None => return router,
        Origins::Any => AllowOrigin::any(),
        Origins::Only(origins) => AllowOrigin::list(origins.clone()),
    };
    let taken = [
        AUTHORIZATION,
        CONTENT_TYPE,
        HeaderName::from_static("idempotency-key"),
        HeaderName::from_static("last-event-id"),
        request_id::HEADER,
    ];
    let shown = [
        LINK,
        RETRY_AFTER,
        HeaderName::from_static("idempotent-replayed"),
        request_id::HEADER,
    ];
    let cors = CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::DELETE])
        .allow_headers(taken)
        .expose_headers(shown)
        .max_age(MAX_AGE);
    router.layer(cors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_written_as_browsers_do() {
        assert_eq!(Origins::parse(" "), Ok(Origins::None));
        assert_eq!(Origins::parse("*"), Ok(Origins::Any));
        let two = ["https://app.example.com", "http://localhost:5173"];
        let values = two.map(HeaderValue::from_static).to_vec();
        assert_eq!(Origins::parse(&two.join(", ")), Ok(Origins::Only(values)));
        for wrong in [
            "app.example.com",
            "https://app.example.com/",
            "https://App.example.com",
            "https://app.example.com:443",
            "http://app.example.com:80",
            "https://u@app.example.com",
            "https://*.example.com",
            "ftp://app.example.com",
            "null",
            "https://a.example, *",
            "https://a.example,",
            "https://",
        ] {
            assert!(Origins::parse(wrong).is_err(), "{wrong}");
        }
    }
}
