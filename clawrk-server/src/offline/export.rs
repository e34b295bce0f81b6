//! `clawrk-server export`.

use std::io::{self, Write};
use std::path::Path;

use clawrk::Engine;
use clawrk::transfer::{ExportError, Summary, export};

use crate::announce::say;
use crate::offline::far::Far;
use crate::offline::file::{Unwritten, fill};

/// Writes the whole store to that file.
pub(super) async fn run(engine: &Engine, file: &Path) -> Result<(), Unwritten<ExportError>> {
    if file == Path::new("-") {
        // Nothing else may be said there.
        let written = write(engine, &mut io::stdout()).await;
        return written.map(drop).map_err(Unwritten::Content);
    }
    let summary = fill(file, async |to| write(engine, to).await).await?;
    say(format!(
        "{}: {} records",
        file.display(),
        summary.all_records()
    ));
    Ok(())
}

async fn write(engine: &Engine, to: &mut (dyn Write + Send)) -> Result<Summary, ExportError> {
    let mut far = Far::new();
    export(engine.store().as_ref(), to, &mut |now| far.tell(now)).await
}
