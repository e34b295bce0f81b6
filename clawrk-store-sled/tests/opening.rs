//! Folders that open, and those that do not and say why.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::fs;
use std::path::Path;

use clawrk_core::store::{Key, Part, Store};
use clawrk_store_sled::{OpenError, SledOptions, SledStore};
use clawrk_testkit::run::block_on;
use clawrk_testkit::suite::census;
use tempfile::tempdir;

use support::*;

fn refusal(path: &Path) -> OpenError {
    match SledStore::open(path) {
        Ok(_) => panic!("{} opened", path.display()),
        Err(error) => error,
    }
}

/// Every refusal names the folder.
fn says(error: &OpenError, path: &Path, what: &str) {
    let text = error.to_string();
    assert!(text.contains(what), "{text}");
    assert!(text.contains(&path.display().to_string()), "{text}");
}

#[cfg(unix)]
#[test]
fn a_new_folder_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempdir().unwrap();
    let path = folder.path().join("new");
    drop(SledStore::open(&path).unwrap());
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_file_is_not_a_folder() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "mine").unwrap();
    for path in [file.clone(), file.join("below")] {
        let error = refusal(&path);
        assert!(matches!(error, OpenError::NotAFolder(_)), "{error:?}");
        says(&error, &path, "is not a folder");
    }
    assert_eq!(fs::read(&file).unwrap(), b"mine");
}

/// In `/sys` not even the superuser may make a file.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_may_not_be_written_says_so() {
    for path in ["/sys/kernel", "/sys/kernel/clawrk"].map(Path::new) {
        let error = refusal(path);
        assert!(matches!(error, OpenError::ReadOnly { .. }), "{error:?}");
        says(&error, path, "may not be written");
    }
}

/// `/dev/full` is a disk without space.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_says_so() {
    let folder = tempdir().unwrap();
    let conf = folder.path().join("conf");
    std::os::unix::fs::symlink("/dev/full", &conf).unwrap();
    let error = refusal(folder.path());
    assert!(matches!(error, OpenError::Full { .. }), "{error:?}");
    says(&error, folder.path(), "no space left");
    fs::remove_file(conf).unwrap();
    fill(&SledStore::open(folder.path()).unwrap(), 1..3);
}

#[test]
fn a_folder_in_use_says_by_whom() {
    let folder = tempdir().unwrap();
    let store = SledStore::open(folder.path()).unwrap();
    let error = refusal(folder.path());
    let me = std::process::id();
    assert!(matches!(error, OpenError::InUse { process: Some(id), .. } if id == me));
    says(
        &error,
        folder.path(),
        &format!("in use by this process, {me}"),
    );
    fill(&store, 1..2);
    block_on(store.close()).unwrap();
    // Closed, but not yet dropped.
    let again = SledStore::open(folder.path()).unwrap();
    assert!(has(&again, 1).unwrap());
}

#[test]
fn opens_again_and_again() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("not/yet/there");
    for round in 0..20 {
        let options = SledOptions::default().with_cache_bytes(1 << 20);
        let store = SledStore::open_with(&path, &options).unwrap();
        let jobs = block_on(census(&store)).unwrap();
        assert_eq!(jobs.of(clawrk_core::record::Kind::Job).count(), round);
        fill(&store, round as u64..round as u64 + 1);
    }
}

#[test]
fn a_snapshot_that_was_never_finished_is_removed() {
    let folder = tempdir().unwrap();
    fill(&SledStore::open(folder.path()).unwrap(), 0..9);
    let half = folder.path().join("snap.00000000000ABCDE.generating");
    fs::write(&half, "half").unwrap();
    let store = SledStore::open(folder.path()).unwrap();
    assert!(!half.exists());
    assert!((0..9).all(|n| has(&store, n).unwrap()));
}

#[test]
fn a_later_format_is_refused() {
    let folder = tempdir().unwrap();
    fill(&SledStore::open(folder.path()).unwrap(), 0..9);
    let noted = b"what a later release notes, which is longer".repeat(5);
    let length = u16::try_from(3 + noted.len() + 4).unwrap();
    let head = [&[2][..], &length.to_be_bytes(), &noted].concat();
    let head = [&head[..], &crc32fast::hash(&head).to_be_bytes()].concat();
    let is_refused = || {
        let error = refusal(folder.path());
        let later = matches!(error, OpenError::LaterFormat { found: 2 });
        assert!(later, "{error:?}");
    };
    let db = bare(folder.path());
    assert!(db.insert(b"\0head", &*head).unwrap().is_some());
    drop(db);
    is_refused();
    let mut slots = head;
    slots.resize(1_024, 0);
    fs::write(folder.path().join("clawrk.side"), slots).unwrap();
    is_refused();
}

/// Long values are spread over several keys, so that sled makes no file for them.
#[test]
fn long_records_come_whole_and_go_whole() {
    let folder = tempdir().unwrap();
    let key = [Key::Text(job_id(1), Part::Output(1))];
    let lengths = [
        10, 5_000, 6_100, 6_200, 100_000, 3_000_000, 20_000, 6_143, 1,
    ];
    let mut version = 0;
    for length in lengths {
        version += 1;
        let record = output(1, version, &"é".repeat(length / 2));
        let store = SledStore::open(folder.path()).unwrap();
        block_on(store.commit(&puts(version, [record.clone()]))).unwrap();
        let found = block_on(store.read(&key)).unwrap();
        assert_eq!(
            found[0].as_ref().map(|found| &found.body),
            Some(&record.body)
        );
        drop(store);
        let store = SledStore::open(folder.path()).unwrap();
        block_on(census(&store)).unwrap();
        let found = block_on(store.read(&key)).unwrap();
        assert_eq!(
            found[0].as_ref().map(|found| &found.body),
            Some(&record.body)
        );
    }
    let many = (2..60).map(|n| output(n, 1, &"z".repeat(40_000)));
    let store = SledStore::open(folder.path()).unwrap();
    block_on(store.commit(&puts(99, many))).unwrap();
    let mut delete = puts(100, []);
    delete.deletes = (1..60)
        .map(|n| Key::Text(job_id(n), Part::Output(1)))
        .collect();
    block_on(store.commit(&delete)).unwrap();
    drop(store);
    let db = bare(folder.path());
    let left: Vec<_> = db.iter().keys().map(|key| key.unwrap().to_vec()).collect();
    assert_eq!(left, [b"\0head".to_vec()]);
    drop(db);
    assert_eq!(
        fs::read_dir(folder.path().join("blobs")).unwrap().count(),
        0
    );
}
