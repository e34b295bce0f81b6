//! House rules that no linter knows. Each rule is a file here, with a test in which it fails.

mod length;
mod lines;
mod obligations;
mod words;

use std::fmt;

use crate::Outcome;
use crate::files::{self, File};

/// One breach of a rule; the message says how to mend it.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    /// Counted from 1; 0 for the file as a whole.
    line: usize,
    message: String,
}

impl Finding {
    fn at(file: &File, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: file.path.clone(),
            line,
            message: message.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(out, "{}: {}", self.path, self.message),
            line => write!(out, "{}:{line}: {}", self.path, self.message),
        }
    }
}

/// Rules that look at one file at a time.
const RULES: &[fn(&File) -> Vec<Finding>] = &[lines::check, length::check, words::check];

/// Checks every file of the repository.
pub(crate) fn check() -> Outcome {
    let files = files::all()?;
    let mut found: Vec<Finding> = files
        .iter()
        .flat_map(|file| RULES.iter().flat_map(move |rule| rule(file)))
        .collect();
    found.extend(obligations::check(&files));
    if found.is_empty() {
        println!("tidy: {} files in order", files.len());
        return Ok(());
    }
    let lines: Vec<String> = found.iter().map(Finding::to_string).collect();
    Err(format!("tidy:\n  {}", lines.join("\n  ")))
}

#[cfg(test)]
fn example(path: &str, text: &str) -> File {
    File {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}
