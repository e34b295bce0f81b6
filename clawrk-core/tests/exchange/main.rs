//! The engine over the memory store: money, time, repeats, failures, and the audit of it all.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod audit;
mod buying;
mod counting;
mod damage;
mod doubt;
mod keys;
mod lists;
mod login;
mod pages;
// The test kit depends on core, so core cannot depend on it.
#[path = "../../../clawrk-testkit/src/payments.rs"]
#[expect(unreachable_pub, reason = "it is public there")]
mod payments;
mod runs;
mod support;
mod tampered;
mod terms;
mod tick;
