//! Models against real sockets: what is sent to each provider, and what is made of every kind of
//! answer and of every way to get none.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod answers;
mod asked;
mod fallbacks;
mod peer;
mod questions;
mod retries;
mod secrets;
mod settings;
#[cfg(target_os = "linux")]
mod tls;
mod transport;
