//! The log, on standard error.

use std::io::IsTerminal;
use std::sync::OnceLock;

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::settings::{Environment, LogFormat};
use crate::wrong::Wrong;

/// Which variable says how much is logged.
const LEVELS: &str = "RUST_LOG";

/// So many lines wait for whoever reads them; what comes then is dropped and counted.
const WAITING_LINES_MAX: usize = 10_000;

static DROPPED: OnceLock<ErrorCounter> = OnceLock::new();

/// The log. When this is dropped, every line is out, unless nobody reads them.
pub(crate) struct Log(#[expect(dead_code, reason = "it is only there to be dropped")] WorkerGuard);

/// How many lines were dropped because nobody read those before them.
pub(crate) fn dropped_lines() -> usize {
    DROPPED.get().map_or(0, ErrorCounter::dropped_lines)
}

/// Begins to log. Levels are those of `RUST_LOG`, else `info`.
pub(crate) fn init(format: LogFormat, environment: &Environment) -> Result<Log, Wrong> {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
    let levels = environment.get(LEVELS)?.unwrap_or_default();
    let filter = filter
        .parse(levels)
        .map_err(|error| Wrong::new(LEVELS, format!("`{levels}` cannot be used: {error}")))?;
    let (lines, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(WAITING_LINES_MAX)
        // A reader that stopped must not stop the server.
        .lossy(true)
        .thread_name("clawrk-log")
        .finish(std::io::stderr());
    DROPPED.get_or_init(|| lines.error_counter());
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        // A reader that went away is no reason to stop: complaining to it would be a panic.
        .log_internal_errors(false)
        .with_writer(lines);
    match format {
        LogFormat::Text => log.init(),
        // Of the spans, the innermost: there are no others.
        LogFormat::Json => log.json().with_span_list(false).init(),
    }
    Ok(Log(guard))
}
