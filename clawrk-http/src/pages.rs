//! Pages for people whom Stripe sends back: plain, without a script, and each says what is next.

use axum::body::Body;
use axum::extract::{OriginalUri, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use clawrk_core::error::Code;

use crate::api::Api;
use crate::error::ApiError;
use crate::page::Asked;
use crate::table::Table;

/// Nothing from anywhere, but for the styles in the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

const STYLE: &str = "body{font:1.1rem/1.6 system-ui,sans-serif;max-width:34rem;margin:15vh auto;\
    padding:0 1.5rem;color:#222;background:#fff}h1{font-size:1.5rem}\
    @media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}}";

/// What a page says.
struct Page {
    title: &'static str,
    text: &'static str,
}

const PAID: Page = Page {
    title: "Thank you",
    text: "Your payment went through. The credits arrive as soon as Stripe has told us of it, \
           usually within a minute. You can close this page.",
};

const NOT_PAID: Page = Page {
    title: "Nothing was bought",
    text: "You left the payment page before the end, so nothing was charged. Whenever you like, \
           choose a plan again. You can close this page.",
};

const CONNECTED: Page = Page {
    title: "You are back",
    text: "What you told Stripe is being checked. If something is still missing, ask to be \
           connected again and go on where you left. What is owed to you is paid as soon as your \
           account is active. You can close this page.",
};

const LINK_OVER: Page = Page {
    title: "This link is no longer good",
    text: "It has expired, or was not copied whole. Ask to be connected once more: that gives \
           you a new one. Nothing that you told Stripe is lost.",
};

const OFF: Page = Page {
    title: "Nobody is paid here",
    text: "Payments are not switched on at this exchange.",
};

const LATER: Page = Page {
    title: "That did not work just now",
    text: "Stripe, or this exchange, could not answer. Please load the page again in a minute.",
};

/// Adds the pages.
pub(crate) fn pages(table: Table) -> Table {
    table
        .page("/checkout/success", || async {
            page(StatusCode::OK, &PAID)
        })
        .page("/checkout/cancel", || async {
            page(StatusCode::OK, &NOT_PAID)
        })
        .page("/connect/return", || async {
            page(StatusCode::OK, &CONNECTED)
        })
        .page("/connect/refresh", refresh)
}

/// Sends a browser on to a fresh link, whose own has expired or was used. It comes without a
/// bearer: the token in the query was given to nobody but whose account it is.
async fn refresh(State(api): State<Api>, OriginalUri(uri): OriginalUri) -> Response {
    match link(&api, &uri).await {
        Ok(response) => response,
        Err(error) => refused(error.code()),
    }
}

async fn link(api: &Api, uri: &axum::http::Uri) -> Result<Response, ApiError> {
    api.sells()?;
    let mut asked = Asked::of(uri)?;
    let token = asked.text("t")?.unwrap_or_default().to_owned();
    let engine = api.engine.clone();
    api.run(async move {
        let url = engine.refresh_connect(&token).await?;
        // What the provider gives is a URL; anything else is no place to send a browser to.
        let location = HeaderValue::try_from(url).map_err(|_| ApiError::internal())?;
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::FOUND;
        let headers = response.headers_mut();
        headers.insert(LOCATION, location);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        Ok(response)
    })
    .await
}

fn refused(code: Code) -> Response {
    let status = StatusCode::from_u16(code.info().status);
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match code {
        Code::NotConfigured => page(status, &OFF),
        _ if status.is_client_error() => page(status, &LINK_OVER),
        _ => page(status, &LATER),
    };
    response.extensions_mut().insert(code);
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, no_store);
    response
}

fn page(status: StatusCode, page: &Page) -> Response {
    let Page { title, text } = page;
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<p>{text}</p>\n\
         </body>\n</html>\n"
    );
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    let headers: [(HeaderName, &'static str); 5] = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "max-age=3600"),
    ];
    for (name, value) in headers {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
