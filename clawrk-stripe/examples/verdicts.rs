//! Says of webhooks whether they are Stripe's: rows of JSON in (`body`, `secret`, `header`, `now`
//! in seconds), `true` or `false` out. For comparing with what Stripe's own libraries say.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for a test, which fails by a panic"
)]

use std::io::{BufRead, stdin};

use clawrk_core::payments::{Payments, WebhookError};
use clawrk_core::time::Timestamp;
use clawrk_stripe::Stripe;
use serde_json::Value;
use tokio::runtime::Handle;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    for line in stdin().lock().lines() {
        let row: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let text = |name: &str| row[name].as_str().unwrap();
        let stripe = Stripe::builder("sk_test_ofTheOracles1", Handle::current())
            .webhook_secrets(text("secret"))
            .build()
            .unwrap();
        let now = Timestamp::from_millis(row["now"].as_i64().unwrap() * 1_000);
        let read = stripe.read_webhook(text("body").as_bytes(), text("header"), now);
        // A body is read only once its signature was found good.
        println!("{}", matches!(read, Ok(_) | Err(WebhookError::Body(_))));
    }
}
