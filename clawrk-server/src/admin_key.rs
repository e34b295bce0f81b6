//! The operator's key: given by hand, or made once and kept beside the store.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clawrk::ids::{Ids, RandomIds};

use crate::settings::Settings;
use crate::wrong::Wrong;

/// How many random bytes a key has.
const BYTES: usize = 32;

/// The key, and what is said about it at the start.
#[derive(Debug)]
pub(crate) struct Operator {
    pub(crate) key: String,
    pub(crate) said: String,
}

/// The key that the operator uses from now on. Call it only once the store is open: that is what
/// keeps two servers from making two.
pub(crate) fn settle(settings: &Settings) -> Result<Operator, Wrong> {
    if let Some(key) = &settings.admin_key {
        return Ok(Operator {
            key: key.0.clone(),
            said: "as set by hand".to_owned(),
        });
    }
    let Some(path) = path(&settings.store) else {
        let key = made()?;
        let said = format!("made for this run, shown this once: {key}");
        return Ok(Operator { key, said });
    };
    match kept(&path)? {
        Some(key) => {
            let mut said = format!("as kept in {}", path.display());
            if read_by_others(&path) {
                said.push_str(", which others may read: take that permission away (chmod 600)");
            }
            Ok(Operator { key, said })
        }
        None => {
            let key = made()?;
            keep(&path, &key).map_err(|error| {
                let cause = "cannot be written; mend that, or set CLAWRK_ADMIN_KEY";
                let path = path.display();
                Wrong::new("admin_key", format!("{path} {cause}: {error}"))
            })?;
            let said = format!(
                "made and kept in {}, shown this once: {key}",
                path.display()
            );
            Ok(Operator { key, said })
        }
    }
}

/// Whether the key could be settled, without making one.
pub(crate) fn check(settings: &Settings) -> Result<(), Wrong> {
    match path(&settings.store) {
        Some(path) if settings.admin_key.is_none() => kept(&path).map(|_| ()),
        _ => Ok(()),
    }
}

/// The key in the file, if there is one.
fn kept(path: &Path) -> Result<Option<String>, Wrong> {
    let wrong = |cause: String| Wrong::new("admin_key", format!("{} {cause}", path.display()));
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let cause = "cannot be read; mend that, or set CLAWRK_ADMIN_KEY";
            return Err(wrong(format!("{cause}: {error}")));
        }
    };
    let key = bytes.trim_ascii();
    if key.is_empty() || !key.iter().all(u8::is_ascii_graphic) {
        let cause = "holds no key; delete it to have one made, or set CLAWRK_ADMIN_KEY";
        return Err(wrong(cause.to_owned()));
    }
    Ok(Some(String::from_utf8_lossy(key).into_owned()))
}

/// Whether somebody but the owner may read the file.
#[cfg(unix)]
fn read_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o044 != 0)
}

/// Whether somebody but the owner may read the file: not known here.
#[cfg(not(unix))]
fn read_by_others(_: &Path) -> bool {
    false
}

/// Where the key is kept; nowhere for a store without a folder.
fn path(store: &str) -> Option<PathBuf> {
    Some(Path::new(store.strip_prefix("sled:")?).join("admin.key"))
}

fn made() -> Result<String, Wrong> {
    let mut bytes = [0; BYTES];
    let filled = RandomIds.fill(&mut bytes);
    filled.map_err(|error| Wrong::because("admin_key", &error))?;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("clawrk_admin_{hex}"))
}

/// Writes the key for its owner alone, under a name that it has only once it is whole.
fn keep(path: &Path, key: &str) -> io::Result<()> {
    let half = path.with_extension("key.new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&half)?;
    file.write_all(format!("{key}\n").as_bytes())?;
    file.sync_all()?;
    fs::rename(&half, path)?;
    match path.parent() {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
