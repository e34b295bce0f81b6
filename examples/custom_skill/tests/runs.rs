//! The program runs, and prints what its skill made.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

#[test]
fn prints_the_output_and_the_failure_of_its_skill() {
    let output = Command::new(env!("CARGO_BIN_EXE_custom_skill"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "wordcount made:\n\n# Words\n\n- be: 2\n- not: 1\n- or: 1\n- to: 2\n\n\
         wordcount: run failed: put the text behind a colon\n\
         the job is accepted again\n"
    );
}
