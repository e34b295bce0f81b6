//! Runs `examples/scenario.md` and prints its transcript.
//!
//! `cargo run -p scenario` runs it in this process, `cargo run -p scenario -- ADDRESS ADMIN_KEY` on
//! a server that was started empty, with `CLAWRK_CREDITS=on`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what this program is for"
)]

use std::process::ExitCode;

use scenario::{Embedded, Exchange, Failure, Http, Scenario};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("scenario: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Result<(), Failure> {
    let mut exchange: Box<dyn Exchange> = match words {
        [] => Box::new(Embedded::open()?),
        [address, key] => Box::new(Http::new(address.parse()?, key)),
        _ => return Err("give nothing, or the address of a server and its admin key".into()),
    };
    let scenario = Scenario::read(include_str!("../../scenario.md"))?;
    let transcript = scenario.run(exchange.as_mut())?;
    print!("{transcript}");
    if transcript == scenario.transcript {
        Ok(())
    } else {
        Err("this is not the transcript on the page".into())
    }
}
