//! Opening a folder.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use clawrk_store_embedded::{
    EmbeddedEngine, EmbeddedStore, EngineError, Folder, HEAD_KEY, Head, OpenError, Space,
    panic_text,
};

use crate::SledOptions;
use crate::engine::{SledEngine, damage, failed};
use crate::side::SideFile;

/// What sled says of a lock that is held; its error has no kind of its own.
const LOCKED: &str = "could not acquire lock";

/// How often sled's lock is tried, and how long between: 5 seconds in all.
const LOCK_TRIES: u32 = 250;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

pub(crate) fn open(
    path: &Path,
    options: &SledOptions,
) -> Result<EmbeddedStore<SledEngine>, OpenError> {
    open_in(path, options).map_err(|error| error.in_folder(path))
}

fn open_in(path: &Path, options: &SledOptions) -> Result<EmbeddedStore<SledEngine>, OpenError> {
    let folder = Folder::open(path)?;
    let side = SideFile::open(path)?;
    // sled makes a new log where there is none, and cuts off what it cannot read.
    check_files(path, &side)?;
    remove_half_snapshots(path)?;
    // sled panics on much that is damaged.
    let engine = catch_unwind(AssertUnwindSafe(|| start(path, options, side, folder)))
        .unwrap_or_else(|panic| {
            let panic = panic_text(&*panic);
            let detail = "sled gave up in the middle of reading its log, as it does where a part \
                          is missing or is not what was written";
            Err(OpenError::damaged_by(detail, panic))
        })?;
    EmbeddedStore::open(engine)
}

/// What can be told to be damaged before sled has touched anything.
fn check_files(path: &Path, side: &SideFile) -> Result<(), OpenError> {
    let length = |name| fs::metadata(path.join(name)).map_or(0, |file| file.len());
    if side.is_of_use() && length("db") == 0 {
        return Err(OpenError::damaged(
            "its file db is missing or empty, but clawrk.side tells of commits",
        ));
    }
    let Some(snapshot) = last_snapshot(path)? else {
        return Ok(());
    };
    let bytes = fs::read(&snapshot).map_err(|error| OpenError::at(&snapshot, error))?;
    // What it says, how long that is, and its checksum.
    let sound = bytes.split_last_chunk::<4>().is_some_and(|(rest, sum)| {
        let text = rest.len().checked_sub(8).and_then(|end| rest.get(..end));
        text.is_some_and(|text| crc32fast::hash(text) == u32::from_le_bytes(*sum))
    });
    if sound {
        return Ok(());
    }
    let name = snapshot.file_name().unwrap_or_default().to_string_lossy();
    Err(OpenError::damaged(format!(
        "the checksum of its file {name} is wrong"
    )))
}

/// The latest of sled's snapshots, which is the one that it reads.
fn last_snapshot(path: &Path) -> Result<Option<PathBuf>, OpenError> {
    let mut last = None;
    for file in fs::read_dir(path).map_err(|error| OpenError::at(path, error))? {
        let file = file.map_err(|error| OpenError::at(path, error))?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("snap.") && !name.ends_with(".generating") {
            last = last.max(Some(file));
        }
    }
    Ok(last)
}

/// A process that died while sled wrote a snapshot leaves a file that sled itself stumbles over. It
/// is only a shortcut for opening.
fn remove_half_snapshots(path: &Path) -> Result<(), OpenError> {
    for file in fs::read_dir(path).map_err(|error| OpenError::at(path, error))? {
        let file = file.map_err(|error| OpenError::at(path, error))?;
        let name = file.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(file.path()).map_err(|error| OpenError::at(file.path(), error))?;
        }
    }
    Ok(())
}

fn start(
    path: &Path,
    options: &SledOptions,
    side: SideFile,
    folder: Folder,
) -> Result<SledEngine, OpenError> {
    let from_sled = |error| from_engine(path, failed(error));
    let config = sled::Config::new()
        .path(path)
        .cache_capacity(options.cache_bytes)
        // Nothing may reach the disk between our own syncs but what sled itself decides to write.
        .flush_every_ms(None);
    let db = open_sled(&config).map_err(from_sled)?;
    let at = path.join("db");
    let file = OpenOptions::new()
        .write(true)
        .open(&at)
        .map_err(|error| OpenError::at(at, error))?;
    make_names_durable(&folder)?;
    let engine = SledEngine::new(db, file, side, folder).map_err(OpenError::Io)?;
    let head = engine
        .get(Space::Meta, HEAD_KEY)
        .map_err(|error| from_engine(path, error))?
        .map(|bytes| Head::decode(&bytes))
        .transpose()?;
    engine.check(head.as_ref())?;
    Ok(engine)
}

/// Opens sled, once its own lock is free. Ours is held, so only an earlier sled of this process can
/// still have it: its threads let go a little after it was dropped.
fn open_sled(config: &sled::Config) -> sled::Result<sled::Db> {
    for _ in 1..LOCK_TRIES {
        match config.open() {
            Err(sled::Error::Io(error)) if error.to_string().contains(LOCKED) => {
                thread::sleep(LOCK_PAUSE);
            }
            opened => return opened,
        }
    }
    config.open()
}

/// sled never syncs its `conf`, nor the folder.
fn make_names_durable(folder: &Folder) -> Result<(), OpenError> {
    let conf = folder.path().join("conf");
    File::open(&conf)
        .and_then(|file| file.sync_all())
        .map_err(|error| OpenError::at(conf, error))?;
    folder.sync()
}

fn from_engine(path: &Path, error: EngineError) -> OpenError {
    match error {
        EngineError::Failed(source) => match source.downcast::<sled::Error>() {
            Ok(error) => match *error {
                // What the system cannot do is not damage; a read behind the end of a file is.
                sled::Error::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
                    OpenError::at(path, error)
                }
                other => OpenError::damaged_by(damage(&other), other),
            },
            Err(source) => OpenError::damaged(source.to_string()),
        },
        EngineError::Broken(error) => OpenError::at(path, error),
        other => OpenError::damaged(other.to_string()),
    }
}
