//! The log, on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::settings::{Environment, LogFormat};
use crate::wrong::Wrong;

/// Which variable says how much is logged.
const LEVELS: &str = "RUST_LOG";

/// Begins to log. Levels are those of `RUST_LOG`, else `info`.
pub(crate) fn init(format: LogFormat, environment: &Environment) -> Result<(), Wrong> {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
    let levels = environment.get(LEVELS)?.unwrap_or_default();
    let filter = filter
        .parse(levels)
        .map_err(|error| Wrong::new(LEVELS, format!("`{levels}` cannot be used: {error}")))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        // A reader that went away is no reason to stop: complaining to it would be a panic.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.init(),
        // Of the spans, the innermost: there are no others.
        LogFormat::Json => log.json().with_span_list(false).init(),
    }
    Ok(())
}
