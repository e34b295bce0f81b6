//! The program runs, and the receiver is paid once.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

#[test]
fn a_receiver_is_paid_once_although_an_answer_is_lost() {
    let output = Command::new(env!("CARGO_BIN_EXE_custom_payments"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, include_str!("transcript.txt"));
}
