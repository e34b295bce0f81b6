//! The page runs in Rust, and prints what stands on it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use scenario::{Embedded, Scenario};

#[test]
fn the_transcript_is_the_one_on_the_page() {
    let scenario = Scenario::read(include_str!("../../scenario.md")).unwrap();
    let transcript = scenario.run(&mut Embedded::open().unwrap()).unwrap();
    assert_eq!(transcript, scenario.transcript);
}
