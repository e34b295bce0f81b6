//! What a route says of itself.

use std::collections::{BTreeMap, BTreeSet};

use clawrk_core::error::Code;
use serde_json::Value;
use utoipa::openapi::path::{Operation, OperationBuilder, Parameter, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{
    AllOfBuilder, ContentBuilder, Header, ObjectBuilder, RefOr, Required, Schema,
};

use super::schema::{count, one, text};

/// What may go wrong wherever the store is asked.
pub(crate) const FAILURES: &[Code] = &[
    Code::Busy,
    Code::StorePoisoned,
    Code::Closed,
    Code::StoreUnavailable,
    Code::OutcomeUnknown,
    Code::StoreCorrupt,
    Code::Internal,
];

/// What a route does, takes and answers. What its handler takes out of the request is added by
/// [`Takes`](super::Takes).
pub(crate) struct About {
    id: &'static str,
    summary: &'static str,
    notes: Option<&'static str>,
    scheme: Option<&'static str>,
    parameters: Vec<Parameter>,
    body: Option<(&'static str, Required)>,
    status: u16,
    answer: ResponseBuilder,
    nothing: Option<(u16, &'static str)>,
    codes: BTreeSet<Code>,
}

/// The description of a route, to begin with: its name for programs, and what it does, for people.
pub(crate) fn about(id: &'static str, summary: &'static str) -> About {
    About {
        id,
        summary,
        notes: None,
        scheme: None,
        parameters: Vec::new(),
        body: None,
        status: 200,
        answer: ResponseBuilder::new(),
        nothing: None,
        codes: BTreeSet::new(),
    }
}

impl About {
    /// What else a caller should know.
    pub(crate) fn notes(mut self, notes: &'static str) -> About {
        self.notes = Some(notes);
        self
    }

    /// The component that its body is.
    pub(crate) fn body(mut self, component: &'static str) -> About {
        self.body = Some((component, Required::True));
        self
    }

    /// The component that its body is, where there is one.
    pub(crate) fn optional_body(mut self, component: &'static str) -> About {
        self.body = Some((component, Required::False));
        self
    }

    /// Its answer in JSON.
    pub(crate) fn gives(self, status: u16, what: &str, schema: impl Into<RefOr<Schema>>) -> About {
        self.gives_nothing(status, what)
            .also("application/json", schema)
    }

    /// Its answer, without a body.
    pub(crate) fn gives_nothing(mut self, status: u16, what: &str) -> About {
        self.status = status;
        self.answer = self.answer.description(what);
        self
    }

    /// What it answers, without a body, where there is nothing to say.
    pub(crate) fn or_nothing(mut self, status: u16, what: &'static str) -> About {
        self.nothing = Some((status, what));
        self
    }

    /// Another form of its answer, for who asks for it with `Accept`.
    pub(crate) fn also(mut self, media: &str, schema: impl Into<RefOr<Schema>>) -> About {
        let content = ContentBuilder::new().schema(Some(schema));
        self.answer = self.answer.content(media, content.build());
        self
    }

    /// A parameter of its query.
    pub(crate) fn query(
        mut self,
        name: &'static str,
        what: &'static str,
        schema: impl Into<RefOr<Schema>>,
    ) -> About {
        self.parameters
            .push(parameter(ParameterIn::Query, name, what, schema));
        self
    }

    /// Its answer comes in pages.
    pub(crate) fn pages(self) -> About {
        let limit = super::schema::integer();
        let limit = limit.minimum(Some(1_usize)).maximum(Some(100_usize));
        self.query("limit", "The most rows of the page.", limit)
            .cursor()
    }

    /// What does not fit into its answer is behind a link.
    pub(crate) fn cursor(self) -> About {
        let cursor = "Where the page begins: what the `Link` of the page before says.";
        self.query("cursor", cursor, text()).links()
    }

    /// Its answer says where the rest is, and its query may be wrong.
    pub(crate) fn links(self) -> About {
        let link = "`<…>; rel=\"next\"`: the next page, where there is one.";
        self.header("Link", link, text())
            .refuses(&[Code::InvalidRequest])
    }

    /// A header of its answer.
    pub(crate) fn header(
        mut self,
        name: &'static str,
        what: &str,
        schema: impl Into<RefOr<Schema>>,
    ) -> About {
        self.take_header(name, what, schema);
        self
    }

    /// Its answer is good for who asked, and not for long: nothing on the way may keep it.
    pub(crate) fn keeps_nothing(self) -> About {
        let what = "The answer is for you alone.";
        self.header("Cache-Control", what, super::schema::word(["no-store"]))
    }

    /// What it may be refused with, besides what any such request may.
    pub(crate) fn refuses(mut self, codes: &[Code]) -> About {
        self.take_codes(codes);
        self
    }

    pub(super) fn take_header(
        &mut self,
        name: &'static str,
        what: &str,
        schema: impl Into<RefOr<Schema>>,
    ) {
        let answer = std::mem::take(&mut self.answer);
        self.answer = answer.header(name, header(what, schema));
    }

    pub(super) fn take_codes(&mut self, codes: &[Code]) {
        self.codes.extend(codes);
    }

    pub(super) fn take_scheme(&mut self, scheme: &'static str) {
        self.scheme = Some(scheme);
    }

    /// A body that nobody looks into, unless the route named another.
    pub(super) fn take_body(&mut self) {
        self.body.get_or_insert(("Nothing", Required::False));
    }

    pub(super) fn take_parameter(
        &mut self,
        place: ParameterIn,
        name: &'static str,
        what: &'static str,
        schema: impl Into<RefOr<Schema>>,
    ) {
        self.parameters.push(parameter(place, name, what, schema));
    }

    /// All of it, in the form of the document.
    pub(crate) fn operation(self, tag: &str) -> Operation {
        let security = self.scheme.map(|scheme| {
            let scopes: [&str; 0] = [];
            SecurityRequirement::new(scheme, scopes)
        });
        let mut operation = OperationBuilder::new()
            .tag(tag)
            .operation_id(Some(self.id))
            .summary(Some(self.summary))
            .description(self.notes)
            .securities(Some(security))
            .response(self.status.to_string(), self.answer);
        for parameter in self.parameters {
            operation = operation.parameter(parameter);
        }
        if let Some((name, required)) = self.body {
            let content = ContentBuilder::new().schema(Some(one(name))).build();
            let body = RequestBodyBuilder::new().content("application/json", content);
            operation = operation.request_body(Some(body.required(Some(required)).build()));
        }
        if let Some((status, what)) = self.nothing {
            let nothing = ResponseBuilder::new().description(what);
            operation = operation.response(status.to_string(), nothing);
        }
        for (status, codes) in by_status(&self.codes) {
            operation = operation.response(status.to_string(), refusal(status, &codes));
        }
        operation.build()
    }
}

fn parameter(
    place: ParameterIn,
    name: &'static str,
    what: &'static str,
    schema: impl Into<RefOr<Schema>>,
) -> Parameter {
    let required = match place {
        ParameterIn::Path => Required::True,
        _ => Required::False,
    };
    let mut parameter = Parameter::new(name);
    parameter.parameter_in = place;
    parameter.required = required;
    parameter.description = Some(what.to_owned());
    parameter.schema = Some(schema.into());
    parameter
}

fn header(what: &str, schema: impl Into<RefOr<Schema>>) -> Header {
    let mut header = Header::new(schema);
    header.description = Some(what.to_owned());
    header
}

fn by_status(codes: &BTreeSet<Code>) -> BTreeMap<u16, Vec<Code>> {
    let mut groups: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        let group = groups.entry(code.info().status).or_default();
        group.push(*code);
    }
    groups
}

/// A refusal with one of these codes, which all have that status.
fn refusal(status: u16, codes: &[Code]) -> Response {
    let meanings = codes.iter().map(|code| {
        let info = code.info();
        format!("- `{}`: {}", info.name, info.meaning)
    });
    let words = codes.iter().map(|code| Value::from(code.as_str()));
    let narrowed = ObjectBuilder::new().property("code", text().enum_values(Some(words)));
    let schema = AllOfBuilder::new().item(one("Error")).item(narrowed);
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let response = ResponseBuilder::new()
        .description(meanings.collect::<Vec<_>>().join("\n"))
        .content("application/json", content);
    let wait = || header("Seconds to wait.", count().minimum(Some(1_usize)));
    match status {
        401 => {
            let scheme = super::schema::word(["Bearer"]);
            response.header(
                "WWW-Authenticate",
                header("How to say who you are.", scheme),
            )
        }
        409 | 429 | 503 => response.header("Retry-After", wait()),
        _ => response,
    }
    .build()
}
