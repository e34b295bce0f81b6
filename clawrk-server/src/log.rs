//! The log, on standard error.

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::lines::Lines;
use crate::settings::{Environment, LogFormat};
use crate::wrong::Wrong;

/// Which variable says how much is logged.
const LEVELS: &str = "RUST_LOG";

type Out = Lines<fn(&[u8])>;

/// The log. When this is dropped, every line is out.
pub(crate) struct Log(Arc<Out>);

impl Drop for Log {
    fn drop(&mut self) {
        self.0.finish();
    }
}

/// Begins to log. Levels are those of `RUST_LOG`, else `info`.
pub(crate) fn init(format: LogFormat, environment: &Environment) -> Result<Log, Wrong> {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
    let levels = environment.get(LEVELS)?.unwrap_or_default();
    let filter = filter
        .parse(levels)
        .map_err(|error| Wrong::new(LEVELS, format!("`{levels}` cannot be used: {error}")))?;
    let lines: Arc<Out> = Arc::new(Lines::new(write));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        // A reader that went away is no reason to stop: complaining to it would be a panic.
        .log_internal_errors(false)
        .with_writer(Arc::clone(&lines));
    match format {
        LogFormat::Text => log.init(),
        // Of the spans, the innermost: there are no others.
        LogFormat::Json => log.json().with_span_list(false).init(),
    }
    Ok(Log(lines))
}

/// A reader that went away is no reason to stop.
fn write(lines: &[u8]) {
    let _ = std::io::stderr().write_all(lines);
}
