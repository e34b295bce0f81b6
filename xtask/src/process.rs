//! Running other programs from the root of the repository.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::{Outcome, workspace};

fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(workspace::root());
    command
}

fn spelled(program: &str, arguments: &[&str]) -> String {
    format!("{program} {}", arguments.join(" "))
}

fn not_started(program: &str, error: &std::io::Error) -> String {
    format!("`{program}` could not be started: {error}")
}

/// Runs a program to its end and returns its standard output.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Outcome<String> {
    let done = command(program, arguments)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| not_started(program, &error))?;
    if !done.status.success() {
        let said = spelled(program, arguments);
        return Err(format!("`{said}` failed: {}", done.status));
    }
    String::from_utf8(done.stdout).map_err(|error| format!("`{program}` printed no text: {error}"))
}

/// Shows the command, then runs it with this terminal as its own.
pub(crate) fn show(program: &str, arguments: &[&str]) -> Outcome {
    let said = spelled(program, arguments);
    println!("$ {said}");
    let status = command(program, arguments)
        .status()
        .map_err(|error| not_started(program, &error))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{said}` failed: {status}"))
    }
}

/// Like [`show`], but hands each line of standard output to `see` after printing it.
///
/// The inner result says whether the program succeeded.
pub(crate) fn show_and_read(
    program: &str,
    arguments: &[&str],
    mut see: impl FnMut(&str),
) -> Outcome<bool> {
    println!("$ {}", spelled(program, arguments));
    let mut child = command(program, arguments)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| not_started(program, &error))?;
    if let Some(stdout) = child.stdout.take() {
        let mut lines = BufReader::new(stdout);
        let mut line = Vec::new();
        // Read as bytes: a test may print what is not UTF-8.
        while lines
            .read_until(b'\n', &mut line)
            .map_err(|error| format!("reading from `{program}`: {error}"))?
            > 0
        {
            let text = String::from_utf8_lossy(&line);
            print!("{text}");
            see(text.trim_end());
            line.clear();
        }
    }
    let status = child
        .wait()
        .map_err(|error| format!("waiting for `{program}`: {error}"))?;
    Ok(status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_read_and_the_exit_code_kept() {
        let mut lines = Vec::new();
        let arguments = ["-c", "printf 'one\\n\\377\\nthree'; exit 3"];
        let succeeded = show_and_read("sh", &arguments, |line| lines.push(line.to_owned()));
        assert_eq!(succeeded, Ok(false));
        assert_eq!(lines, ["one", "\u{fffd}", "three"]);
    }

    #[test]
    fn a_failure_names_the_command() {
        let failure = output("sh", &["-c", "exit 3"]).unwrap_err();
        assert!(failure.starts_with("`sh -c exit 3` failed"), "{failure}");
        let failure = show("no-such-program", &[]).unwrap_err();
        assert!(
            failure.contains("`no-such-program` could not be started"),
            "{failure}"
        );
    }
}
