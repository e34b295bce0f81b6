//! Damaged folders: an error, or everything that was acknowledged, and never something in between
//! without a word.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::panic;
use std::path::Path;
use std::sync::Once;

use clawrk_core::record::Kind;
use clawrk_core::store::{Index, Key, PageLimit, Part, Store, StoreError};
use clawrk_store_sled::{OpenError, SledStore};
use clawrk_testkit::rng::Rng;
use clawrk_testkit::run::block_on;
use tempfile::{TempDir, tempdir};

use support::*;

const JOBS: u64 = 1_200;

/// A folder with jobs in it.
fn filled() -> TempDir {
    let folder = tempdir().unwrap();
    fill(&SledStore::open(folder.path()).unwrap(), 0..JOBS);
    folder
}

fn copy(from: &Path) -> TempDir {
    let to = tempdir().unwrap();
    fs::create_dir(to.path().join("blobs")).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        if file.path().is_file() {
            fs::copy(file.path(), to.path().join(file.file_name())).unwrap();
        }
    }
    to
}

/// What a person finds out about a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Finding {
    Refused,
    ReadsFail,
    Whole,
    /// Something is missing, and nothing said so.
    Lost,
}

/// Keeps the panics of sled, which are expected here, out of the output.
fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let show = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let from_sled = |place: &panic::Location<'_>| place.file().contains("sled-0.34");
            if !panic.location().is_some_and(from_sled) {
                show(panic);
            }
        }));
    });
}

fn find(path: &Path) -> Finding {
    hush();
    let store = match SledStore::open(path) {
        Ok(store) => store,
        Err(OpenError::Damaged { .. }) => return Finding::Refused,
        Err(other) => panic!("{other:?}"),
    };
    let mut finding = Finding::Whole;
    for n in 0..JOBS {
        let keys = [Key::Job(job_id(n)), Key::Text(job_id(n), Part::Output(1))];
        match block_on(store.read(&keys)) {
            Ok(found) if found.iter().all(Option::is_some) => {}
            Ok(_) => return Finding::Lost,
            Err(_) => finding = Finding::ReadsFail,
        }
    }
    finding
}

