//! Stores that releases have left, which this one opens and goes on with.
//!
//! Each folder of `fixtures` is named after its release and holds the store as sled left it
//! (`store`), and its export, made at the same time (`export.ndjson`). The fixture of a release is
//! never changed. A new one is made by
//! `cargo test -p clawrk-store-sled --test releases -- make-fixture`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what passed"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs};

use clawrk_core::Engine;
use clawrk_core::id::UserId;
use clawrk_core::job::Status;
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::store::{Counted, Store};
use clawrk_core::transfer::{export, import};
use clawrk_store_sled::SledStore;
use clawrk_testkit::clock::VirtualClock;
use clawrk_testkit::run::block_on;
use clawrk_testkit::suite::census;
use clawrk_testkit::{invariants, world};

const THIS_RELEASE: &str = env!("CARGO_PKG_VERSION");

/// Long enough that the store spreads it over several values.
const OUTPUT_BYTES: usize = 20_000;

/// What the store makes anew whenever it is opened.
const OF_THE_PROCESS: &str = "clawrk.lock";

fn main() {
    let args: Vec<String> = env::args().collect();
    match args.get(1).map(String::as_str) {
        Some("make-fixture") => return make(&fixture(THIS_RELEASE)),
        // Asked by a test runner for what there is.
        Some("--list") => return,
        _ => {}
    }
    let releases = releases();
    for release in &releases {
        block_on(is_taken_up(&fixture(release)));
        println!("test the_store_of_{release}_is_read_whole_and_goes_on ... ok");
    }
    assert!(
        releases.contains(THIS_RELEASE),
        "release {THIS_RELEASE} has no fixture; make it by \
         `cargo test -p clawrk-store-sled --test releases -- make-fixture`"
    );
    block_on(is_complete(&fixture(THIS_RELEASE)));
    println!("test the_fixture_of_this_release_has_all_that_there_can_be ... ok");
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn fixture(release: &str) -> PathBuf {
    fixtures().join(release)
}

fn releases() -> BTreeSet<String> {
    let folders = fs::read_dir(fixtures()).unwrap();
    folders
        .map(|folder| folder.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// Makes the fixture of this release, where there is none.
fn make(to: &Path) {
    let (store, lines) = (to.join("store"), to.join("export.ndjson"));
    assert!(
        !to.exists(),
        "{} is there already. Once it is released it must not change; before that, remove it and \
         make it again",
        to.display()
    );
    fs::create_dir_all(to).unwrap();
    let made = block_on(async {
        let made: Arc<dyn Store> = Arc::new(SledStore::open(&store).unwrap());
        world::settle(&made, OUTPUT_BYTES).await;
        let lines = exported(made.as_ref()).await;
        made.close().await.unwrap();
        lines
    });
    fs::write(lines, made).unwrap();
    fs::remove_file(store.join(OF_THE_PROCESS)).unwrap();
    println!("{}", to.display());
}

/// Everything that an older release has stored is there, and the exchange goes on with it.
async fn is_taken_up(fixture: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    copy(&fixture.join("store"), &path);
    let kept = fs::read(fixture.join("export.ndjson")).unwrap();

    let store: Arc<dyn Store> = Arc::new(SledStore::open(&path).unwrap());
    let lines = exported(store.as_ref()).await;
    assert!(!records(&kept).is_empty());
    assert_eq!(records(&lines), records(&kept));
    // The old export makes the same store as well.
    let moved = MemoryStore::new();
    let summary = import(&moved, &mut std::io::Cursor::new(&kept), &mut |_| {}).await;
    assert_eq!(summary.unwrap().all_records(), records(&kept).len() as u64);
    assert!(
        exported(&moved).await == lines,
        "imported as something else"
    );
    invariants::check(&census(store.as_ref()).await.unwrap());
    goes_on(&store).await;

    let jobs = store.counts().await.unwrap();
    store.close().await.unwrap();
    drop(store);
    let store: Arc<dyn Store> = Arc::new(SledStore::open(&path).unwrap());
    assert_eq!(store.counts().await.unwrap(), jobs);
    goes_on(&store).await;
}

/// An audit finds nothing, a job goes through its life, and an audit finds nothing again.
async fn goes_on(store: &Arc<dyn Store>) {
    let clock = VirtualClock::new();
    // Behind everything that happened in the fixture.
    clock.advance(Duration::from_secs(100 * 24 * 60 * 60));
    let engine = Engine::builder(Arc::clone(store), Arc::new(clock)).build();
    let (alice, bob) = (UserId::new("alice").unwrap(), UserId::new("bob").unwrap());
    let before = audited(&engine).await;
    let job = engine.create_job(&alice, "One more").await.unwrap().id;
    engine.accept_job(&bob, &job).await.unwrap();
    let output = Some("An output that is long enough to be taken for work.");
    engine.submit_output(&bob, &job, output).await.unwrap();
    let verified = engine.verify_job(&alice, &job).await.unwrap();
    assert_eq!(verified.status, Status::Verified);
    while engine.tick(100).await.unwrap().done > 0 {}
    assert_eq!(audited(&engine).await, before + 1);
}

/// How many jobs an audit looked at, which must find nothing.
async fn audited(engine: &Engine) -> u64 {
    let audit = engine.audit().await.unwrap();
    assert_eq!(audit.violations, []);
    assert!(audit.ok() && audit.counted);
    audit.jobs
}

/// Every kind of record, status and variant of this release is in its fixture.
async fn is_complete(fixture: &Path) {
    let folder = tempfile::tempdir().unwrap();
    copy(&fixture.join("store"), folder.path());
    let store = SledStore::open(folder.path()).unwrap();
    let counts = store.counts().await.unwrap();
    let none: Vec<_> = Counted::all()
        .filter(|counted| counts.get(*counted) == 0)
        .collect();
    assert!(none.is_empty(), "the fixture has no {none:?}");
    let census = census(&store).await.unwrap();
    let missing = world::missing(census.records.values());
    assert!(missing.is_empty(), "the fixture is without {missing:?}");
    let kept = fs::read(fixture.join("export.ndjson")).unwrap();
    assert!(exported(&store).await == kept, "the export has other bytes");
}

async fn exported(store: &dyn Store) -> Vec<u8> {
    let mut lines = Vec::new();
    export(store, &mut lines, &mut |_| {}).await.unwrap();
    lines
}

/// The lines of an export between the first and the last, which name the release and a checksum
/// that covers that name.
fn records(lines: &[u8]) -> Vec<&str> {
    let lines: Vec<_> = str::from_utf8(lines).unwrap().lines().collect();
    lines[1..lines.len() - 1].to_vec()
}

/// A copy that may be written to; the store holds no folders that have something in them.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        if file.file_type().unwrap().is_file() {
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}
