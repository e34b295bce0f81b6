//! Processes that die, and disks that fail, with writes in flight.
//!
//! This program runs itself again as the process that is killed, so it brings its own `main`.
//!
//! `cargo test -p clawrk-store-sled --test killed -- power-cuts 30` cuts the power 30 times
//! instead. That needs the superuser, `mkfs.ext4` and loop devices.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by a panic, and says what it does"
)]

mod support;

use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;

use clawrk_core::ledger::Account;
use clawrk_core::record::Body;
use clawrk_core::store::{CommitError, Key, Store, StoreError};
use clawrk_store_sled::{OpenError, SledStore};
use clawrk_testkit::run::block_on;
use clawrk_testkit::suite::census;
use tempfile::tempdir;

use support::*;

const CALLERS: u64 = 8;
const KILLS: u64 = 20;
const ACKS_BETWEEN_KILLS: usize = 100;
/// One output in fifty has this length, so that it is spread.
const LONG: usize = 50_000;

fn main() {
    let args: Vec<String> = env::args().collect();
    match args.get(1).map(String::as_str) {
        Some("write") => return write(Path::new(&args[2]), args[3].parse().unwrap()),
        Some("power-cuts") => return power_cuts(args[2].parse().unwrap()),
        Some("hold") => return hold(Path::new(&args[2])),
        // Asked by a test runner for what there is.
        Some("--list") => return,
        _ => {}
    }
    let tests: [(&str, fn()); 3] = [
        ("killed_with_writes_in_flight_loses_nothing", killed),
        ("another_process_that_has_the_store_is_named", named),
        ("a_disk_that_fills_up_loses_nothing", full),
    ];
    for (name, test) in tests {
        test();
        println!("test {name} ... ok");
    }
}

fn run_self(args: &[&str]) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(args);
    command
}

/// Makes jobs as fast as it can, from several threads, and prints the number of each once it is
/// acknowledged. Ends when the store fails.
fn write(path: &Path, first: u64) {
    let store = Arc::new(SledStore::open(path).unwrap());
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let store = Arc::clone(&store);
            thread::spawn(move || make_jobs(&store, first + caller))
        })
        .collect();
    for caller in callers {
        caller.join().unwrap();
    }
    let read = block_on(store.read(&[Key::Job(job_id(first))]));
    assert!(matches!(read, Err(StoreError::Poisoned { .. })), "{read:?}");
}

fn make_jobs(store: &SledStore, first: u64) {
    for n in (first..).step_by(CALLERS as usize) {
        let mut batch = make_job(n, &sender(n));
        if n % 50 == 0 {
            batch.puts[1] = output(n, 1, &"y".repeat(LONG));
        }
        match block_on(store.commit(&batch)) {
            // One write to a pipe: whole or not at all.
            Ok(()) => std::io::stdout()
                .write_all(format!("{n}\n").as_bytes())
                .unwrap(),
            Err(CommitError::Ambiguous(StoreError::Poisoned { .. })) => return,
            Err(CommitError::Refused(StoreError::Poisoned { .. })) => return,
            Err(other) => panic!("{other:?}"),
        }
    }
}

fn sender(n: u64) -> String {
    format!("user{}", n % 3)
}

/// Opens a store and keeps it until standard input ends.
fn hold(path: &Path) {
    let store = SledStore::open(path).unwrap();
    println!("open");
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    drop(store);
}

/// The numbers that a child printed.
fn numbers(output: impl Read) -> impl Iterator<Item = u64> {
    let lines = BufReader::new(output).lines();
    lines.map(|line| line.unwrap().parse().unwrap())
}

/// Every acknowledged job is there.
fn check(path: &Path, acknowledged: &[u64]) {
    let store = SledStore::open(path).unwrap();
    for n in acknowledged {
        assert!(has(&store, *n).unwrap(), "job {n} was acknowledged");
    }
}

/// Everything that is there agrees with itself.
fn audit(path: &Path) {
    let store = SledStore::open(path).unwrap();
    let census = block_on(census(&store)).unwrap();
    let jobs = |name: &str| {
        let of = |body: &Body| matches!(body, Body::Job(job) if job.sender.as_str() == name);
        census
            .records
            .values()
            .filter(|record| of(&record.body))
            .count()
    };
    for name in (0..3).map(sender) {
        let account = Key::Account(Account::User(user(&name)));
        let account = block_on(store.read(&[account])).unwrap().remove(0);
        let posted = account.map_or(0, |account| account.version);
        assert_eq!(posted, jobs(&name) as u64, "jobs and postings of {name}");
    }
}

fn killed() {
    let folder = tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..KILLS {
        let first = (round << 32).to_string();
        let path = folder.path().to_str().unwrap();
        let mut child = run_self(&["write", path, &first])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut acks = numbers(child.stdout.take().unwrap());
        // Kills land anywhere in a group, and at any age of the log.
        let wait = ACKS_BETWEEN_KILLS + 7 * round as usize;
        acknowledged.extend(acks.by_ref().take(wait));
        child.kill().unwrap();
        // What was printed before the kill was acknowledged as well.
        acknowledged.extend(acks);
        child.wait().unwrap();
        check(folder.path(), &acknowledged);
        if round % 5 == 4 {
            audit(folder.path());
        }
    }
    assert!(acknowledged.len() as u64 >= KILLS * ACKS_BETWEEN_KILLS as u64);
}

