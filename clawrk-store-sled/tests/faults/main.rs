//! A disk that fails at every call in turn: full, broken, or with a sync that fails once and then
//! "succeeds". Nothing is acknowledged from then on, and nothing acknowledged is lost.
//!
//! This program runs itself again as the process whose disk fails, so it brings its own `main`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by a panic, and says what it does"
)]

mod shim;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use clawrk_core::Error;
use clawrk_core::id::{JobId, UserId};
use clawrk_core::job::Status;
use clawrk_core::money::Credits;
use clawrk_core::policy::Policy;
use clawrk_core::store::{Store, StoreError};
use clawrk_core::{Call, Engine};
use clawrk_store_sled::SledStore;
use clawrk_testkit::clock::{SeededIds, VirtualClock};
use clawrk_testkit::payments::OfflinePayments;
use clawrk_testkit::run::block_on;
use tempfile::{TempDir, tempdir};

use shim::Fault;

/// How many jobs live while the disk fails; one of them has a long output.
const LIVES: u64 = 4;
const LONG: usize = 30_000;

/// Who takes longer does not end. It takes a tenth of a second on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// Every fault, and whether the store is to survive it.
const FAULTS: [(Fault, bool); 7] = [
    (fault("write", "eio"), false),
    (fault("write", "enospc"), false),
    (fault("write", "short"), false),
    (fault("write", "half"), true),
    (fault("sync", "eio"), false),
    (fault("open", "eio"), false),
    (fault("rename", "eio"), false),
];

const fn fault(call: &'static str, how: &'static str) -> Fault {
    Fault { call, how }
}

fn main() {
    let args: Vec<String> = env::args().collect();
    match args.get(1).map(String::as_str) {
        Some("live") => return live(Path::new(&args[2])),
        // Asked by a test runner for what there is.
        Some("--list") => return,
        _ => {}
    }
    let folder = tempdir().unwrap();
    let Some(shim) = shim::make(folder.path()) else {
        return;
    };
    let base = base();
    for (fault, survives) in FAULTS {
        let calls = break_each(&shim, base.path(), fault, survives);
        println!(
            "test a_disk_that_fails_loses_nothing: {} {} ... ok ({calls} calls)",
            fault.call, fault.how
        );
    }
}

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

fn engine(store: Arc<dyn Store>, seed: u64) -> Engine {
    let mut policy = Policy::default();
    policy.credits = true;
    Engine::builder(store, Arc::new(VirtualClock::new()))
        .policy(policy)
        .payments(Arc::new(OfflinePayments))
        .ids(Arc::new(SeededIds::new(seed)))
        .build()
}

/// A store with some jobs in it, opened more than once.
fn base() -> TempDir {
    let folder = tempdir().unwrap();
    for session in 0..2 {
        let store: Arc<dyn Store> = Arc::new(SledStore::open(folder.path()).unwrap());
        let engine = engine(store, session);
        block_on(async {
            let ann = engine.user(&user("ann")).await.unwrap().id;
            let grant = engine.grant_credits(Call::by_admin(), &ann, Credits::new(500), "start");
            grant.await.unwrap();
            for n in 0..3 {
                one_life(&engine, n, &mut |_, _| {}).await.unwrap();
            }
        });
    }
    folder
}

/// A job from its beginning to its end; tells of each step once it is acknowledged.
async fn one_life(
    engine: &Engine,
    n: u64,
    tell: &mut impl FnMut(JobId, Status),
) -> Result<(), Error> {
    let (ann, bob) = (user("ann"), user("bob"));
    let output = match n {
        1 => "é".repeat(LONG / 2),
        _ => "An output of more than twenty characters.".to_owned(),
    };
    let job = engine.create_job(&ann, "Sum up RFC 9110").await?;
    tell(job.id, job.status);
    let status = engine.accept_job(&bob, &job.id).await?.status;
    tell(job.id, status);
    let submitted = engine.submit_output(&bob, &job.id, Some(&output)).await?;
    tell(job.id, submitted.status);
    let status = engine.verify_job(&ann, &job.id).await?.status;
    tell(job.id, status);
    Ok(())
}

