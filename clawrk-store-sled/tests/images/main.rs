//! Images of stores, damaged in every way that comes to mind, each from a seed: they open with all
//! that they held, or say what is wrong when they are opened, when it is read, or in the audit.
//!
//! This program runs itself again for every few images, so that neither an abort nor an endless
//! loop goes unseen. `CLAWRK_IMAGES` says how many images are made, `CLAWRK_IMAGE=n` looks at one.
//! The damage comes from a seed, but the stores are made by threads, whose turns differ from run to
//! run: an image that is wrong is kept.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by a panic, and says what it does"
)]

mod harm;
mod log;
mod look;
mod stores;

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead, BufReader};
use std::panic;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use clawrk_testkit::rng::Rng;
use tempfile::{tempdir, tempdir_in};

use harm::{HARMS, May};
use look::{Outcome, look};
use stores::{STORES, copy, open, records};

/// So many images unless `CLAWRK_IMAGES` says otherwise: each damage to each store about twice.
const IMAGES: usize = 200;

/// So many images are looked at by one process.
const BATCH: usize = 11;

/// So many processes at once.
const WORKERS: usize = 2;

/// Who takes longer over one image does not end. It takes a second on a busy machine.
const DEADLINE: Duration = Duration::from_secs(120);

fn main() {
    let args: Vec<String> = env::args().collect();
    match args.get(1).map(String::as_str) {
        Some("look") => {
            let numbers = args[3].parse().unwrap()..args[4].parse().unwrap();
            return look_at(Path::new(&args[2]), numbers);
        }
        // Asked by a test runner for what there is.
        Some("--list") => return,
        _ => {}
    }
    let setting = |name| env::var(name).ok().map(|value| value.parse().unwrap());
    let numbers = match setting("CLAWRK_IMAGE") {
        Some(one) => one..one + 1,
        None => 0..setting("CLAWRK_IMAGES").unwrap_or(IMAGES),
    };
    let folder = tempdir().unwrap();
    stores::make(folder.path());
    let findings = find(folder.path(), numbers);
    show(&findings);
    let wrong: Vec<_> = findings.iter().filter(|it| it.is_wrong()).collect();
    let audited = findings.iter().filter(|it| it.outcome == Outcome::Audited);
    for finding in audited.chain(wrong.iter().copied()) {
        println!("{:?}: {}", finding.outcome, finding.detail);
    }
    assert!(wrong.is_empty(), "{} images are wrong", wrong.len());
    println!(
        "test damage_is_never_silent ... ok ({} images)",
        findings.len()
    );
}

#[derive(Debug)]
struct Finding {
    image: usize,
    outcome: Outcome,
    detail: String,
}

impl Finding {
    fn is_wrong(&self) -> bool {
        is_wrong(self.image, self.outcome)
    }
}

/// Whether that must not become of the image.
fn is_wrong(image: usize, outcome: Outcome) -> bool {
    let (_, harm) = which(image);
    outcome.is_wrong()
        || match HARMS[harm].may {
            May::Whole => outcome != Outcome::Whole,
            May::Say => false,
            May::MustSay => outcome == Outcome::Whole,
        }
}

/// The store and the damage of an image.
fn which(image: usize) -> (&'static str, usize) {
    (
        STORES[image % STORES.len()],
        image / STORES.len() % HARMS.len(),
    )
}

/// Looks at the images, a few in each process.
fn find(folder: &Path, numbers: std::ops::Range<usize>) -> Vec<Finding> {
    let next = AtomicUsize::new(numbers.start);
    let findings = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let first = next.fetch_add(BATCH, Ordering::SeqCst);
                    if first >= numbers.end {
                        return;
                    }
                    let found = run(folder, first, numbers.end.min(first + BATCH));
                    findings.lock().unwrap().extend(found);
                }
            });
        }
    });
    let mut findings = findings.into_inner().unwrap();
    findings.sort_by_key(|finding| finding.image);
    findings
}

/// Runs a process that prints a line for each image.
fn run(folder: &Path, first: usize, end: usize) -> Vec<Finding> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["look", folder.to_str().unwrap()])
        .args([first.to_string(), end.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (tell, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in output.lines() {
            let _ = tell.send(line.unwrap());
        }
    });
    let mut findings = Vec::new();
    for image in first..end {
        let (store, harm) = which(image);
        let what = format!("image {image}, {store}, {}", HARMS[harm].name);
        let line = lines.recv_timeout(DEADLINE).unwrap_or_else(|error| {
            child.kill().unwrap();
            panic!("{what}: no answer ({error}), {:?}", child.wait());
        });
        let (outcome, detail) = line.split_once(' ').unwrap();
        findings.push(Finding {
            image,
            outcome: Outcome::from_name(outcome).unwrap(),
            detail: format!("{what}: {detail}"),
        });
    }
    assert!(child.wait().unwrap().success());
    findings
}

/// Looks at some images, and prints a line for each.
fn look_at(folder: &Path, numbers: std::ops::Range<usize>) {
    hush();
    let mut known = BTreeMap::new();
    for image in numbers {
        let (store, harm) = which(image);
        let (now, old) = (
            folder.join(store).join("now"),
            folder.join(store).join("old"),
        );
        let known = known.entry(store).or_insert_with(|| {
            let sound = tempdir().unwrap();
            copy(&now, sound.path());
            records(&open(sound.path()))
        });
        let damaged = tempdir().unwrap();
        copy(&now, damaged.path());
        let mut rng = Rng::new(image as u64);
        (HARMS[harm].act)(damaged.path(), &old, &mut rng);
        // Looking at it changes it.
        let kept = tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        copy(damaged.path(), kept.path());
        let (outcome, mut detail) = look(damaged.path(), known);
        if is_wrong(image, outcome) {
            detail = format!("{detail} (kept in {})", kept.keep().display());
        }
        println!("{outcome} {}", detail.replace('\n', " "));
    }
}

/// Keeps the panics of sled, which are expected here, out of the output.
fn hush() {
    let show = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let from_sled = |place: &panic::Location<'_>| place.file().contains("sled-0.34");
        if !panic.location().is_some_and(from_sled) {
            show(panic);
        }
    }));
}

/// Prints what became of each damage.
fn show(findings: &[Finding]) {
    let mut table: BTreeMap<usize, BTreeMap<Outcome, usize>> = BTreeMap::new();
    for finding in findings {
        let row = table.entry(which(finding.image).1).or_default();
        *row.entry(finding.outcome).or_default() += 1;
    }
    print!("{:<36}", "damage");
    for outcome in Outcome::ALL {
        print!("{outcome:>9}");
    }
    println!();
    for (harm, row) in table {
        print!("{:<36}", HARMS[harm].name);
        for outcome in Outcome::ALL {
            print!("{:>9}", row.get(&outcome).copied().unwrap_or(0));
        }
        println!();
    }
}
