//! What a process takes of the machine, as Linux tells it.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::conditions::cpu_in;

/// Bytes of a MiB.
const MIB: f64 = 1_048_576.0;

/// The memory of a process that is in RAM, in MiB; zero where the system does not tell.
pub fn rss_mib(process: u32) -> f64 {
    field(process, "VmRSS:")
}

/// The most memory that a process ever had in RAM, in MiB.
pub fn peak_rss_mib(process: u32) -> f64 {
    field(process, "VmHWM:")
}

fn field(process: u32, name: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1_024.0
}

/// What a process has computed so far. To 10 ms.
pub fn cpu(process: u32) -> Duration {
    cpu_in(&format!("/proc/{process}/stat"))
}

/// What a folder takes on the disk, in MiB.
///
/// # Errors
/// What the file system says.
pub fn disk_mib(folder: &Path) -> io::Result<f64> {
    let mut bytes = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let about = entry.metadata()?;
            if about.is_dir() {
                folders.push(entry.path());
            } else {
                bytes += blocks(&about);
            }
        }
    }
    Ok(bytes as f64 / MIB)
}

#[cfg(unix)]
fn blocks(about: &fs::Metadata) -> u64 {
    /// What `st_blocks` counts, whatever the file system's own blocks are.
    const BLOCK_BYTES: u64 = 512;
    std::os::unix::fs::MetadataExt::blocks(about) * BLOCK_BYTES
}

#[cfg(not(unix))]
fn blocks(about: &fs::Metadata) -> u64 {
    about.len()
}

/// Has the system forget what it holds of the files in a folder, so that the next reads go to the
/// disk. Whether it was done.
///
/// # Errors
/// What the file system says.
pub fn drop_cached(folder: &Path) -> io::Result<bool> {
    let mut done = true;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            // Documented by GNU dd: advises the system to drop the cache of the whole file. Only
            // what is on the disk can be dropped.
            fs::File::open(&path)?.sync_all()?;
            let dropped = Command::new("dd")
                .arg(format!("if={}", path.display()))
                .args(["iflag=nocache", "count=0", "status=none"])
                .status();
            done &= dropped.is_ok_and(|status| status.success());
        }
    }
    Ok(done)
}
