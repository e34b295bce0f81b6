//! Measures the exchange behind the real server: `http all` does everything and writes what
//! docs/benchmarks.md shows; the other commands are its parts.

#![expect(
    clippy::print_stdout,
    reason = "the programs that are measured tell where they listen"
)]

use std::fs;
use std::io;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clawrk_benches::conditions;
use clawrk_benches::served::wire::Answer;
use clawrk_benches::served::{Bench, bare, create, idle, report, show, watch};
use tokio::runtime::Runtime;

/// Measures the exchange behind the real server.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    part: Part,
}

/// Where everything is, and how much is done.
#[derive(Debug, Clone, Args)]
struct Places {
    /// The folder for stores, in which nothing stays; a disk in memory measures nothing.
    #[arg(long)]
    dir: PathBuf,
    /// The folder of the results.
    #[arg(long)]
    out: PathBuf,
    /// The program `clawrk-server`; by default the one beside this program.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Rounds.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Seconds of each contender in a round.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// How many watch.
    #[arg(long, default_value_t = 1_000)]
    clients: usize,
    /// Open jobs of the server that has nothing to do.
    #[arg(long, default_value_t = 10_000)]
    jobs: usize,
    /// How long it is watched, in seconds.
    #[arg(long, default_value_t = 60)]
    idle_seconds: u64,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// All of the following.
    All(Places),
    /// A look at one job, against a bare route.
    Get(Places),
    /// Making jobs, against the engine in process.
    Create(Places),
    /// A server of many open jobs with nothing to do.
    Idle(Places),
    /// Many who watch jobs.
    Watch(Places),
    /// Writes the page from the tables.
    Report {
        /// The folder of the results.
        #[arg(long)]
        out: PathBuf,
    },
    /// Serves an answer for ever.
    #[command(hide = true)]
    Bare {
        /// Its headers, an empty line, and its body.
        #[arg(long)]
        answer: PathBuf,
    },
    /// Has callers make jobs.
    #[command(hide = true)]
    Engine {
        #[arg(long)]
        folder: PathBuf,
        #[arg(long)]
        seconds: u64,
    },
}

fn main() -> io::Result<()> {
    let runtime = runtime()?;
    match Arguments::parse().part {
        Part::All(places) => {
            places.begin()?;
            places.get()?;
            places.create()?;
            places.idle(&runtime)?;
            places.watch(&runtime)?;
            places.end()
        }
        Part::Get(places) => places.alone(Places::get),
        Part::Create(places) => places.alone(Places::create),
        Part::Idle(places) => places.alone(|places| places.idle(&runtime)),
        Part::Watch(places) => places.alone(|places| places.watch(&runtime)),
        Part::Report { out } => report::write(&out).map(drop),
        Part::Bare { answer } => bare::serve(&runtime, read(&fs::read(answer)?)?, |line| {
            println!("{line}")
        }),
        Part::Engine { folder, seconds } => {
            println!("{}", create::engine(&runtime, &folder, seconds));
            Ok(())
        }
    }
}

fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
}

impl Places {
    fn bench(&self) -> io::Result<Bench> {
        fs::create_dir_all(&self.dir)?;
        let beside = || Ok(std::env::current_exe()?.with_file_name("clawrk-server"));
        let server = self.server.clone().map_or_else(beside, io::Result::Ok)?;
        match server.is_file() {
            true => Ok(Bench {
                dir: self.dir.clone(),
                out: self.out.clone(),
                server,
            }),
            false => Err(io::Error::other(format!(
                "there is no {}; build it: cargo build --release -p clawrk-server",
                server.display()
            ))),
        }
    }

    fn begin(&self) -> io::Result<()> {
        fs::create_dir_all(&self.out)?;
        for table in report::TABLES {
            table.clear(&self.out)?;
        }
        let bench = self.bench()?;
        self.note(&conditions::machine(&bench.dir))?;
        self.note(&[format!("load before: {}", conditions::load())])
    }

    fn end(&self) -> io::Result<()> {
        self.note(&[format!("load after: {}", conditions::load())])?;
        println!("{}", report::write(&self.out)?);
        Ok(())
    }

    fn alone(&self, part: impl FnOnce(&Places) -> io::Result<()>) -> io::Result<()> {
        self.begin()?;
        part(self)?;
        self.end()
    }

    fn note(&self, facts: &[String]) -> io::Result<()> {
        let row = |fact: &String| vec![fact.replace(',', ";")];
        let rows: Vec<_> = facts.iter().map(row).collect();
        report::CONDITIONS.append(&self.out, &rows)
    }

    fn get(&self) -> io::Result<()> {
        let rows = show::measure(&self.bench()?, self.rounds, self.seconds)?;
        show::TABLE.append(&self.out, &rows)
    }

    fn create(&self) -> io::Result<()> {
        let rows = create::measure(&self.bench()?, self.rounds, self.seconds)?;
        show::TABLE.append(&self.out, &rows)
    }

    fn idle(&self, runtime: &Runtime) -> io::Result<()> {
        let rows = idle::measure(&self.bench()?, runtime, self.jobs, self.idle_seconds)?;
        idle::TABLE.append(&self.out, &rows)
    }

    /// Each a job of its own, then all of them one.
    fn watch(&self, runtime: &Runtime) -> io::Result<()> {
        for jobs in [self.clients, 1] {
            let bench = self.bench()?;
            let rows = watch::measure(&bench, runtime, self.clients, jobs, self.rounds)?;
            watch::TABLE.append(&self.out, &rows)?;
        }
        Ok(())
    }
}

/// An answer as [`show`] writes it down.
fn read(bytes: &[u8]) -> io::Result<Answer> {
    let end = bytes.windows(2).position(|window| window == b"\n\n");
    let end = end.ok_or_else(|| io::Error::other("an answer without a head"))?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let header = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        Some((name.to_owned(), value.to_owned()))
    };
    Ok(Answer {
        status: 200,
        headers: head.lines().filter_map(header).collect(),
        body: bytes[end + 2..].to_vec(),
    })
}
