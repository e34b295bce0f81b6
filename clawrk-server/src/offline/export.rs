//! `clawrk-server export`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use clawrk::Engine;
use clawrk::transfer::{ExportError, Summary, export};

use crate::announce::say;
use crate::offline::far::Far;

/// Why there is no export.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    #[error("{0} is there already; name a file that is not")]
    Exists(String),
    #[error("{0} cannot be written")]
    File(String, #[source] io::Error),
    #[error(transparent)]
    Export(#[from] ExportError),
}

/// Writes the whole store to that file, on the disk when this returns. What could not be written
/// whole is removed.
pub(super) async fn run(engine: &Engine, file: &Path) -> Result<(), Failed> {
    if file == Path::new("-") {
        // Nothing else may be said there.
        write(engine, &mut io::stdout()).await?;
        return Ok(());
    }
    let name = file.display().to_string();
    let created = create(file).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failed::Exists(name.clone()),
        _ => Failed::File(name.clone(), error),
    })?;
    let mut lines = BufWriter::new(created);
    let written = write(engine, &mut lines).await.map_err(Failed::Export);
    let written = written.and_then(|summary| {
        let synced = lines.get_ref().sync_all();
        synced
            .map(|()| summary)
            .map_err(|error| Failed::File(name.clone(), error))
    });
    match written {
        Ok(summary) => {
            say(format!("{name}: {} records", summary.all_records()));
            Ok(())
        }
        Err(failed) => {
            // The failure itself says more than a failure to tidy up after it.
            let _ = fs::remove_file(file);
            Err(failed)
        }
    }
}

async fn write(engine: &Engine, to: &mut (dyn Write + Send)) -> Result<Summary, ExportError> {
    let mut far = Far::new();
    export(engine.store().as_ref(), to, &mut |now| far.tell(now)).await
}

/// A new file that only its owner reads: it will hold what was said in jobs, and secrets.
fn create(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(file)
}
