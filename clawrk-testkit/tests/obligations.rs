//! The suite has a test for each obligation in the documentation of `Store`, and for no other.

use std::collections::BTreeSet;

/// Names that are tested beyond the obligations.
const EXTRA: [&str; 1] = ["random_batches_agree_with_the_reference"];

#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
fn read(path: &str) -> String {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn every_obligation_has_its_test() {
    let port = read("../clawrk-core/src/store/mod.rs");
    let obliged: BTreeSet<&str> = port
        .lines()
        .filter(|line| line.trim_start().starts_with("/// - **"))
        .flat_map(|line| line.split("**").skip(1).step_by(2))
        .collect();
    assert!(obliged.len() > 20, "{obliged:?}");

    let suite = read("src/suite/mod.rs");
    let tested: BTreeSet<&str> = suite
        .split_once("$crate::store_suite! { $home =>")
        .and_then(|(_, rest)| rest.split_once('}'))
        .map(|(names, _)| names.split_whitespace().collect())
        .expect("the list of tests in the macro");
    let extra: BTreeSet<&str> = EXTRA.into();
    let expected: BTreeSet<&str> = obliged.union(&extra).copied().collect();
    assert_eq!(tested, expected);
}
