//! Files that are written whole, or not at all.

use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Why there is no such file.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unwritten<E: Error + 'static> {
    #[error("{0} is there already; name a file that is not")]
    Exists(String),
    #[error("{0} cannot be written")]
    File(String, #[source] io::Error),
    /// What was to be in it could not be made.
    #[error(transparent)]
    Content(E),
}

/// Fills a file, which is on the disk when this returns. What could not be written whole is
/// removed.
pub(super) async fn fill<T, E: Error + 'static>(
    file: &Path,
    write: impl AsyncFnOnce(&mut (dyn Write + Send)) -> Result<T, E>,
) -> Result<T, Unwritten<E>> {
    let name = file.display().to_string();
    let created = create(file).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Unwritten::Exists(name.clone()),
        _ => Unwritten::File(name.clone(), error),
    })?;
    let mut lines = BufWriter::new(created);
    let written = write(&mut lines).await.map_err(Unwritten::Content);
    let written = written.and_then(|content| {
        let synced = lines.get_ref().sync_all();
        synced
            .map(|()| content)
            .map_err(|error| Unwritten::File(name, error))
    });
    if written.is_err() {
        // The failure itself says more than a failure to tidy up after it.
        let _ = fs::remove_file(file);
    }
    written
}

/// A new file that only its owner reads: it will hold what is nobody else's business.
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
