//! Stores that no server has open: moved, and audited.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Output, Stdio};

use clawrk::id::CommitId;
use clawrk::store::{Batch, Key};
use clawrk::{Call, Credits, Engine, JobId, PageRequest, Policy, UserId};
use serde_json::Value;

use support::{Server, command, run};

/// So many long jobs that an import of them takes a while.
const MANY: usize = 300;

/// How often an import is tried to be killed.
const KILLS_MAX: usize = 20;

fn uri(store: &Path) -> String {
    format!("sled:{}", store.display())
}

async fn open(store: &Path) -> Engine {
    clawrk::open(&uri(store)).await.unwrap()
}

/// Makes a store with that many jobs, one of which has come to its end; which, it says.
async fn fill(store: &Path, jobs: usize) -> JobId {
    let engine = open(store).await;
    let (alice, bob) = (UserId::new("alice").unwrap(), UserId::new("bob").unwrap());
    let prompt = "Sum up RFC 9110. ".repeat(1_800);
    for _ in 1..jobs {
        engine.create_job(&alice, &prompt).await.unwrap();
    }
    let job = engine.create_job(&alice, "One").await.unwrap().id;
    engine.accept_job(&bob, &job).await.unwrap();
    engine.submit_output(&bob, &job, None).await.unwrap();
    engine.verify_job(&alice, &job).await.unwrap();
    engine.close().await.unwrap();
    job
}

/// Runs the server with these arguments and a store.
fn with(store: &Path, args: &[&str]) -> Output {
    let mut command = command();
    command.args(args).args(["--store", &uri(store)]);
    command.env("CLAWRK_LISTEN", "127.0.0.1:0");
    run(&mut command)
}

fn said(output: &Output) -> &str {
    str::from_utf8(&output.stdout).unwrap()
}

fn complained(output: &Output) -> &str {
    str::from_utf8(&output.stderr).unwrap()
}

#[track_caller]
fn ends(output: &Output, code: i32, says: &str) {
    let (said, complained) = (said(output), complained(output));
    assert_eq!(output.status.code(), Some(code), "{said}{complained}");
    let all = format!("{said}{complained}");
    assert!(all.contains(says), "{all:?} does not say {says:?}");
}

#[tokio::test]
async fn an_exchange_moves_into_a_new_store_and_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let [from, to] = ["from", "to"].map(|name| folder.path().join(name));
    let [file, again] = ["a.ndjson", "b.ndjson"].map(|name| folder.path().join(name));
    let [file_name, again_name] = [&file, &again].map(|file| file.to_str().unwrap());
    fill(&from, 3).await;

    let exported = with(&from, &["export", file_name]);
    ends(&exported, 0, " records\n");
    let progress = complained(&exported);
    assert!(progress.contains("exporting records: 100% ("), "{progress}");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "others could read it");
    let imported = with(&to, &["import", file_name]);
    ends(&imported, 0, "is filled");
    for stage in ["checking the export: 100%", "importing records: 100%"] {
        assert!(complained(&imported).contains(stage));
    }
    ends(&with(&to, &["export", again_name]), 0, " records\n");
    let lines = fs::read(&file).unwrap();
    assert!(
        fs::read(&again).unwrap() == lines,
        "moved to something else"
    );
    // On standard output there is nothing but the export.
    let piped = with(&to, &["export", "-"]);
    assert!(piped.stdout == lines, "{}", complained(&piped));

    for store in [&from, &to] {
        let audited = with(store, &["audit"]);
        ends(&audited, 0, "jobs: 3, events: 7, ");
        assert!(said(&audited).ends_with("\nnothing is wrong\n"));
        assert!(complained(&audited).contains("auditing records: 100%"));
        ends(&with(store, &["--check"]), 0, "jobs: 3, users: ");
    }
    let server = Server::in_folder(&to);
    let by = format!("process {}", server.id());
    for command in [&["audit"][..], &["export", "-"], &["import", file_name]] {
        ends(&with(&to, command), 2, &by);
    }
}

#[tokio::test]
async fn what_would_overwrite_or_invent_something_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let [store, none] = ["store", "none"].map(|name| folder.path().join(name));
    let file = folder.path().join("export.ndjson");
    let file_name = file.to_str().unwrap();
    fill(&store, 1).await;
    ends(&with(&store, &["export", file_name]), 0, "records");

    ends(&with(&store, &["export", file_name]), 1, "is there already");
    ends(
        &with(&store, &["import", file_name]),
        1,
        "the store is not empty",
    );
    ends(&with(&none, &["audit"]), 2, "there is no store at");
    ends(&with(&none, &["export", "-"]), 2, "there is no store at");
    let missing = folder.path().join("missing");
    let missing = missing.to_str().unwrap();
    ends(&with(&none, &["import", missing]), 2, "cannot be read");
    ends(&with(&store, &["--check", "audit"]), 2, "--check: ");
    assert!(!none.exists(), "a store was made");

    let mut lines = fs::read(&file).unwrap();
    lines.truncate(lines.len() / 2);
    fs::write(&file, lines).unwrap();
    ends(&with(&none, &["import", file_name]), 1, "import: line ");
    // Nothing was written, so that the whole export can still come.
    ends(&with(&none, &["--check"]), 0, "it holds 0 records");
}

