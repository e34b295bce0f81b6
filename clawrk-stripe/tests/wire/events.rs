//! Events, signed, and what is made of them.

use clawrk_core::payments::{News, Owner, Payments, WebhookError, WebhookEvent};
use clawrk_core::time::Timestamp;
use clawrk_stripe::Stripe;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::runtime::{Handle, Runtime};

use crate::peer::KEY;

pub(crate) const SECRET: &str = "whsec_test";
pub(crate) const SECONDS: i64 = 1_790_000_000;

pub(crate) fn stripe(runtime: Handle) -> Stripe {
    let builder = Stripe::builder(KEY, runtime).url("http://127.0.0.1:1");
    builder.webhook_secrets(SECRET).build().unwrap()
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(SECONDS * 1_000)
}

pub(crate) fn sign(body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("{SECONDS}.").as_bytes());
    mac.update(body);
    let hex: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("t={SECONDS},v1={hex}")
}

/// What is made of bytes that were signed rightly.
pub(crate) fn read_bytes(body: &[u8]) -> Result<WebhookEvent, WebhookError> {
    let runtime = Runtime::new().unwrap();
    stripe(runtime.handle().clone()).read_webhook(body, &sign(body), now())
}

pub(crate) fn event(kind: &str, object: &Value) -> Value {
    json!({
        "id": "evt_1",
        "object": "event",
        "api_version": "2026-08-26.dahlia",
        "type": kind,
        "created": 1_789_999_990,
        "livemode": false,
        "data": {"object": object},
    })
}

pub(crate) fn read(event: &Value) -> WebhookEvent {
    read_bytes(event.to_string().as_bytes()).unwrap()
}

pub(crate) fn news(kind: &str, object: &Value) -> News {
    read(&event(kind, object)).news
}

pub(crate) fn unusable(news: News) -> String {
    match news {
        News::Unusable(why) => why,
        other => panic!("it was used: {other:?}"),
    }
}

pub(crate) fn merge(mut object: Value, fields: Value) -> Value {
    object
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    object
}

pub(crate) fn noted() -> Value {
    json!({"clawrk_user": "alice", "clawrk_tier": "pro", "clawrk_store": "st_1"})
}

pub(crate) fn owner() -> Owner {
    let text = |it: &str| Some(it.to_owned());
    Owner {
        user: text("alice"),
        tier: text("pro"),
        store: text("st_1"),
        customer: text("cus_1"),
    }
}
