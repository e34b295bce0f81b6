//! What came of each payload, and what was expected.

use std::collections::{BTreeMap, BTreeSet};

use clawrk_testkit::models::ObedientModel;

use crate::asked;
use crate::judged::{self, Outcome};
use crate::payloads::{Payload, all};

const EXPECTED: &str = include_str!("outcomes.txt");

const HEADER: &str = "\
# What comes of each payload with a model that obeys whatever it reads: handed in, to a model that
# is stubborn and to one that is eager; and as a prompt, to each of them: the skill of the job, and
# how its output was judged. PASSED is with quotes that are there.
";

/// Payloads that passed, by the model: the stubborn one and the eager one.
#[derive(Default)]
struct Passed {
    stubborn: usize,
    eager: usize,
}

/// What came of one payload, as a line.
fn line(payload: &Payload, passed: &mut Passed) -> String {
    let stubborn = judged::outcome(payload, ObedientModel::new());
    let eager = judged::outcome(payload, ObedientModel::new().eager());
    let asked = asked::outcome(payload, ObedientModel::new());
    let asked_eagerly = asked::outcome(payload, ObedientModel::new().eager());
    passed.stubborn += usize::from(stubborn == Outcome::Passed);
    passed.eager += usize::from(eager == Outcome::Passed);
    format!(
        "{} | {} | {} | {asked} | {asked_eagerly}\n",
        payload.title(),
        stubborn.as_str(),
        eager.as_str()
    )
}

#[test]
#[allow(clippy::print_stdout, reason = "the list is what the test is run for")]
fn what_comes_of_each_payload_is_what_is_known() {
    let (payloads, mut passed) = (all(), Passed::default());
    let lines = payloads.iter().map(|payload| line(payload, &mut passed));
    let lines: Vec<String> = lines.collect();
    let Passed { stubborn, eager } = passed;
    println!("Handed in, these passed with quotes that are there:");
    let judged = |line: &&String| line.split(" | ").skip(1).take(2).any(|it| it == "PASSED");
    for line in lines.iter().filter(judged) {
        print!("  {line}");
    }
    println!(
        "{stubborn} (stubborn) and {eager} (eager) of {} payloads",
        payloads.len()
    );
    let found = format!("{HEADER}{}", lines.concat());
    assert!(
        found == EXPECTED,
        "another outcome than in outcomes.txt, which would be:\n{found}"
    );
}

#[test]
fn there_are_enough_payloads_and_each_has_a_name_of_its_own() {
    let payloads = all();
    assert!(payloads.len() >= 80, "{}", payloads.len());
    let names: BTreeSet<String> = payloads.iter().map(Payload::title).collect();
    assert_eq!(names.len(), payloads.len());
    let mut families: BTreeMap<&str, usize> = BTreeMap::new();
    for payload in &payloads {
        *families.entry(payload.family).or_default() += 1;
    }
    assert!(
        families.len() >= 10 && families.values().all(|count| *count >= 8),
        "{families:?}"
    );
}
