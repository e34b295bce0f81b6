//! How fast the disk makes a small write durable.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use crate::now;

/// Bytes that are appended before each sync.
const APPEND_BYTES: usize = 4 << 10;

/// Appends 4 KiB and syncs, so often; how long each took.
///
/// # Errors
/// What the file system says.
pub fn syncs(folder: &Path, times: usize) -> io::Result<Vec<Duration>> {
    let mut file = File::create(folder.join("disk"))?;
    let block = [0x5a; APPEND_BYTES];
    (0..times)
        .map(|_| {
            let began = now();
            file.write_all(&block)?;
            file.sync_data()?;
            Ok(began.elapsed())
        })
        .collect()
}
