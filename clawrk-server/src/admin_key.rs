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
    let wrong = |error: io::Error| Wrong::new("admin_key", format!("{}: {error}", path.display()));
    match fs::read_to_string(&path) {
        Ok(text) => kept(&path, text.trim()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = made()?;
            keep(&path, &key).map_err(wrong)?;
            let said = format!(
                "made and kept in {}, shown this once: {key}",
                path.display()
            );
            Ok(Operator { key, said })
        }
        Err(error) => Err(wrong(error)),
    }
}

fn kept(path: &Path, key: &str) -> Result<Operator, Wrong> {
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        let cause = "holds no key; delete it to have one made, or set CLAWRK_ADMIN_KEY";
        return Err(Wrong::new(
            "admin_key",
            format!("{} {cause}", path.display()),
        ));
    }
    Ok(Operator {
        key: key.to_owned(),
        said: format!("as kept in {}", path.display()),
    })
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