fn started(path: &Path) -> Child {
    let mut child = run_self(&["hold", path.to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let output = child.stdout.as_mut().unwrap();
    BufReader::new(output).read_line(&mut line).unwrap();
    assert_eq!(line, "open\n");
    child
}

fn named() {
    let folder = tempdir().unwrap();
    let mut child = started(folder.path());
    let error = SledStore::open(folder.path()).unwrap_err();
    let id = child.id();
    assert!(matches!(error, OpenError::InUse { process: Some(found), .. } if found == id));
    let text = error.to_string();
    assert!(text.contains(&format!("in use by process {id};")), "{text}");
    child.kill().unwrap();
    child.wait().unwrap();
    // The lock went with the process.
    drop(SledStore::open(folder.path()).unwrap());
    let mut child = started(folder.path());
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    drop(SledStore::open(folder.path()).unwrap());
}

/// A limit of the file's size stands for the end of the disk: a write fails half-way.
fn full() {
    let folder = tempdir().unwrap();
    let this = env::current_exe().unwrap();
    let script = "trap '' XFSZ; ulimit -f 2500; exec \"$0\" \"$@\"";
    let output = Command::new("sh")
        .args(["-c", script])
        .arg(this)
        .args(["write", folder.path().to_str().unwrap(), "0"])
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {error}", output.status);
    let acknowledged: Vec<_> = numbers(&output.stdout[..]).collect();
    assert!(!acknowledged.is_empty());
    check(folder.path(), &acknowledged);
    audit(folder.path());
    // There is space again.
    fill(
        &SledStore::open(folder.path()).unwrap(),
        1 << 40..(1 << 40) + 9,
    );
}

/// A disk in a file. What the file system in it has not handed to the disk is not in the file.
struct Image {
    folder: tempfile::TempDir,
}

impl Image {
    fn new(name: &str) -> Image {
        let folder = tempfile::Builder::new().prefix(name).tempdir_in("/dev/shm");
        let folder = folder.unwrap();
        std::fs::create_dir(folder.path().join("at")).unwrap();
        Image { folder }
    }

    fn file(&self) -> String {
        format!("{}/image", self.folder.path().display())
    }

    fn at(&self) -> String {
        format!("{}/at", self.folder.path().display())
    }

    fn mount(&self) {
        run("mount", &["-o", "loop", &self.file(), &self.at()]);
    }

    fn unmount(&self) {
        run("umount", &[&self.at()]);
    }
}

fn run(program: &str, args: &[&str]) {
    let status = Command::new(program).args(args).status().unwrap();
    assert!(status.success(), "{program} {args:?}: {status}");
}

/// What this machine lacks for cutting the power.
fn lack() -> Option<String> {
    let works = |program: &str, args: &[&str]| {
        let mut command = Command::new(program);
        let ran = command.args(args).stderr(Stdio::null()).output();
        ran.ok().filter(|output| output.status.success())
    };
    let root = works("id", &["-u"]).is_some_and(|output| output.stdout == b"0\n");
    if !root {
        return Some("they need the superuser".to_owned());
    }
    for (program, args) in [("mkfs.ext4", "-V"), ("losetup", "-f"), ("mount", "-V")] {
        if works(program, &[args]).is_none() {
            return Some(format!("they need `{program} {args}` to work"));
        }
    }
    (!Path::new("/dev/shm").is_dir()).then(|| "they need /dev/shm".to_owned())
}

/// Stops the writer, copies the disk as it is at that moment, and looks at the copy, which is what
/// a power cut would have left. Every fifth cut begins with a new disk.
fn power_cuts(cuts: u64) {
    if let Some(lack) = lack() {
        return println!("skipped: power cuts: {lack}");
    }
    let (disk, copy) = (Image::new("disk"), Image::new("copy"));
    let mut acknowledged = Vec::new();
    for cut in 0..cuts {
        if cut % 5 == 0 {
            acknowledged.clear();
            let file = std::fs::File::create(disk.file()).unwrap();
            file.set_len(600 << 20).unwrap();
            run("mkfs.ext4", &["-q", &disk.file()]);
            disk.mount();
        }
        let mut child = run_self(&["write", &disk.at(), &(cut << 32).to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut acks = numbers(child.stdout.take().unwrap());
        acknowledged.extend(acks.by_ref().take(100 + 531 * (cut as usize % 7)));
        run("kill", &["-STOP", &child.id().to_string()]);
        std::fs::copy(disk.file(), copy.file()).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        copy.mount();
        check(Path::new(&copy.at()), &acknowledged);
        audit(Path::new(&copy.at()));
        copy.unmount();
        println!(
            "power cut {cut}: {} acknowledged, all there",
            acknowledged.len()
        );
        acknowledged.extend(acks);
        if cut % 5 == 4 || cut + 1 == cuts {
            disk.unmount();
        }
    }
}
