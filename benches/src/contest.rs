//! One round of a contender: its four commands one after the other, then whole lives.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clawrk_core::id::JobId;
use tokio::runtime::Runtime;

use crate::callers::{Run, run};
use crate::exchange::{self, Exchange, Pair};
use crate::recorded::Life;
use crate::straight::Straight;
use crate::{COMMANDS, now, prompt};

/// What is measured: the commands, then a whole life.
pub const PHASES: [&str; COMMANDS.len() + 1] = ["create", "accept", "submit", "verify", "life"];

/// How a round went.
#[derive(Debug, Clone, Default)]
pub struct Round {
    /// A run for each of [`PHASES`].
    pub runs: [Run; PHASES.len()],
    /// Commits for each sync, in each of [`PHASES`]; none where nobody counted.
    pub grouping: [Option<f64>; PHASES.len()],
    /// How many jobs an audit saw in the end, and how long it took; none where there is none.
    pub audit: Option<(u64, Duration)>,
}

/// A round of the exchange in a new folder, with an audit in the end.
///
/// # Panics
/// Where something is refused, or the audit finds something.
pub fn exchange(runtime: &Runtime, folder: &Path, callers: usize, jobs: usize) -> Round {
    let session = Session::open(runtime, folder, callers);
    let mut round = Round::default();
    let mut before = session.exchange.stats();
    let mut done = |phase: usize, run: Run| {
        let stats = session.exchange.stats();
        let commits = (stats.commits - before.commits) as f64;
        round.grouping[phase] = Some(commits / (stats.groups - before.groups) as f64);
        round.runs[phase] = run;
        before = stats;
    };
    session.commands(jobs, COMMANDS.len() - 1, &mut done);
    done(COMMANDS.len(), session.lives(jobs));
    let began = now();
    let audit = pollster::block_on(session.exchange.engine.audit()).expect("an audit");
    assert!(audit.ok(), "{:#?}", audit.violations);
    round.audit = Some((audit.jobs, began.elapsed()));
    round
}

/// An exchange in a new folder, with its people.
#[derive(Debug)]
pub struct Session<'a> {
    runtime: &'a Runtime,
    exchange: Exchange,
    pairs: Vec<Pair>,
}

impl Session<'_> {
    /// Opens one for so many callers.
    pub fn open<'a>(runtime: &'a Runtime, folder: &Path, callers: usize) -> Session<'a> {
        let exchange = Exchange::open(folder, runtime.handle());
        let pairs = pollster::block_on(exchange::pairs(&exchange.engine, callers));
        Session {
            runtime,
            exchange,
            pairs,
        }
    }

    /// Gives the commands up to this one, each to all jobs before the next, and shows every run.
    pub fn commands(&self, jobs: usize, last: usize, mut done: impl FnMut(usize, Run)) {
        let engine = self.exchange.engine.clone();
        let create = move |(pair, prompt): (Pair, String)| {
            let engine = engine.clone();
            async move { (exchange::create(&engine, &pair, &prompt).await, pair) }
        };
        let (created, made) = run(self.runtime, self.spread(jobs), create);
        done(0, created);
        for command in 1..=last {
            let engine = self.exchange.engine.clone();
            let step = move |(job, pair): (JobId, Pair)| {
                let engine = engine.clone();
                async move { exchange::step(&engine, &pair, &job, command).await }
            };
            done(command, run(self.runtime, made.clone(), step).0);
        }
    }

    /// Takes so many new jobs of each caller through their whole lives.
    pub fn lives(&self, jobs: usize) -> Run {
        let engine = self.exchange.engine.clone();
        let live = move |(pair, prompt): (Pair, String)| {
            let engine = engine.clone();
            async move { exchange::live(&engine, &pair, &prompt).await }
        };
        run(self.runtime, self.spread(jobs), live).0
    }

    /// So many prompts for each pair.
    fn spread(&self, jobs: usize) -> Vec<Vec<(Pair, String)>> {
        let work = |pair: &Pair| (0..jobs).map(|n| (pair.clone(), prompt(n))).collect();
        self.pairs.iter().map(work).collect()
    }
}

/// A round of sled by hand in a new folder. Of each caller's lives one half is written command by
/// command, the other life by life.
pub fn straight(runtime: &Runtime, folder: &Path, lives: &[Vec<Life>]) -> Round {
    let straight = Arc::new(Straight::open(folder));
    let mut round = Round::default();
    for (phase, result) in round.runs.iter_mut().enumerate() {
        let straight = Arc::clone(&straight);
        let work = lives.iter().map(|lives| {
            let (first, second) = lives.split_at(lives.len() / 2);
            match phase {
                0..4 => first.iter().map(|life| vec![life[phase].clone()]).collect(),
                _ => second.iter().map(|life| life.to_vec()).collect(),
            }
        });
        let work: Vec<Vec<Vec<_>>> = work.collect();
        (*result, _) = run(runtime, work, move |writes| {
            let straight = Arc::clone(&straight);
            async move {
                for write in writes {
                    straight.write(write).await;
                }
            }
        });
    }
    round
}