fn says(path: &Path, what: &str) {
    match SledStore::open(path) {
        Err(error @ OpenError::Damaged { .. }) => {
            assert!(error.to_string().contains(what), "{error}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_missing_database_is_no_empty_store() {
    let folder = filled();
    fs::remove_file(folder.path().join("db")).unwrap();
    for file in fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        if path
            .file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with("snap.")
        {
            fs::remove_file(path).unwrap();
        }
    }
    says(folder.path(), "its file db is missing or empty");
    // Nor on the second try: sled was not let near it.
    says(folder.path(), "its file db is missing or empty");
    // Nor where somebody else had it make a new one.
    drop(bare(folder.path()));
    says(folder.path(), &format!("commit {JOBS} was acknowledged"));
}

/// What is in the files of a folder, but for the lock, which says who had it last.
fn contents(path: &Path) -> BTreeMap<OsString, Vec<u8>> {
    let files = fs::read_dir(path).unwrap().map(|file| file.unwrap());
    files
        .filter(|file| file.path().is_file() && file.file_name() != "clawrk.lock")
        .map(|file| (file.file_name(), fs::read(file.path()).unwrap()))
        .collect()
}

/// Whoever wants to look at the damage finds it as it was.
#[test]
fn what_is_found_out_before_sled_is_asked_changes_nothing() {
    let folder = filled();
    // The second opening leaves a snapshot.
    drop(SledStore::open(folder.path()).unwrap());
    let snapshot = contents(folder.path()).into_keys();
    let mut snapshot = snapshot.filter(|name| name.to_string_lossy().starts_with("snap."));
    let snapshot = snapshot.next_back().unwrap().into_string().unwrap();
    for (file, what) in [
        ("db", "its file db is missing or empty"),
        (&snapshot, "the checksum of its file snap."),
        ("clawrk.side", "holds nothing readable"),
    ] {
        let damaged = copy(folder.path());
        let path = damaged.path().join(file);
        match file {
            "db" => fs::write(&path, []).unwrap(),
            _ => {
                let garbled = fs::read(&path).unwrap().into_iter().map(|byte| byte ^ 1);
                fs::write(&path, garbled.collect::<Vec<u8>>()).unwrap();
            }
        }
        let before = contents(damaged.path());
        says(damaged.path(), what);
        assert_eq!(contents(damaged.path()), before, "{file}");
    }
}

#[test]
fn an_older_database_is_noticed() {
    let folder = filled();
    let older = copy(folder.path());
    fill(&SledStore::open(folder.path()).unwrap(), JOBS..JOBS + 1);
    let note = "clawrk.side";
    fs::copy(folder.path().join(note), older.path().join(note)).unwrap();
    says(older.path(), &format!("ends with commit {JOBS}"));
}

/// A write of a note that was torn by a crash.
#[test]
fn one_damaged_note_is_passed_over_and_two_are_not() {
    let folder = filled();
    let path = folder.path().join("clawrk.side");
    let notes = fs::read(&path).unwrap();
    for slot in [0, 512] {
        let mut torn = notes.clone();
        torn[slot + 5] ^= 1;
        fs::write(&path, &torn).unwrap();
        let store = SledStore::open(folder.path()).unwrap();
        assert!(has(&store, JOBS - 1).unwrap());
        drop(store);
        fs::write(&path, &notes).unwrap();
    }
    let mut torn = notes.clone();
    torn[5] ^= 1;
    torn[512 + 5] ^= 1;
    fs::write(&path, &torn).unwrap();
    says(folder.path(), "clawrk.side holds nothing readable");
    fs::remove_file(&path).unwrap();
    assert!(has(&SledStore::open(folder.path()).unwrap(), 0).unwrap());
}

#[test]
fn a_cut_off_database_never_opens_empty() {
    let folder = filled();
    let length = fs::metadata(folder.path().join("db")).unwrap().len();
    let mut refused = 0;
    for kept in [
        0,
        1,
        20,
        4_096,
        length / 4,
        length / 2,
        length - 200_000,
        length - 1,
    ] {
        let copy = copy(folder.path());
        let db = fs::OpenOptions::new()
            .write(true)
            .open(copy.path().join("db"))
            .unwrap();
        db.set_len(kept).unwrap();
        let finding = find(copy.path());
        assert_ne!(finding, Finding::Lost, "{kept} of {length} bytes");
        refused += u32::from(finding == Finding::Refused);
    }
    assert!(refused >= 4, "{refused} were refused");
}

#[test]
fn a_flipped_bit_is_found_or_does_no_harm() {
    let folder = filled();
    let db = fs::read(folder.path().join("db")).unwrap();
    let used = db.iter().rposition(|byte| *byte != 0).unwrap();
    let mut rng = Rng::new(7);
    let mut refused = 0;
    for _ in 0..40 {
        let copy = copy(folder.path());
        let mut flipped = db.clone();
        let at = rng.below(used);
        flipped[at] ^= 1 << rng.below(8);
        fs::write(copy.path().join("db"), flipped).unwrap();
        let finding = find(copy.path());
        assert_ne!(finding, Finding::Lost, "a bit of byte {at}");
        refused += u32::from(finding == Finding::Refused);
    }
    assert!(refused > 0);
}

/// Long records lie in parts: one part that is gone hides no other record.
#[test]
fn a_missing_part_of_a_record_is_named_among_the_others() {
    let folder = tempdir().unwrap();
    let store = SledStore::open(folder.path()).unwrap();
    let long = (1..=5).map(|n| output(n, 1, &"z".repeat(20_000)));
    block_on(store.commit(&puts(1, long))).unwrap();
    drop(store);
    let lost = Key::Text(job_id(3), Part::Output(1));
    let part = [&[3], &lost.to_bytes()[..], &1_u16.to_be_bytes()[..]].concat();
    let db = bare(folder.path());
    assert!(db.remove(part).unwrap().is_some());
    db.flush().unwrap();
    drop(db);
    let store = SledStore::open(folder.path()).unwrap();
    let texts = Index::All(Kind::Text);
    let page = block_on(store.scan(&texts, None, PageLimit::rows(10))).unwrap();
    assert_eq!(page.rows.len(), 4);
    assert_eq!(page.damaged.len(), 1);
    assert_eq!(page.damaged[0].key, Some(lost.clone()));
    let detail = &page.damaged[0].detail;
    assert!(
        detail.contains("part 1 of 4 of a record is missing"),
        "{detail}"
    );
    let read = block_on(store.read(&[lost]));
    assert!(matches!(read, Err(StoreError::Corrupt { .. })), "{read:?}");
}
