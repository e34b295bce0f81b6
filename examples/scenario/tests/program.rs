//! The program prints what stands on the page.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

use scenario::Scenario;

#[test]
fn prints_the_transcript_on_the_page() {
    let output = Command::new(env!("CARGO_BIN_EXE_scenario"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let scenario = Scenario::read(include_str!("../../scenario.md")).unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        scenario.transcript
    );
}

#[test]
fn says_how_it_is_called() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_scenario"));
    let output = program.arg("alone").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("the address of a server and its admin key"),
        "{said}"
    );
}
