//! The exchange with a language model: what it does with good answers, bad ones, late ones and
//! none.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod cassettes;
mod crash;
mod failures;
mod keys;
mod life;
mod limits;
mod overdue;
mod races;
mod world;
