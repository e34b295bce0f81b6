//! Prints the table of docs/benchmarks.md.
//!
//! `CLAWRK_BENCH_DIR` says where the databases go (default: the build folder), and
//! `CLAWRK_BENCH_ROUNDS` how many rounds there are (default: 9).

#![expect(clippy::print_stdout, reason = "the table is for people")]
#![expect(
    clippy::float_arithmetic,
    reason = "rates and ratios of measurements, no money"
)]

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clawrk_benches::contest::{self, PHASES, Round};
use clawrk_benches::numbers::{Spread, median};
use clawrk_benches::recorded::{self, Cost, Life};
use clawrk_benches::{COMMANDS, conditions, disk};
use tokio::runtime::Runtime;

const ROUNDS: usize = 9;

/// Syncs of the disk measured before each round.
const SYNCS: usize = 200;

/// Callers, and jobs for each of them in a phase.
const SIZES: [(usize, usize); 3] = [(1, 150), (8, 80), (64, 40)];

/// What the goals are.
const RATIO_GOAL: f64 = 0.7;
const GROUPING_GOAL: f64 = 10.0;
const MARGIN: Duration = Duration::from_millis(1);

/// One number of callers.
struct Contest {
    callers: usize,
    jobs: usize,
    lives: Vec<Vec<Life>>,
    exchange: Vec<Round>,
    straight: Vec<Round>,
}

fn main() -> io::Result<()> {
    // `cargo bench` says so; whoever runs the tests of all targets wants none of this.
    if !env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_time()
        .build()?;
    let base = env::var_os("CLAWRK_BENCH_DIR").map_or_else(default_folder, PathBuf::from);
    std::fs::create_dir_all(&base)?;
    let rounds = env::var("CLAWRK_BENCH_ROUNDS").ok();
    let rounds = rounds.and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);

    let mut contests = SIZES.map(|(callers, jobs)| Contest {
        callers,
        jobs,
        lives: recorded::lives(runtime.handle(), callers, 2 * jobs),
        exchange: Vec::new(),
        straight: Vec::new(),
    });
    println!("load before: {}", conditions::load());
    let mut syncs = Vec::new();
    for round in 0..rounds {
        for contest in &mut contests {
            let folder = tempfile::tempdir_in(&base)?;
            syncs.push(disk::syncs(folder.path(), SYNCS)?);
            contest.round(&runtime, folder.path(), round % 2 == 0);
        }
    }
    println!("load after: {}", conditions::load());
    conditions::machine(&base)
        .iter()
        .for_each(|line| println!("{line}"));
    println!("rounds: {rounds}; numbers are `median [min..max]` over the rounds");
    let sync = print_disk(&syncs);
    print_costs(&contests[0].lives);
    contests.iter().for_each(print_rates);
    print_one_caller(&contests[0], sync);
    contests.last().map(print_audit);
    contests.last().map(print_goals);
    Ok(())
}

fn default_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

impl Contest {
    /// A round of both; who begins takes turns.
    fn round(&mut self, runtime: &Runtime, folder: &Path, exchange_first: bool) {
        for exchange in [exchange_first, !exchange_first] {
            if exchange {
                let folder = folder.join("exchange");
                let round = contest::exchange(runtime, &folder, self.callers, self.jobs);
                self.exchange.push(round);
            } else {
                let round = contest::straight(runtime, &folder.join("straight"), &self.lives);
                self.straight.push(round);
            }
        }
    }

    fn rates(rounds: &[Round], phase: usize) -> Spread {
        Spread::of(rounds.iter().map(|round| round.runs[phase].rate()))
    }

    /// Of each round, since its contenders met the same machine.
    fn ratio(&self, phase: usize) -> Spread {
        let both = self.exchange.iter().zip(&self.straight);
        Spread::of(both.map(|(a, b)| a.runs[phase].rate() / b.runs[phase].rate()))
    }

    fn grouping(&self, phase: usize) -> Spread {
        Spread::of(
            self.exchange
                .iter()
                .filter_map(|round| round.grouping[phase]),
        )
    }

