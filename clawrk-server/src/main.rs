//! The REST server of clawrk: one exchange in one folder, served until it is told to stop.

mod access;
mod admin_key;
mod announce;
mod args;
mod compression;
mod connections;
mod cors;
mod descriptors;
mod gauged;
mod log;
mod metrics;
mod models;
mod offline;
mod panics;
mod patient;
mod payments;
mod place;
mod request_id;
mod serve;
mod settings;
mod start;
mod stop;
mod wrong;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Args;

/// The exit code of a start that a setting ended.
const WRONG_SETTING: u8 = 2;

fn main() -> ExitCode {
    match start::run(&Args::parse()) {
        Ok(code) => code,
        Err(wrong) => {
            announce::complain(&wrong);
            ExitCode::from(WRONG_SETTING)
        }
    }
}
