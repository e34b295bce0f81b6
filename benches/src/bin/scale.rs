//! Measures the exchange when it is big. `scale store` does everything and writes what
//! docs/benchmarks.md shows; the other commands are its steps, and can be given alone.

#![expect(
    clippy::print_stdout,
    reason = "a step tells the program that runs it how far it is"
)]

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};
use clawrk_benches::conditions;
use clawrk_benches::scale::fill::Filler;
use clawrk_benches::scale::opening::Left;
use clawrk_benches::scale::progress::say;
use clawrk_benches::scale::site::Site;
use clawrk_benches::scale::step;
use clawrk_benches::scale::{audit, commits, opening, reads, report};
use tokio::runtime::Runtime;

/// Measures the exchange when it is big.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    step: Step,
}

/// Where things are.
#[derive(Debug, Clone, Args)]
struct Places {
    /// The folder of the store; a disk in memory measures nothing.
    #[arg(long)]
    dir: PathBuf,
    /// The folder of the results.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Everything below, at each size, then the openings after so many commits.
    Store {
        #[command(flatten)]
        places: Places,
        /// How many jobs, smallest first.
        #[arg(
            long,
            value_delimiter = ',',
            default_value = "1000,10000,100000,1000000"
        )]
        sizes: Vec<usize>,
        /// After how many commits the store is opened.
        #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000")]
        since: Vec<u64>,
        /// Rounds of commits at each size.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        /// Small sizes and few rounds, to see that everything works: half a minute.
        #[arg(long)]
        quick: bool,
    },
    /// Grows the store to so many jobs.
    Fill {
        #[command(flatten)]
        places: Places,
        #[arg(long)]
        jobs: usize,
    },
    /// Adds so many commits, and says so; then goes on until it is killed, if asked to.
    Commit {
        #[command(flatten)]
        places: Places,
        #[arg(long)]
        commits: u64,
        #[arg(long)]
        until_killed: bool,
    },
    /// Measures commits.
    Commits {
        #[command(flatten)]
        places: Places,
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// Measures pages and looks.
    Reads {
        #[command(flatten)]
        places: Places,
        /// Leaves the cold rounds out, for a profile.
        #[arg(long)]
        warm: bool,
    },
    /// Measures an audit.
    Audit {
        #[command(flatten)]
        places: Places,
    },
    /// Measures an opening.
    Open {
        #[command(flatten)]
        places: Places,
        /// Commits since the last opening.
        #[arg(long, default_value_t = 0)]
        commits: u64,
        /// How the store was left.
        #[arg(long, default_value = "closed")]
        ended: String,
        /// Which opening it is since then.
        #[arg(long, default_value = "second")]
        opening: String,
        /// Has the system forget the files first.
        #[arg(long)]
        cold: bool,
    },
    /// Writes the page and the pictures from the tables.
    Report {
        /// The folder of the results.
        #[arg(long)]
        out: PathBuf,
    },
}

/// What `--quick` does.
const QUICK_SIZES: [usize; 2] = [1_000, 10_000];
const QUICK_SINCE: u64 = 5_000;
const QUICK_ROUNDS: usize = 2;

fn main() -> io::Result<()> {
    match Arguments::parse().step {
        Step::Store {
            places,
            sizes,
            since,
            rounds,
            quick,
        } => match quick {
            true => store(&places, &QUICK_SIZES, &[QUICK_SINCE], QUICK_ROUNDS),
            false => store(&places, &sizes, &since, rounds),
        },
        Step::Fill { places, jobs } => {
            let (site, runtime) = (Site::at(&places.dir)?, runtime()?);
            let mut filler = Filler::open(&site, &runtime, jobs)?;
            filler.grow_to(jobs)?;
            println!("{}", filler.commits());
            Ok(())
        }
        Step::Commit {
            places,
            commits,
            until_killed,
        } => commit(&Site::at(&places.dir)?, commits, until_killed),
        Step::Commits { places, rounds } => {
            let rows = commits::measure(&Site::at(&places.dir)?, &runtime()?, rounds)?;
            commits::TABLE.append(&places.out, &rows)
        }
        Step::Reads { places, warm } => {
            let [rows, memory] = reads::measure(&Site::at(&places.dir)?, &runtime()?, warm)?;
            reads::TABLE.append(&places.out, &rows)?;
            reads::MEMORY.append(&places.out, &memory)
        }
        Step::Audit { places } => {
            let rows = audit::measure(&Site::at(&places.dir)?, &runtime()?)?;
            audit::TABLE.append(&places.out, &rows)
        }
        Step::Open {
            places,
            commits,
            ended,
            opening,
            cold,
        } => {
            let left = Left {
                commits,
                ended,
                opening,
            };
            let rows = opening::measure(&Site::at(&places.dir)?, &left, cold)?;
            opening::TABLE.append(&places.out, &rows)
        }
        Step::Report { out } => report::write(&out),
    }
}

fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_time()
        .build()
}

/// Jobs between two looks at how many commits there were.
const STRIDE_JOBS: usize = 2_000;

fn commit(site: &Site, commits: u64, until_killed: bool) -> io::Result<()> {
    let runtime = runtime()?;
    let mut filler = Filler::open(site, &runtime, site.jobs())?;
    // A life takes more than three commits.
    let stride = usize::try_from(commits / 16).unwrap_or(STRIDE_JOBS);
    while filler.commits() < commits {
        filler.add(stride.clamp(1, STRIDE_JOBS))?;
    }
    println!("{}", filler.commits());
    if until_killed {
        println!("{}", step::READY);
        loop {
            filler.add(STRIDE_JOBS)?;
        }
    }
    Ok(())
}

/// The steps on one store.
struct Run<'a> {
    places: &'a Places,
}

impl Run<'_> {
    fn words(&self, name: &str, more: &[String]) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec![name.into()];
        words.extend(["--dir".into(), self.places.dir.clone().into_os_string()]);
        words.extend(["--out".into(), self.places.out.clone().into_os_string()]);
        words.extend(more.iter().map(OsString::from));
        words
    }

    fn step(&self, name: &str, more: &[String]) -> io::Result<Vec<String>> {
        say(&format!("{name} {}", more.join(" ")));
        step::run(&self.words(name, more))
    }

    fn commits(&self, name: &str, more: &[String], kill: bool) -> io::Result<u64> {
        let words = self.words(name, more);
        say(&format!("{name} {}", more.join(" ")));
        let said = match kill {
            true => step::run_and_kill(&words),
            false => step::run(&words),
        }?;
        let number = said.last().and_then(|line| line.parse().ok());
        number.ok_or_else(|| io::Error::other(format!("`{name}` did not say how many commits")))
    }

    /// The first opening after so many commits, and the second.
    fn open(&self, commits: u64, ended: &str) -> io::Result<()> {
        let words = |opening: &str, cold: bool| {
            let mut words: Vec<String> = vec!["--commits".into(), commits.to_string()];
            words.extend([
                "--ended".into(),
                ended.into(),
                "--opening".into(),
                opening.into(),
            ]);
            words.extend(cold.then(|| "--cold".into()));
            words
        };
        self.step("open", &words("first", false))?;
        self.step("open", &words("second", false))?;
        self.step("open", &words("second", true))?;
        Ok(())
    }
}

fn store(places: &Places, sizes: &[usize], since: &[u64], rounds: usize) -> io::Result<()> {
    fs::create_dir_all(&places.out)?;
    for table in report::TABLES {
        table.clear(&places.out)?;
    }
    let run = Run { places };
    note(places, &conditions::machine(places.dir_made()?))?;
    note(places, &[format!("load before: {}", conditions::load())])?;
    for size in sizes {
        let commits = run.commits("fill", &["--jobs".into(), size.to_string()], false)?;
        run.open(commits, "closed")?;
        run.step("commits", &["--rounds".into(), rounds.to_string()])?;
        run.step("audit", &[])?;
        // Last, because jobs are made beside it.
        run.step("reads", &[])?;
    }
    run.step("open", &[])?;
    for commits in since {
        let more = ["--commits".into(), commits.to_string()];
        let made = run.commits("commit", &more, false)?;
        run.open(made, "closed")?;
        let more = [&more[..], &["--until-killed".into()]].concat();
        let made = run.commits("commit", &more, true)?;
        run.open(made, "killed")?;
    }
    note(places, &[format!("load after: {}", conditions::load())])?;
    report::write(&places.out)
}

impl Places {
    fn dir_made(&self) -> io::Result<&Path> {
        fs::create_dir_all(&self.dir)?;
        Ok(&self.dir)
    }
}

/// Facts have commas, rows must not.
fn note(places: &Places, facts: &[String]) -> io::Result<()> {
    let row = |fact: &String| vec![fact.replace(',', ";")];
    let rows: Vec<_> = facts.iter().map(row).collect();
    report::CONDITIONS.append(&places.out, &rows)
}
