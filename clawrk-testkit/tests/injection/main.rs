//! Everything that somebody could try to talk a language model into, with a model that lets itself
//! be talked into anything. It may pass what it is told to pass, if it can show a passage; it may
//! not pass what fails a gate or has no such passage, and it never moves money, parties or terms.
//!
//! What came of each payload is in `outcomes.txt`. A test that finds another outcome says what to
//! write there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod asked;
mod judged;
mod oracle;
mod outcomes;
mod payloads;
mod tape;
#[path = "../models/world.rs"]
#[allow(dead_code, reason = "the tests in models use all of it")]
mod world;
