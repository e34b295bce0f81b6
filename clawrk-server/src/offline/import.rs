//! `clawrk-server import`.

use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use clawrk::Engine;
use clawrk::transfer::import;

use crate::announce::say;
use crate::offline::far::Far;
use crate::wrong::Wrong;

/// Opens an export. It is read twice, so that a pipe is none.
pub(super) fn open(file: &Path) -> Result<BufReader<File>, Wrong> {
    let wrong = |cause: String| Wrong::new(format!("import {}", file.display()), cause);
    let opened = File::open(file).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let about = opened
        .metadata()
        .map_err(|error| wrong(error.to_string()))?;
    if !about.is_file() {
        return Err(wrong("is no file; an export is read twice".to_owned()));
    }
    Ok(BufReader::new(opened))
}

/// Fills the store, and closes it.
pub(super) async fn run(engine: &Engine, mut lines: BufReader<File>) -> Result<(), Box<dyn Error>> {
    let mut far = Far::new();
    let store = engine.store().as_ref();
    let summary = import(store, &mut lines, &mut |now| far.tell(now)).await?;
    engine.close().await?;
    let (records, version) = (summary.all_records(), &summary.version);
    say(format!("{records} records, exported by release {version}"));
    Ok(())
}
