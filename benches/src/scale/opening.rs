//! How long a store takes to open.

use std::io;

use clawrk_store_sled::SledStore;

use crate::now;
use crate::scale::process::{disk_mib, drop_cached};
use crate::scale::site::Site;
use crate::scale::table::{Table, number};

/// What came out.
pub const TABLE: Table = Table {
    name: "opening",
    columns: &[
        "jobs",
        "commits_since",
        "ended",
        "opening",
        "files",
        "ms",
        "disk_mib",
    ],
};

/// What is known of how the store was left.
#[derive(Debug, Clone)]
pub struct Left {
    /// Commits since sled last wrote a snapshot, which it does when it opens.
    pub commits: u64,
    /// Whether it was closed or killed.
    pub ended: String,
    /// Which opening it is since then.
    pub opening: String,
}

/// Opens a store and closes it again; with files that the system has forgotten where `cold`.
///
/// # Errors
/// What the file system says.
///
/// # Panics
/// Where the store does not open.
pub fn measure(site: &Site, left: &Left, cold: bool) -> io::Result<Vec<Vec<String>>> {
    let disk = disk_mib(&site.store())?;
    let cold = cold && drop_cached(&site.store())?;
    let began = now();
    let store = SledStore::open(site.store()).expect("the store opens");
    let took = began.elapsed();
    drop(store);
    Ok(vec![vec![
        site.jobs().to_string(),
        left.commits.to_string(),
        left.ended.clone(),
        left.opening.clone(),
        if cold { "cold" } else { "warm" }.to_owned(),
        number(took.as_secs_f64() * 1e3),
        number(disk),
    ]])
}