    /// What a call makes the process compute, over all rounds.
    fn cpu_us(rounds: &[Round], phase: usize) -> f64 {
        let runs = rounds.iter().map(|round| &round.runs[phase]);
        let sum = runs.fold((0.0, 0.0), |(cpu, calls), run| {
            let own = run.calls.len() as f64;
            (cpu + run.cpu_us() * own, calls + own)
        });
        sum.0 / sum.1
    }

    /// The median time of a call in each round, in milliseconds.
    fn call_ms(rounds: &[Round], phase: usize) -> Spread {
        let of = |round: &Round| median(&round.runs[phase].calls).as_secs_f64() * 1e3;
        Spread::of(rounds.iter().map(of))
    }
}

/// The median time of a sync.
fn print_disk(syncs: &[Vec<Duration>]) -> Duration {
    let rates = syncs.iter().map(|times| {
        let sum: Duration = times.iter().sum();
        times.len() as f64 / sum.as_secs_f64()
    });
    let medians: Vec<Duration> = syncs.iter().map(|times| median(times)).collect();
    let ms = Spread::of(medians.iter().map(|time| time.as_secs_f64() * 1e3));
    println!(
        "\ndisk: append of 4 KiB and fdatasync: {:.0} a second, {ms:.2} ms each",
        Spread::of(rates)
    );
    median(&medians)
}

fn print_costs(lives: &[Vec<Life>]) {
    println!("\n| command | records | index entries | bytes |\n|---|---|---|---|");
    for (number, command) in COMMANDS.iter().enumerate() {
        let costs = lives.iter().flatten().map(|life| Cost::of(&life[number]));
        let costs: Vec<Cost> = costs.collect();
        let median =
            |of: fn(&Cost) -> usize| Spread::of(costs.iter().map(|cost| of(cost) as f64)).median;
        let records = median(|cost| cost.records);
        let (entries, bytes) = (median(|cost| cost.entries), median(|cost| cost.bytes));
        println!("| {command} | {records} | {entries} | {bytes} |");
    }
}

fn print_rates(contest: &Contest) {
    let callers = contest.callers;
    println!("\n{callers} caller(s), {} jobs each", contest.jobs);
    println!(
        "\n| | exchange, 1/s | straight sled, 1/s | ratio | commits per sync | a call, ms \
         | CPU, µs | CPU straight, µs |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (phase, name) in PHASES.iter().enumerate() {
        println!(
            "| {name} | {:.0} | {:.0} | {:.2} | {:.1} | {:.2} | {:.0} | {:.0} |",
            Contest::rates(&contest.exchange, phase),
            Contest::rates(&contest.straight, phase),
            contest.ratio(phase),
            contest.grouping(phase),
            Contest::call_ms(&contest.exchange, phase),
            Contest::cpu_us(&contest.exchange, phase),
            Contest::cpu_us(&contest.straight, phase),
        );
    }
}

fn print_audit(contest: &Contest) {
    let audits = contest.exchange.iter().filter_map(|round| round.audit);
    let each = Spread::of(audits.map(|(jobs, took)| took.as_secs_f64() * 1e6 / jobs as f64));
    println!("\naudit of a round's jobs, all verified: {each} µs a job");
}

/// One caller: each commit within two syncs and a millisecond.
fn print_one_caller(contest: &Contest, sync: Duration) {
    let limit = (2 * sync + MARGIN).as_secs_f64() * 1e3;
    println!("\none caller, goal: at most 2 syncs + 1 ms = {limit:.2} ms at the median");
    for (phase, command) in COMMANDS.iter().enumerate() {
        let ms = Contest::call_ms(&contest.exchange, phase);
        println!("- {command}: {ms:.2} ms: {}", verdict(ms.median <= limit));
    }
}

fn print_goals(contest: &Contest) {
    println!(
        "\n{} callers, goals: ratio >= {RATIO_GOAL}, commits per sync >= {GROUPING_GOAL}",
        contest.callers
    );
    for (phase, name) in PHASES.iter().enumerate() {
        let (ratio, grouping) = (contest.ratio(phase), contest.grouping(phase));
        println!(
            "- {name}: {ratio:.2}: {}; {grouping:.1}: {}",
            verdict(ratio.median >= RATIO_GOAL),
            verdict(grouping.median >= GROUPING_GOAL),
        );
    }
}

fn verdict(reached: bool) -> &'static str {
    if reached { "reached" } else { "missed" }
}
