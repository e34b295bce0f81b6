//! A record of what was asked and answered, for whoever judges it.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// A file with a JSON object a line. Lines are whole, whoever writes.
#[derive(Debug)]
pub(super) struct Record {
    file: Mutex<File>,
}

impl Record {
    /// Begins a record, in place of one that may be there.
    pub(super) fn create(path: &Path) -> io::Result<Record> {
        let file = Mutex::new(File::create(path)?);
        Ok(Record { file })
    }

    /// Adds a line.
    pub(super) fn add(&self, line: &Value) -> io::Result<()> {
        let line = format!("{line}\n");
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes())
    }
}
