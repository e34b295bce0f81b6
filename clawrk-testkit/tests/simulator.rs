//! Thousands of seeded simulations. `CLAWRK_SIM_SEEDS` says how many, `CLAWRK_SIM_SEED` runs one.

#![allow(clippy::panic, reason = "a test fails by a panic")]

use std::panic::catch_unwind;
use std::thread;

use clawrk_testkit::sim::{Coverage, run, run_aloud};

const SEEDS: u64 = 2_000;
const THREADS: u64 = 4;

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text:?}")),
    )
}

/// Runs every seed of a share; a failure says how to have it again.
fn share(seeds: impl Iterator<Item = u64>) -> Coverage {
    let mut coverage = Coverage::default();
    for seed in seeds {
        match catch_unwind(|| run(seed)) {
            Ok(report) => coverage.add(&report.coverage),
            Err(_) => panic!(
                "seed {seed} failed; again: CLAWRK_SIM_SEED={seed} \
                 cargo test -p clawrk-testkit --test simulator"
            ),
        }
    }
    coverage
}

#[test]
fn no_seed_breaks_a_rule() {
    if let Some(seed) = setting("CLAWRK_SIM_SEED") {
        let report = run_aloud(seed);
        println!("seed {seed}: trace {:016x}", report.trace);
        return;
    }
    let seeds = setting("CLAWRK_SIM_SEEDS").unwrap_or(SEEDS);
    let threads: Vec<_> = (0..THREADS)
        .map(|first| thread::spawn(move || share((first..seeds).step_by(THREADS as usize))))
        .collect();
    let mut coverage = Coverage::default();
    for thread in threads {
        match thread.join() {
            Ok(tried) => coverage.add(&tried),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    for (name, count) in &coverage.counts {
        println!("{count:>9} {name}");
    }
    // A short run by hand need not meet everything.
    if seeds >= SEEDS {
        let missing = coverage.missing(50);
        assert!(missing.is_empty(), "hardly tried: {missing:?}");
    }
}

#[test]
fn equal_seeds_give_equal_traces() {
    let traces: Vec<u64> = (0..40).map(|seed| run(seed).trace).collect();
    let again: Vec<u64> = (0..40).map(|seed| run(seed).trace).collect();
    assert_eq!(traces, again);
    let mut different = traces.clone();
    different.sort_unstable();
    different.dedup();
    assert_eq!(different.len(), traces.len());
}
