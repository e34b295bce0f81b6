//! Webhook endpoints.

use super::book::Book;
use super::signature::{mac, sign};
use super::version::VERSION;

/// Where Stripe posts events to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its address.
    pub url: String,
    /// What its posts are signed with.
    pub secret: String,
    /// The secret before this one, while both count: posts are signed with each.
    pub old_secret: Option<String>,
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
            old_secret: None,
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

    /// The same, in the hours in which an older secret counts too.
    #[must_use]
    pub fn rolled_from(mut self, old_secret: &str) -> Endpoint {
        self.old_secret = Some(old_secret.to_owned());
        self
    }

    /// The header of a body that is posted at that time, in seconds since 1970. Of play money, it
    /// has a part of an unknown scheme too, which is to be passed over.
    pub(super) fn sign(&self, time: i64, body: &[u8], livemode: bool) -> String {
        let mut header = sign(&self.secret, time, body);
        if let Some(old) = &self.old_secret {
            header.push_str(",v1=");
            header.push_str(&mac(old, time, body));
        }
        if !livemode {
            header.push_str(",v0=");
            header.push_str(&mac("of another scheme", time, body));
        }
        header
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
