//! Lines for whoever starts the server.

use std::fmt;
use std::io::{Write, stderr, stdout};

/// A line on standard output. A reader that went away is no reason to stop.
pub(crate) fn say(line: impl fmt::Display) {
    let _ = writeln!(stdout().lock(), "{line}");
}

/// Why the server does not start, on standard error.
pub(crate) fn complain(why: impl fmt::Display) {
    let _ = writeln!(stderr().lock(), "clawrk-server: {why}");
}
