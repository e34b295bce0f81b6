//! Webhook endpoints.

use super::book::Book;
use super::version::VERSION;

/// Where Stripe posts events to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its address.
    pub url: String,
    /// What its posts are signed with.
    pub secret: String,
    /// The version of the interface that its events are written in.
    pub version: String,
    /// Whether it is told of connected accounts, or of the exchange's own objects.
    pub connect: bool,
}

impl Endpoint {
    /// An endpoint for the exchange's own objects, in the newest version.
    pub fn own(url: &str, secret: &str) -> Endpoint {
        Endpoint {
            url: url.to_owned(),
            secret: secret.to_owned(),
            version: VERSION.to_owned(),
            connect: false,
        }
    }

    /// An endpoint for connected accounts, in the newest version.
    pub fn connect(url: &str, secret: &str) -> Endpoint {
        Endpoint {
            connect: true,
            ..Endpoint::own(url, secret)
        }
    }

    /// The same in another version.
    #[must_use]
    pub fn in_version(mut self, version: &str) -> Endpoint {
        version.clone_into(&mut self.version);
        self
    }
}

impl Book {
    /// Posts to that endpoint too, what happens from now on.
    pub fn add_endpoint(&mut self, endpoint: Endpoint) {
        self.endpoints.push(endpoint);
    }
}
