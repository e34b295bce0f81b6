//! What the fuzz targets check, as plain functions of bytes.
//!
//! Each panics when the property does not hold, and the panic is the report. They need no fuzzer:
//! `tests/replay.rs` runs them over the seeds and over every input that ever broke one
//! (`corpus/<target>`), and `fuzz/test.sh` lets libFuzzer look for new ones.

pub mod commands;
mod json_bodies;
mod record_decode;
pub mod seeds;
mod webhooks;

pub use commands::commands;
pub use json_bodies::json_bodies;
pub use record_decode::record_decode;
pub use webhooks::webhooks;

/// A fuzz target: its name, what it checks, and inputs to begin with.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name of its folder in `corpus`, and of its program after `fuzz_`.
    pub name: &'static str,
    /// Panics when the property does not hold for these bytes.
    pub check: fn(&[u8]),
    /// Inputs that reach far into the code under test.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target.
pub const TARGETS: [Target; 4] = [
    Target {
        name: "record_decode",
        check: record_decode,
        seeds: seeds::records,
    },
    Target {
        name: "json_bodies",
        check: json_bodies,
        seeds: seeds::requests,
    },
    Target {
        name: "commands",
        check: commands,
        seeds: seeds::stories,
    },
    Target {
        name: "webhooks",
        check: webhooks,
        seeds: webhooks::posts,
    },
];
