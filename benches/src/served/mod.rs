//! The exchange behind the real server: what HTTP costs, what a server of many open jobs takes, and
//! many who watch.
//!
//! [`server`] runs the program `clawrk-server`, [`wire`] speaks to it, [`wrk`] loads it. The other
//! modules measure one thing each. [`table`](crate::scale::table) writes what came out.

pub mod bare;
pub mod create;
pub mod idle;
pub mod report;
pub mod server;
pub mod show;
pub mod watch;
pub mod wire;
pub mod wrk;

use std::path::PathBuf;

/// Where everything is.
#[derive(Debug, Clone)]
pub struct Bench {
    /// The folder for stores, in which nothing stays.
    pub dir: PathBuf,
    /// The folder of the results.
    pub out: PathBuf,
    /// The program `clawrk-server`.
    pub server: PathBuf,
}
