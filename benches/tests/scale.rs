//! The harness of docs/benchmarks on a small store, so that it cannot rot unseen.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::Command;

use clawrk_benches::scale::table::Rows;
use clawrk_benches::scale::{audit, commits, opening, reads};

/// Enough for a whole page of a sender's jobs.
const JOBS: &str = "600";

fn scale(arguments: &[&str], dir: &Path, out: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_scale"))
        .args(arguments)
        .arg("--dir")
        .arg(dir)
        .arg("--out")
        .arg(out)
        .status()
        .unwrap();
    assert!(status.success(), "{arguments:?}");
}

fn least(rows: &Rows, column: &str) -> f64 {
    let numbers = rows.iter().map(|row| row.number(column));
    numbers.fold(f64::INFINITY, f64::min)
}

#[test]
fn every_table_and_picture_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let out = tempfile::tempdir().unwrap();
    let (dir, out) = (dir.path(), out.path());
    let small = ["store", "--sizes", JOBS, "--since", "200", "--rounds", "1"];
    scale(&small, dir, out);

    let commits = commits::TABLE.read(out);
    assert_eq!(
        commits.different("command"),
        ["create", "accept", "release"]
    );
    assert!(least(&commits, "commits_per_s") > 0.0 && least(&commits, "commits_per_sync") >= 1.0);
    let reads = reads::TABLE.read(out);
    let pages = reads.iter().filter(|row| row.text("what") == "page");
    assert!(pages.map(|row| row.number("rows")).all(|rows| rows > 40.0));
    assert!(least(&reads, "p99_us") > 0.0);
    let opening = opening::TABLE.read(out);
    assert_eq!(opening.different("ended"), ["closed", "killed"]);
    let killed = opening
        .iter()
        .find(|row| row.text("ended") == "killed")
        .unwrap();
    assert!(killed.number("commits_since") >= 200.0);
    assert!(least(&audit::TABLE.read(out), "jobs") >= 600.0);

    let page = std::fs::read_to_string(out.join("store.md")).unwrap();
    for picture in ["commits-cpu", "commits-rate", "reads", "opening"] {
        let svg = std::fs::read_to_string(out.join(format!("{picture}.svg"))).unwrap();
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
        assert!(page.contains(&format!("({picture}.svg)")));
    }
}
