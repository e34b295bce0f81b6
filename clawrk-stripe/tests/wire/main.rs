//! The client against real sockets: what it sends, and what it makes of every kind of answer and
//! of every way to get none.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod answers;
mod events;
mod invoices;
mod objects;
mod peer;
mod requests;
mod secrets;
mod settings;
#[cfg(target_os = "linux")]
mod tls;
mod transport;
mod webhooks;
