//! The program runs, and runs again where it ran before.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

/// What the program prints in that folder.
fn run_in(folder: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quickstart"));
    let output = command.current_dir(folder).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{}: {errors}", output.status);
    assert_eq!(errors, "");
    String::from_utf8(output.stdout).unwrap()
}

/// The text with one name for every id and every time.
fn normal(text: &str) -> String {
    let lines = text.lines();
    lines.map(|line| words(line).join(" ") + "\n").collect()
}

fn words(line: &str) -> Vec<String> {
    let normal = |word: &str| {
        let id = word.trim_start_matches("(job:").trim_end_matches(')');
        if id.len() == 26 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            word.replace(id, "ID")
        } else if word.len() == 24 && word.ends_with('Z') {
            "TIME".to_owned()
        } else {
            word.to_owned()
        }
    };
    line.split(' ').map(normal).collect()
}

#[test]
fn prints_the_whole_life_of_a_job_and_finds_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let first = run_in(folder.path());
    assert_eq!(normal(&first), include_str!("first.txt"));
    let second = run_in(folder.path());
    let found = second.contains("Posted by alice so far: 1. Her credits: 3.");
    assert!(found && second.contains("She has 8 now."), "{second}");
}

#[test]
fn says_what_is_wrong_where_it_cannot_open_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("clawrk-data"), "a file").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_quickstart"));
    let output = command.current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        errors,
        "quickstart: ./clawrk-data is not a folder; a store needs one of its own\n"
    );
}
