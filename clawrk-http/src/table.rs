//! Routes and what they say of themselves, in one list.

use axum::Router;
use axum::handler::Handler;
use axum::http::HeaderValue;
use axum::routing::{MethodRouter, any};
use utoipa::openapi::Paths;
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::tag::{Tag, TagBuilder};

use crate::api::Api;
use crate::openapi::{About, Document, Takes};
use crate::unserved;

/// A method of a route.
pub(crate) struct Verb {
    method: HttpMethod,
    about: About,
    mount: Box<dyn FnOnce(MethodRouter<Api>) -> MethodRouter<Api>>,
}

pub(crate) fn get<H, T>(handler: H, about: About) -> Verb
where
    H: Handler<T, Api> + Takes<T>,
    T: 'static,
{
    Verb::new::<H, T>(HttpMethod::Get, about, |route| route.get(handler))
}

pub(crate) fn post<H, T>(handler: H, about: About) -> Verb
where
    H: Handler<T, Api> + Takes<T>,
    T: 'static,
{
    Verb::new::<H, T>(HttpMethod::Post, about, |route| route.post(handler))
}

pub(crate) fn delete<H, T>(handler: H, about: About) -> Verb
where
    H: Handler<T, Api> + Takes<T>,
    T: 'static,
{
    Verb::new::<H, T>(HttpMethod::Delete, about, |route| route.delete(handler))
}

impl Verb {
    fn new<H: Takes<T>, T>(
        method: HttpMethod,
        mut about: About,
        mount: impl FnOnce(MethodRouter<Api>) -> MethodRouter<Api> + 'static,
    ) -> Verb {
        H::describe(&mut about);
        Verb {
            method,
            about,
            mount: Box::new(mount),
        }
    }

    fn allows(&self) -> &'static str {
        match self.method {
            HttpMethod::Get => "GET,HEAD",
            HttpMethod::Post => "POST",
            HttpMethod::Put => "PUT",
            HttpMethod::Delete => "DELETE",
            HttpMethod::Options => "OPTIONS",
            HttpMethod::Head => "HEAD",
            HttpMethod::Patch => "PATCH",
            HttpMethod::Trace => "TRACE",
        }
    }
}

/// All routes. A route gets in only together with its description.
#[derive(Default)]
pub(crate) struct Table {
    guarded: Router<Api>,
    open: Router<Api>,
    paths: Paths,
    tags: Vec<Tag>,
}

impl Table {
    /// Routes from here on are of that kind.
    pub(crate) fn kind(mut self, name: &str, what: &str) -> Table {
        let tag = TagBuilder::new().name(name).description(Some(what));
        self.tags.push(tag.build());
        self
    }

    /// A route that wants a token. Which methods it takes is told only to who has one, so axum,
    /// which would tell everybody, is kept from it.
    pub(crate) fn route<const N: usize>(mut self, path: &'static str, verbs: [Verb; N]) -> Table {
        let allows = verbs.each_ref().map(Verb::allows).join(",");
        let allows = HeaderValue::try_from(allows).unwrap_or(HeaderValue::from_static(""));
        let refused = any(move |api, request| unserved::method(allows.clone(), api, request));
        let route = self.describe(path, verbs, refused);
        self.guarded = self.guarded.route(path, route);
        self
    }

    /// A route that needs no token.
    pub(crate) fn open<const N: usize>(mut self, path: &'static str, verbs: [Verb; N]) -> Table {
        let route = self.describe(path, verbs, MethodRouter::new());
        self.open = self.open.route(path, route);
        self
    }

    /// A page for people, which is no part of the API and of its description.
    pub(crate) fn page<H, T>(mut self, path: &'static str, handler: H) -> Table
    where
        H: Handler<T, Api>,
        T: 'static,
    {
        self.open = self.open.route(path, axum::routing::get(handler));
        self
    }

    fn describe<const N: usize>(
        &mut self,
        path: &'static str,
        verbs: [Verb; N],
        mut route: MethodRouter<Api>,
    ) -> MethodRouter<Api> {
        let tag = self.tags.last().map_or("", |tag| tag.name.as_str());
        for verb in verbs {
            let operation = verb.about.operation(tag);
            let methods = vec![verb.method];
            self.paths.add_path_operation(path, methods, operation);
            route = (verb.mount)(route);
        }
        route
    }

    /// Only what the routes say of themselves.
    pub(crate) fn described(self) -> (Paths, Vec<Tag>) {
        (self.paths, self.tags)
    }

    /// The routes, with their description in the API that they share.
    pub(crate) fn serve(self, api: &mut Api) -> Router<Api> {
        api.document = Document::new(self.paths, self.tags, &api.engine).into();
        let open = self.open;
        self.guarded
            .merge(open.method_not_allowed_fallback(unserved::open_method))
    }
}
