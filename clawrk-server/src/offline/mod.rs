//! What is done with a store that no server has open.

mod audit;
mod export;
mod far;
mod file;
mod import;
mod journal;
mod restored;

use std::error::Error;
use std::process::ExitCode;

use clawrk::journal::Options;

use crate::announce::{complain, say};
use crate::args::{Args, Command};
use crate::place;
use crate::settings::{Given, Settings};
use crate::start;
use crate::wrong::{Wrong, chain};

/// Runs one of these commands.
pub(crate) async fn run(
    command: &Command,
    args: &Args,
    settings: &Settings,
    given: &Given,
) -> Result<ExitCode, Wrong> {
    if args.check {
        let cause = "checks what a server would be started with; leave it or the command out";
        return Err(Wrong::new("--check", cause));
    }
    check_place(command, settings, given)?;
    // Files first: a store that is not there would be made.
    match command {
        Command::Export { file } => {
            let engine = start::open(settings, given).await?;
            Ok(ended("export", export::run(&engine, file).await))
        }
        Command::Journal {
            format,
            from,
            to,
            out,
        } => {
            let options = Options {
                format: *format,
                from: *from,
                to: *to,
                currency: settings.currency.clone(),
            };
            let engine = start::open(settings, given).await?;
            let written = journal::run(&engine, &options, out.as_deref()).await;
            Ok(ended("journal", written))
        }
        Command::Import { file } => {
            let lines = import::open(file)?;
            let engine = start::open(settings, given).await?;
            let imported = import::run(&engine, lines).await;
            if imported.is_ok() {
                say(format!("{} is filled", place::shown(&settings.store)));
            }
            Ok(ended("import", imported))
        }
        Command::Restored => {
            let engine = start::open(settings, given).await?;
            Ok(ended("restored", restored::run(&engine).await))
        }
        Command::Audit => {
            let engine = start::open(settings, given).await?;
            audit::run(&engine).await
        }
    }
}

/// Whether there is something in this place to read, or it would keep what is written.
fn check_place(command: &Command, settings: &Settings, given: &Given) -> Result<(), Wrong> {
    let wrong = |cause: String| Err(Wrong::new(given.origin("store"), cause));
    let exists = clawrk::exists(&settings.store);
    let exists = exists.map_err(|error| Wrong::because(given.origin("store"), &error))?;
    let shown = place::shown(&settings.store);
    match command {
        _ if settings.store.starts_with("memory:") => {
            wrong("`memory:` is gone with its process; name a store that lasts".to_owned())
        }
        Command::Export { .. } | Command::Journal { .. } | Command::Restored | Command::Audit
            if !exists =>
        {
            wrong(format!("there is no store at {shown}"))
        }
        _ => Ok(()),
    }
}

/// The exit code, and on standard error why it is not 0.
fn ended<E: Into<Box<dyn Error>>>(what: &str, result: Result<(), E>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(format!("{what}: {}", chain(error.into().as_ref())));
            ExitCode::FAILURE
        }
    }
}
