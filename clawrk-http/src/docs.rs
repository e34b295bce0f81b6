//! A page that shows the description of the API, and lets people try it.
//!
//! Swagger UI, with its files in the binary: the page asks nobody but the server that gave it.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::Response;
use utoipa_swagger_ui::Config;

use crate::error::ApiError;
use crate::table::Table;

/// What it names is found beside it, wherever the router is nested.
const PAGE: &str = r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The API of clawrk</title>
<link rel="icon" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"##;

/// A key that was typed in is forgotten with the page.
const START: &str = r##"SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#page",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
});
"##;

/// Nothing from elsewhere; styles alone may stand in the page, where Swagger UI puts them.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// Adds the page and its files.
pub(crate) fn pages(table: Table) -> Table {
    table
        .page("/docs", || async { text("text/html; charset=utf-8", PAGE) })
        .page("/docs/start.js", || async {
            text("text/javascript", START)
        })
        .page("/docs/swagger-ui.css", || file("swagger-ui.css"))
        .page("/docs/swagger-ui-bundle.js", || {
            file("swagger-ui-bundle.js")
        })
        .page("/docs/favicon-32x32.png", || file("favicon-32x32.png"))
}

/// A file of Swagger UI.
async fn file(name: &'static str) -> Result<Response, ApiError> {
    match utoipa_swagger_ui::serve(name, Arc::new(Config::default())) {
        Ok(Some(file)) => {
            let body = match file.bytes {
                Cow::Borrowed(bytes) => Body::from(bytes),
                Cow::Owned(bytes) => Body::from(bytes),
            };
            Ok(answer(&file.content_type, body))
        }
        Ok(None) | Err(_) => {
            tracing::error!(name, "a file of the page /docs is not in the binary");
            Err(ApiError::internal())
        }
    }
}

fn text(media: &'static str, text: &'static str) -> Response {
    answer(media, Body::from(text))
}

fn answer(media: &str, body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = [
        (CONTENT_TYPE, media),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "max-age=3600"),
    ];
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