/// Lives until the disk fails, and prints what was acknowledged and what was said then.
fn live(path: &Path) {
    let store = match SledStore::open(path) {
        Ok(store) => Arc::new(store),
        Err(error) => return println!("refused {error}"),
    };
    let engine = engine(store.clone(), 77);
    let mut tell = |job, status| println!("{job} {status:?}");
    let lived = block_on(async {
        for n in 0..LIVES {
            one_life(&engine, n, &mut tell).await?;
        }
        Ok::<(), Error>(())
    });
    match lived {
        Ok(()) => println!("lived"),
        Err(error) => {
            println!("failed {error}");
            let read = block_on(store.read(&[clawrk_core::store::Key::Meta]));
            assert!(matches!(read, Err(StoreError::Poisoned { .. })), "{read:?}");
            let again = block_on(engine.create_job(&user("ann"), "Once more"));
            println!("poisoned {}", again.unwrap_err());
        }
    }
    match block_on(store.close()) {
        Ok(()) => println!("closed"),
        Err(error) => println!("unclosed {error}"),
    }
}

/// Lets the first call fail, then the second, and so on, until a run does not come that far. Gives
/// how many calls were broken.
fn break_each(shim: &Path, base: &Path, fault: Fault, survives: bool) -> usize {
    for nth in 1.. {
        let folder = tempdir().unwrap();
        let at = folder.path().join("store");
        copy(base, &at);
        let mut command = Command::new(env::current_exe().unwrap());
        command.arg("live").arg(&at).env("RUST_BACKTRACE", "0");
        shim::fail(&mut command, shim, &at, fault, nth);
        let what = format!("{} {} {nth}", fault.call, fault.how);
        let output = output(&mut command, &what);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{what}: {} {errors}",
            output.status
        );
        let said = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<&str> = said.lines().collect();
        let Some(hit) = lines.iter().position(|line| *line == "hit") else {
            assert!(nth > 1, "{what}: no such call at all");
            check(&at, &lines, &what);
            return nth - 1;
        };
        if survives {
            let end = lines.last();
            assert_eq!(end, Some(&"closed"), "{what}: {said}");
        } else {
            says_so(&lines[hit + 1..], &what);
        }
        check(&at, &lines, &what);
    }
    0
}

/// What a process printed until it ended, which it does before the deadline.
fn output(command: &mut Command, what: &str) -> Output {
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let id = child.id();
    let (tell, ended) = mpsc::channel();
    let waiting = thread::spawn(move || tell.send(child.wait_with_output().unwrap()));
    ended.recv_timeout(DEADLINE).unwrap_or_else(|_| {
        let killed = Command::new("kill")
            .args(["-KILL", &id.to_string()])
            .status();
        assert!(killed.unwrap().success());
        waiting.join().unwrap().unwrap();
        let output = ended.recv().unwrap();
        panic!("{what}: does not end: {output:?}");
    })
}

/// From the fault on nothing is acknowledged: the store does not open, or it says that it is
/// poisoned. Only what fails after the last acknowledgement may go unsaid.
fn says_so(after: &[&str], what: &str) {
    let first = after.first().copied().unwrap_or_default();
    let acknowledged = after.iter().any(|line| step(line).is_some());
    assert!(
        !acknowledged,
        "{what}: acknowledged after the fault: {after:?}"
    );
    let words = ["refused", "failed", "lived", "closed", "unclosed"];
    assert!(
        words.contains(&first.split(' ').next().unwrap()),
        "{what}: {after:?}"
    );
    if first.starts_with("failed") {
        assert!(after[1].starts_with("poisoned"), "{what}: {after:?}");
        assert!(after[2].starts_with("unclosed"), "{what}: {after:?}");
    }
}

/// The job and its status in a line that acknowledges a step.
fn step(line: &str) -> Option<(JobId, &str)> {
    let (job, status) = line.split_once(' ')?;
    Some((job.parse().ok()?, status))
}

/// Everything acknowledged is there once the disk is well again, and nothing is half.
fn check(at: &Path, lines: &[&str], what: &str) {
    let store: Arc<dyn Store> = Arc::new(SledStore::open(at).unwrap());
    let engine = engine(store, 99);
    let steps = ["Queued", "Accepted", "Submitted", "Verified"];
    let place = |name: &str| steps.iter().position(|step| *step == name).unwrap();
    let mut acknowledged = BTreeMap::new();
    for (job, status) in lines.iter().filter_map(|line| step(line)) {
        acknowledged.insert(job, place(status));
    }
    block_on(async {
        for (job, step) in acknowledged {
            let job = engine.job(&user("ann"), &job).await.unwrap();
            let now = place(&format!("{:?}", job.status));
            // The step that was in doubt may have been taken.
            assert!(
                (step..=step + 1).contains(&now),
                "{what}: {job:?} is not at {step}"
            );
        }
        let audit = engine.audit().await.unwrap();
        assert!(
            audit.ok() && audit.counted,
            "{what}: {:#?}",
            audit.violations
        );
        one_life(&engine, 0, &mut |_, _| {}).await.unwrap();
    });
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.join("blobs")).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        if file.path().is_file() {
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}
