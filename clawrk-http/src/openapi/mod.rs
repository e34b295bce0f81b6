//! The description of the API, made of the routes as they are served.

mod about;
mod components;
mod money;
mod schema;
mod takes;

use axum::body::Body;
use axum::extract::{OriginalUri, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use clawrk_core::Engine;
use utoipa::openapi::schema::ComponentsBuilder;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::Tag;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Paths, Server};

pub(crate) use about::{About, FAILURES, about};
pub(crate) use schema::{anything, list_of, object, one, payout_status, place, status, text, word};
pub(crate) use takes::Takes;

use crate::api::Api;
use crate::routes;

/// Where it is served, below whatever the router is nested in.
pub(crate) const PATH: &str = "/openapi.json";

/// The scheme of a user's token.
pub(crate) const USER: &str = "user";

/// The scheme of the operator's key.
pub(crate) const OPERATOR: &str = "operator";

/// Stands where a request tells what the router is nested in.
const NESTED_IN: &str = "{nested_in}";

const NOTES: &str = "\
A sender says in plain words what has to be done; that becomes a typed job. A receiver takes it \
and hands in output, or the job's skill makes it; the output is judged by the job's criteria.

A body is read as JSON whatever its `Content-Type` says; members that are not named here are \
ignored. Every refusal has the form of `Error`. A path or a method that is not named here is \
answered with 404 `route_not_found` or 405 `method_not_allowed`; below `/api/`, only to who has a \
valid token, for anyone else it is 401.";

/// The description of the whole API as `/openapi.json` gives it: JSON, by
/// [OpenAPI 3.1](https://spec.openapis.org/oas/v3.1.0.html). The sizes of texts and the names of
/// skills are those of that exchange.
pub fn openapi(engine: &Engine) -> String {
    let (paths, tags) = routes::table().described();
    let mut text = written(document(paths, tags, engine).to_pretty_json());
    text.push('\n');
    text.replace(NESTED_IN, "/")
}

/// The description as it is served.
#[derive(Debug, Default)]
pub(crate) struct Document {
    head: String,
    tail: String,
}

impl Document {
    pub(crate) fn new(paths: Paths, tags: Vec<Tag>, engine: &Engine) -> Document {
        let text = written(document(paths, tags, engine).to_json());
        let (head, tail) = text.split_once(NESTED_IN).unwrap_or_default();
        Document {
            head: head.to_owned(),
            tail: tail.to_owned(),
        }
    }

    /// The description of a router that is nested in that prefix, which is part of a URI: nothing
    /// in it has to be escaped in JSON.
    fn below(&self, prefix: &str) -> String {
        let prefix = if prefix.is_empty() { "/" } else { prefix };
        [&self.head, prefix, &self.tail].concat()
    }
}

/// Serves it.
pub(crate) async fn serve(State(api): State<Api>, OriginalUri(uri): OriginalUri) -> Response {
    let prefix = uri.path().strip_suffix(PATH).unwrap_or_default();
    let mut response = Response::new(Body::from(api.document.below(prefix)));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

/// All names in the document are texts, so it can be written.
fn written(text: Result<String, serde_json::Error>) -> String {
    text.unwrap_or_else(|error| {
        tracing::error!(%error, "the description of the API cannot be written");
        String::new()
    })
}

fn document(paths: Paths, tags: Vec<Tag>, engine: &Engine) -> OpenApi {
    let license = LicenseBuilder::new()
        .name("MIT OR Apache-2.0")
        .identifier(Some("MIT OR Apache-2.0"));
    let info = InfoBuilder::new()
        .title("clawrk")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(NOTES))
        .license(Some(license.build()));
    let mut components = ComponentsBuilder::new()
        .security_scheme(
            USER,
            bearer("An API key, or whatever token the host takes."),
        )
        .security_scheme(OPERATOR, bearer("The admin key. It is no user."));
    for (name, schema) in components::all(engine) {
        components = components.schema(name, schema);
    }
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new(NESTED_IN)]))
        .paths(paths)
        .components(Some(components.build()))
        .tags(Some(tags))
        .build()
}

fn bearer(what: &str) -> SecurityScheme {
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
    SecurityScheme::Http(scheme.description(Some(what)).build())
}
