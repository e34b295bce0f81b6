//! Proves that a store keeps the promises that clawrk relies on, and breaks what can break.
//!
//! Who writes a store writes one test file of about twenty lines:
//!
//! ```no_run
//! use clawrk_core::store::memory::MemoryStore;
//! use clawrk_testkit::suite::Fleeting;
//!
//! clawrk_testkit::store_suite!(Fleeting::new(MemoryStore::new()));
//! ```
//!
//! - [`suite`]: every obligation of [`Store`](clawrk_core::store::Store), one test each.
//! - [`faults`]: a store that refuses, leaves its caller in doubt, hangs or dies at a chosen call.
//! - [`books`]: a fake Stripe that keeps account, fails on demand and repeats with its seed; with
//!   the feature `stripe-http` also over HTTP (`books_http`), and as the program `stripe-books`.
//! - [`busy`]: an exchange with jobs, sales and payouts, and the truth about its money.
//! - [`clock`]: time and ids that a test moves and a seed repeats.
//! - [`invariants`]: what must hold of an exchange at every moment.
//! - [`model`]: a naive exchange to compare the real one with.
//! - [`models`]: language models that say what a test has them say, believe whatever they read, or
//!   play what a real one once said.
//! - [`payments`]: a provider that must not be asked.
//! - [`sim`]: the seeded simulator of a whole exchange.
//! - [`rng`]: randomness that a seed repeats to the bit, on every machine.
//! - [`world`]: an exchange in which everything is there once.
//! - [`run`]: what tests need of an executor.
//!
//! Settings, from the environment, of the tests that draw at random: `CLAWRK_SUITE_SEED` (the
//! suite's batches), `CLAWRK_SIM_SEEDS` (how many simulations), `CLAWRK_SIM_SEED` (the one to run
//! again, aloud), `PROPTEST_CASES` (how many sequences are compared with the model).
//!
//! What is in here fails a test the way tests fail: it panics. It is no part of a program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this crate fails tests, and a test fails by a panic"
)]

pub mod books;
#[cfg(feature = "stripe-http")]
pub mod books_http;
pub mod busy;
pub mod clock;
pub mod faults;
pub mod invariants;
pub mod model;
pub mod models;
pub mod payments;
pub mod rng;
pub mod run;
pub mod sim;
pub mod suite;
pub mod world;
