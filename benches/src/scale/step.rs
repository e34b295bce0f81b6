//! The steps of a run, each a process of its own.

use std::env;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader};
use std::process::{Command, Stdio};

/// What a step says that is to be killed, once it has done its part.
pub const READY: &str = "ready";

/// Runs this program with these arguments to its end. Gives the lines that it said.
///
/// # Errors
/// What the system says, or that the step failed.
pub fn run(arguments: &[OsString]) -> io::Result<Vec<String>> {
    let output = Command::new(env::current_exe()?)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(failed(arguments));
    }
    let said = String::from_utf8_lossy(&output.stdout);
    Ok(said.lines().map(str::to_owned).collect())
}

/// Runs this program with these arguments until it says [`READY`], then kills it while it goes on.
/// Gives what it said before.
///
/// # Errors
/// What the system says, or that the step ended by itself.
pub fn run_and_kill(arguments: &[OsString]) -> io::Result<Vec<String>> {
    let mut child = Command::new(env::current_exe()?)
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut said = Vec::new();
    for line in child
        .stdout
        .take()
        .into_iter()
        .flat_map(|out| BufReader::new(out).lines())
    {
        let line = line?;
        if line == READY {
            child.kill()?;
            child.wait()?;
            return Ok(said);
        }
        said.push(line);
    }
    child.wait()?;
    Err(failed(arguments))
}

fn failed(arguments: &[OsString]) -> io::Error {
    let words: Vec<_> = arguments
        .iter()
        .map(|word| word.to_string_lossy())
        .collect();
    io::Error::other(format!("the step `{}` failed", words.join(" ")))
}
