//! What a commit costs in a store of that size.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use clawrk_core::id::{JobId, UserId};
use clawrk_core::job::Status;
use tokio::runtime::Runtime;

use crate::callers::{Run, run};
use crate::exchange::{self, Exchange, Pair};
use crate::scale::site::{self, Site};
use crate::scale::table::{Table, number};
use crate::{disk, prompt};

/// The callers at once.
const CALLERS: usize = 64;

/// Commands of each caller in a round: fewer in a small store, so that it stays small.
const CALLS_MIN: usize = 8;
const CALLS_MAX: usize = 32;
const JOBS_FOR_MOST_CALLS: usize = 100_000;

/// Syncs of the disk measured before each round.
const SYNCS: usize = 200;

/// What came out.
pub const TABLE: Table = Table {
    name: "commits",
    columns: &[
        "jobs",
        "round",
        "command",
        "commits_per_s",
        "cpu_us",
        "commits_per_sync",
        "disk_syncs_per_s",
    ],
};

/// The commands, in their order. The last one puts everything back where it was.
const COMMANDS: [&str; 3] = ["create", "accept", "release"];

/// Measures so many rounds: 64 callers create jobs, accept other ones, and release them again.
///
/// # Errors
/// What the file system says.
///
/// # Panics
/// Where something is refused.
pub fn measure(site: &Site, runtime: &Runtime, rounds: usize) -> io::Result<Vec<Vec<String>>> {
    let exchange = Exchange::open(&site.store(), runtime.handle());
    let mut jobs = site.jobs();
    let calls = match jobs {
        0..JOBS_FOR_MOST_CALLS => CALLS_MIN,
        _ => CALLS_MAX,
    };
    let mut rows = Vec::new();
    for round in 0..rounds {
        let size = jobs;
        let syncs = disk::syncs(site.folder(), SYNCS)?;
        let syncs_per_s = SYNCS as f64 / syncs.iter().sum::<Duration>().as_secs_f64();
        let mut before = exchange.stats();
        let mut note = |command: &str, run: &Run| {
            let stats = exchange.stats();
            let groups = (stats.groups - before.groups).max(1);
            let commits = stats.commits - before.commits;
            before = stats;
            rows.push(vec![
                size.to_string(),
                round.to_string(),
                command.to_owned(),
                number(run.rate()),
                number(run.cpu_us()),
                number(commits as f64 / groups as f64),
                number(syncs_per_s),
            ]);
        };
        let created = create(&exchange, runtime, site.senders(), calls);
        note(COMMANDS[0], &created);
        jobs += CALLERS * calls;
        site.note(jobs, site.senders())?;
        let board = Arc::new(queued(&exchange, CALLERS * calls, round));
        for (command, to) in [
            (COMMANDS[1], Status::Accepted),
            (COMMANDS[2], Status::Queued),
        ] {
            note(command, &flip(&exchange, runtime, &board, to));
        }
    }
    Ok(rows)
}

fn create(exchange: &Exchange, runtime: &Runtime, senders: usize, calls: usize) -> Run {
    let engine = exchange.engine.clone();
    let work = (0..CALLERS).map(|caller| (0..calls).map(|n| (caller, n)).collect());
    let create = move |(caller, n): (usize, usize)| {
        let engine = engine.clone();
        async move {
            let pair = Pair {
                sender: site::sender((caller * calls + n) % senders),
                receiver: site::receiver(0),
            };
            exchange::create(&engine, &pair, &prompt(n)).await
        }
    };
    run(runtime, work.collect(), create).0
}

/// So many queued jobs, from all over the board, with somebody to take each.
fn queued(exchange: &Exchange, count: usize, round: usize) -> Vec<(UserId, JobId)> {
    let all = exchange.queued();
    let step = (all.len() / count).max(1);
    let some = all.into_iter().skip(round % step).step_by(step).take(count);
    some.enumerate()
        .map(|(n, job)| (site::receiver(n % CALLERS), job))
        .collect()
}

/// Moves every one of these jobs to a status.
fn flip(
    exchange: &Exchange,
    runtime: &Runtime,
    jobs: &Arc<Vec<(UserId, JobId)>>,
    to: Status,
) -> Run {
    let engine = exchange.engine.clone();
    let jobs = Arc::clone(jobs);
    let of = |caller| (caller..jobs.len()).step_by(CALLERS).collect::<Vec<_>>();
    let work = (0..CALLERS).map(of).collect();
    let call = move |n: usize| {
        let (engine, jobs) = (engine.clone(), Arc::clone(&jobs));
        async move {
            let (receiver, job) = &jobs[n];
            let moved = match to {
                Status::Accepted => engine.accept_job(receiver, job).await,
                _ => engine.release_job(receiver, job).await,
            };
            assert_eq!(moved.expect("moved").status, to);
        }
    };
    run(runtime, work, call).0
}
