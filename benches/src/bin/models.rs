//! Measures what clawrk adds to a call of a language model, against a fake of the providers;
//! `clawrk-llm/peer/bench.sh` starts that.

#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]

use std::path::Path;

use clap::Parser;
use clawrk_benches::{conditions, models};

/// Measures what clawrk adds to a call of a language model.
#[derive(Debug, Parser)]
struct Arguments {
    /// The address of the fake.
    url: String,
    /// The key that it wants.
    key: String,
    /// Rounds of each way and size.
    #[arg(long, default_value_t = 200)]
    rounds: usize,
}

#[tokio::main]
async fn main() {
    let Arguments { url, key, rounds } = Arguments::parse();
    for fact in conditions::machine(Path::new(".")) {
        println!("- {fact}");
    }
    println!("- load before: {}", conditions::load());
    let rows = models::measure(&url, &key, rounds).await;
    println!("- load after: {}\n", conditions::load());
    println!("{rounds} rounds; milliseconds, `median [min..max]` over the rounds.\n");
    println!("| asked | output, KiB | by hand | adapter adds | verdict adds |");
    println!("|---|---|---|---|---|");
    for row in rows {
        println!(
            "| {} | {} | {:.2} | {:.2} | {:.2} |",
            row.way, row.kib, row.by_hand, row.adapter, row.verdict
        );
    }
}
