//! What durability costs: the exchange on sled, against the disk alone and against sled alone.
//!
//! [`disk`] measures how fast the disk syncs. [`exchange`] is the engine over its default store.
//! [`straight`] writes the very bytes that the exchange would, recorded by [`recorded`], straight
//! into sled, through the least committer that is as durable. [`callers`] has any number of callers
//! ask either at once.

#![allow(
    clippy::float_arithmetic,
    reason = "rates and ratios of measurements, no money"
)]
#![allow(
    clippy::expect_used,
    reason = "a benchmark that fails measures nothing"
)]

pub mod callers;
pub mod conditions;
pub mod contest;
pub mod disk;
pub mod exchange;
pub mod models;
pub mod numbers;
pub mod recorded;
pub mod scale;
pub mod served;
pub mod straight;

use std::sync::LazyLock;
use std::time::Instant;

/// The commands of a job's life, in their order.
pub const COMMANDS: [&str; 4] = ["create", "accept", "submit", "verify"];

/// The time.
#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures; nothing is decided by it"
)]
pub fn now() -> Instant {
    Instant::now()
}

/// A prompt of 1 KiB, as no other.
pub fn prompt(n: usize) -> String {
    let about = "Find out who first wrote about group commit, and what it is called elsewhere";
    text(format!("{n}: {about}."))
}

/// An output of 1 KiB that passes.
pub fn output() -> &'static str {
    static OUTPUT: LazyLock<String> = LazyLock::new(|| {
        let about = "Group commit was first written about by those who built banks.";
        text(about.to_owned())
    });
    &OUTPUT
}

fn text(mut text: String) -> String {
    while text.len() < 1_024 {
        text.push_str(" It has to be said at some length, so that it fills a record.");
    }
    text.truncate(1_024);
    text
}
