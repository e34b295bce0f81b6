//! `cargo xtask test` and `cargo xtask test --rest`.

use std::time::Instant;

use crate::report::{Report, Verdict};
use crate::suite::{SUITES, Suite};
use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{Outcome, process, tool};

/// Set to `1` where every tool is said to be present: a skip is a failure then.
const ALL: &str = "CLAWRK_TEST_ALL";

/// Tests what needs nothing but Rust and a C compiler, and says what that leaves out.
pub(crate) fn first() -> Outcome {
    let workspace = Workspace::load()?;
    let arguments = cargo_arguments(&workspace, SUITES);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();

    let begun = Instant::now();
    let mut tally = Tally::default();
    let succeeded = process::show_and_read("cargo", &arguments, |line| tally.see(line))?;

    let seconds = begun.elapsed().as_secs();
    println!(
        "\n== cargo xtask test: {} passed, {} failed, {} ignored in {seconds} s",
        tally.passed,
        tally.failed.len(),
        tally.ignored
    );
    print!("{}", left_out(SUITES));
    verdict(succeeded, &tally)
}

/// One cargo call for all packages, so that they share every artefact.
fn cargo_arguments(workspace: &Workspace, suites: &[Suite]) -> Vec<String> {
    let mut arguments: Vec<String> = ["test", "--workspace", "--locked", "--no-fail-fast"]
        .map(str::to_owned)
        .to_vec();
    let apart = suites.iter().flat_map(|suite| suite.packages);
    for package in apart.filter(|package| workspace.has(package)) {
        arguments.push(format!("--exclude={package}"));
    }
    arguments
}

fn left_out(suites: &[Suite]) -> String {
    let mut report = String::from("not run here, by name (`cargo xtask test --rest` runs them):\n");
    for suite in suites {
        let tools = tool::names(suite.tools);
        report.push_str(&format!("  {}: needs {tools}\n", suite.name));
    }
    report
}

fn verdict(succeeded: bool, tally: &Tally) -> Outcome {
    if !tally.failed.is_empty() {
        return Err(format!("failed:\n  {}", tally.failed.join("\n  ")));
    }
    if !succeeded {
        return Err("cargo test failed before or between tests: see its output above".to_owned());
    }
    Ok(())
}

/// Runs the suites that need other tools.
pub(crate) fn rest() -> Outcome {
    let all = std::env::var_os(ALL).is_some_and(|value| value == "1");
    let mut report = Report::new("cargo xtask test --rest");
    for suite in SUITES {
        report.run(suite.name, || judge(suite, all));
    }
    report.end()
}

fn judge(suite: &Suite, all: bool) -> Verdict {
    let missing = suite.missing();
    if missing.is_empty() {
        return suite.run().into();
    }
    let ways: Vec<&str> = missing.iter().map(|tool| tool.get).collect();
    let why = format!(
        "{} missing; get it by: {}",
        tool::names(&missing),
        ways.join("; ")
    );
    if all {
        Verdict::Failed(format!("{why} ({ALL}=1 allows no skip)"))
    } else {
        Verdict::Skipped(why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::Tool;

    const NOTHING: &[&Tool] = &[];
    const NOWHERE: &[&Tool] = &[&Tool::example("nowhere")];

    fn suite_that_needs(tools: &'static [&'static Tool]) -> Suite {
        Suite::example("wheel", &["clawrk-py"], tools)
    }

    #[test]
    fn a_missing_tool_is_a_skip_but_a_failure_where_all_must_run() {
        let suite = suite_that_needs(NOWHERE);
        let Verdict::Skipped(why) = judge(&suite, false) else {
            panic!("not skipped");
        };
        assert!(
            why.contains("nowhere missing; get it by: install nowhere"),
            "{why}"
        );
        let Verdict::Failed(why) = judge(&suite, true) else {
            panic!("not failed");
        };
        assert!(why.contains("CLAWRK_TEST_ALL=1 allows no skip"), "{why}");
    }

    #[test]
    fn a_suite_that_can_run_is_judged_by_its_exit_code() {
        assert!(matches!(
            judge(&suite_that_needs(NOTHING), false),
            Verdict::Failed(_)
        ));
    }

    #[test]
    fn what_another_suite_tests_is_excluded_and_reported() {
        let suites = [suite_that_needs(NOWHERE)];
        let member =
            r#"{"packages": [{"name": "clawrk-py", "manifest_path": "", "dependencies": []}]}"#;
        let workspace: Workspace = serde_json::from_str(member).unwrap();
        assert!(cargo_arguments(&workspace, &suites).contains(&"--exclude=clawrk-py".to_owned()));
        assert!(left_out(&suites).contains("wheel: needs nowhere"));
    }

    #[test]
    fn failed_tests_are_named_and_a_build_that_fails_is_no_success() {
        let mut tally = Tally::default();
        tally.see("test ledger::floor ... FAILED");
        assert!(
            verdict(false, &tally)
                .unwrap_err()
                .contains("ledger::floor")
        );
        assert!(verdict(false, &Tally::default()).is_err());
        assert_eq!(verdict(true, &Tally::default()), Ok(()));
    }
}
