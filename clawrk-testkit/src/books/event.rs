//! Events: what Stripe tells by itself.

use serde_json::{Value, json};

use super::book::{Book, Cause};
use super::shelf::Item;
use super::version::{self, VERSION};

/// Something that happened. What it shows is as it was then.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its id.
    pub id: String,
    /// When it happened, in seconds since 1970.
    pub created: i64,
    /// Its type, such as `invoice.paid`.
    pub kind: String,
    /// The connected account that it is of.
    pub account: Option<String>,
    object: Value,
    cause: Cause,
    pending: usize,
}

impl Event {
    /// The event in a version of the interface.
    pub(super) fn render_in(&self, version: &str, livemode: bool) -> Value {
        let mut shown = json!({
            "id": self.id,
            "object": "event",
            "api_version": version,
            "created": self.created,
            "data": { "object": version::render(&self.object, version) },
            "livemode": livemode,
            "pending_webhooks": self.pending,
            "request": {
                "id": self.cause.request_id,
                "idempotency_key": self.cause.idempotency_key,
            },
            "type": self.kind,
        });
        if let Some(account) = &self.account {
            shown["account"] = account.as_str().into();
        }
        shown
    }
}

impl Item for Event {
    const NAME: &'static str = "event";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, livemode: bool) -> Value {
        self.render_in(VERSION, livemode)
    }
}

impl Book {
    /// Notes what happened, and sends it to whom it concerns.
    pub(super) fn emit(
        &mut self,
        kind: &str,
        object: Value,
        account: Option<String>,
        cause: &Cause,
    ) {
        let connect = account.is_some();
        let id = self.id("evt", 23);
        let pending = self.post(&id, connect);
        let event = Event {
            id,
            created: self.now(),
            kind: kind.to_owned(),
            account,
            object,
            cause: cause.clone(),
            pending,
        };
        self.events.put(event);
    }

    /// Tells of something that the fake does not model: a type and an object of one's own.
    pub fn tell(&mut self, kind: &str, object: Value, account: Option<&str>) {
        let account = account.map(str::to_owned);
        self.emit(kind, object, account, &Cause::default());
    }

    /// All that was told, oldest first.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.events.iter()
    }
}
