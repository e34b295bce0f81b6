//! The program runs, and tells of each criterion.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

#[test]
fn a_model_of_ones_own_structures_and_judges() {
    let output = Command::new(env!("CARGO_BIN_EXE_custom_language_model"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, include_str!("transcript.txt"));
}