/// Imports, and kills that once it writes. Whether it had not come to its end by then.
fn is_killed_half_way(to: &Path, file: &str) -> bool {
    let mut import = command();
    import.args(["import", file, "--store", &uri(to)]);
    let mut import = import
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(import.stderr.take().unwrap()).lines();
    let began = lines
        .map(Result::unwrap)
        .find(|line| line.starts_with("importing records: "));
    import.kill().unwrap();
    let ended = import.wait().unwrap();
    assert!(began.is_some(), "it imported nothing: {ended}");
    ended.signal() == Some(9)
}

#[tokio::test]
async fn an_import_that_was_killed_is_opened_by_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let [from, to] = ["from", "to"].map(|name| folder.path().join(name));
    let file = folder.path().join("export.ndjson");
    let file_name = file.to_str().unwrap();
    fill(&from, MANY).await;
    ends(&with(&from, &["export", file_name]), 0, "records");

    // On a busy machine it may come to its end before it is killed.
    let killed = (0..KILLS_MAX).any(|_| {
        let _ = fs::remove_dir_all(&to);
        is_killed_half_way(&to, file_name)
    });
    assert!(killed, "each import ended before it was killed");

    for args in [
        &["--check"][..],
        &[],
        &["audit"],
        &["export", "-"],
        &["import", file_name],
    ] {
        ends(&with(&to, args), 2, "did not finish");
    }
    fs::remove_dir_all(&to).unwrap();
    ends(&with(&to, &["import", file_name]), 0, "is filled");
    ends(&with(&to, &["audit"]), 0, "nothing is wrong");
}

#[tokio::test]
async fn an_audit_names_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let job = fill(folder.path(), 1).await;
    let engine = open(folder.path()).await;
    let batch = Batch {
        deletes: vec![Key::Event(job, 2)],
        ..Batch::new(CommitId::from_bits(1))
    };
    engine.store().commit(&batch).await.unwrap();
    engine.close().await.unwrap();
    drop(engine);

    let audited = with(folder.path(), &["audit"]);
    ends(&audited, 1, "jobs: 1, ");
    let first = said(&audited).lines().next().unwrap();
    let violation: Value = serde_json::from_str(first).unwrap();
    assert_eq!(violation["kind"], "event_missing");
    let place = violation["where"].as_str().unwrap();
    assert!(place.contains(&job.to_string()), "{place}");
}

#[tokio::test]
async fn the_ledger_is_written_as_a_journal() {
    let folder = tempfile::tempdir().unwrap();
    let [store, none] = ["store", "none"].map(|name| folder.path().join(name));
    let file = folder.path().join("all.journal");
    let file_name = file.to_str().unwrap();
    let mut policy = Policy::default();
    policy.credits = true;
    let builder = clawrk::builder(&uri(&store)).await.unwrap();
    let engine = builder.policy(policy).build();
    let alice = engine.user(&UserId::new("al@x").unwrap()).await.unwrap().id;
    let (admin, five) = (Call::by_admin(), Credits::new(5));
    let granted = engine.grant_credits(admin, &alice, five, "gift");
    granted.await.unwrap();
    engine.create_job(&alice, "One").await.unwrap();
    let entries = engine.ledger(&alice, &PageRequest::first()).await.unwrap();
    let today = &entries.items[0].created_at.to_string()[..10];
    engine.close().await.unwrap();

    let hledger = ["journal", "--format", "hledger", "--out", file_name];
    let written = with(&store, &hledger);
    ends(&written, 0, "all.journal: 2 transactions, 3 accounts\n");
    assert!(complained(&written).contains("reading the ledger: 100%"));
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "others could read it");
    let text = fs::read_to_string(&file).unwrap();
    let line = "    Liabilities:Credits:U-al-40x  0 CREDIT = -3 CREDIT\n";
    assert!(text.ends_with(line), "{text}");
    ends(&with(&store, &hledger), 1, "is there already");

    // On standard output there is nothing but the journal.
    let beancount = ["journal", "--format", "beancount"];
    let piped = with(&store, &beancount);
    let again = with(&store, &beancount);
    assert!(said(&piped).starts_with("option ") && piped.stdout == again.stdout);
    assert!(said(&piped).contains("  user: \"al@x\"\n"));
    let until = with(&store, &[&beancount[..], &["--to", today]].concat());
    ends(&until, 0, "\n  Liabilities:Holds  -2 CREDIT\n");
    assert!(!said(&until).contains(" balance "), "{}", said(&until));

    let day = |args: &[&str]| with(&store, &[&beancount[..], args].concat());
    ends(&day(&["--from", "yesterday"]), 2, "not a day from 1970");
    let backwards = day(&["--from", "2025-02-01", "--to", "2025-01-31"]);
    ends(
        &backwards,
        1,
        "journal: 2025-01-31, the last day, comes before",
    );
    let other = with(&store, &["journal", "--format", "ledger"]);
    ends(&other, 2, "they are beancount and hledger");
    ends(&with(&none, &beancount), 2, "there is no store at");
    assert!(!none.exists(), "a store was made");
}
