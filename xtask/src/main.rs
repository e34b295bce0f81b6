//! clawrk's own chores, run as `cargo xtask <command>`.
//!
//! Everything here needs nothing but Rust; what needs another tool is a [`suite`] and says so.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a program for a person at a terminal: it prints, and times what it runs"
)]

mod arrows;
mod docs;
mod files;
mod nightly;
mod process;
mod report;
mod suite;
mod surface;
mod tally;
mod test;
mod tidy;
mod tool;
mod workspace;

use std::process::ExitCode;

/// What a chore answers; the text of a failure names the cause and the mend.
type Outcome<T = ()> = Result<T, String>;

const USAGE: &str = "\
usage: cargo xtask <command>

  test          test every package that needs nothing but Rust and a C compiler
  test --rest   test the others; a missing tool is a skip (a failure with CLAWRK_TEST_ALL=1)
  arrows        check that the crates depend on each other only as ARCHITECTURE.md draws it
  tidy          check the house rules that no linter knows (see CONTRIBUTING.md)
  docs          write the pages of docs/ that are made from the source
  docs --check  fail if one of them is stale
  surface       check that every language has the verbs that docs/surface.md says
  nightly       the randomised tests again, for hours, and jobs with a real language model";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Outcome {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["test"] => test::first(),
        ["test", "--rest"] => test::rest(),
        ["arrows"] => arrows::check(),
        ["tidy"] => tidy::check(),
        ["nightly"] => nightly::run(),
        ["docs"] => docs::write(),
        ["docs", "--check"] => docs::check(),
        ["surface"] => surface::check(),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(format!("no such command: `{}`\n\n{USAGE}", words.join(" "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_command_is_refused_with_the_usage() {
        let refusal = run(&["tset".to_owned()]).unwrap_err();
        assert!(refusal.contains("no such command: `tset`"), "{refusal}");
        assert!(refusal.contains("usage:"), "{refusal}");
    }
}
