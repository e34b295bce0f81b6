//! `cargo xtask nightly`: the randomised tests, for as long as nobody waits for them, and the run
//! with a real language model.

use crate::report::Report;
use crate::{Outcome, process};

/// A name, and what `env` is given: the setting that makes a run long, and the command.
const RUNS: &[(&str, &[&str])] = &[
    (
        "simulator, 20,000 seeds",
        &[
            "CLAWRK_SIM_SEEDS=20000",
            "cargo",
            "test",
            "--release",
            "--locked",
            "--package=clawrk-testkit",
            "--test=simulator",
        ],
    ),
    (
        "model, 10,000 cases",
        &[
            "PROPTEST_CASES=10000",
            "cargo",
            "test",
            "--release",
            "--locked",
            "--package=clawrk-testkit",
            "--test=model",
        ],
    ),
    (
        "payouts, 100,000 random runs",
        &[
            "CLAWRK_PAYOUT_RUNS=100000",
            "cargo",
            "test",
            "--release",
            "--locked",
            "--package=clawrk-testkit",
            "--test=payouts",
        ],
    ),
    (
        "damaged stores, 6,000 images",
        &[
            "CLAWRK_IMAGES=6000",
            "cargo",
            "test",
            "--release",
            "--locked",
            "--package=clawrk-store-sled",
            "--test=images",
        ],
    ),
    (
        "power cuts, 20",
        &[
            "cargo",
            "test",
            "--release",
            "--locked",
            "--package=clawrk-store-sled",
            "--test=killed",
            "--",
            "power-cuts",
            "20",
        ],
    ),
    (
        "fuzz, 10 minutes a target",
        &["CLAWRK_FUZZ_SECONDS=600", "fuzz/test.sh"],
    ),
    // It brings its own Node, and a model of 98 MB.
    ("a real model", &["clawrk-llm/real/run.sh"]),
];

/// Runs all of them, also after one has failed.
pub(crate) fn run() -> Outcome {
    let mut report = Report::new("cargo xtask nightly");
    for (name, command) in RUNS {
        report.run(name, || process::show("env", command).into());
    }
    report.end()
}
