//! A server that has many open jobs and nothing to do.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use clawrk::TokioClock;
use clawrk_core::Engine;
use clawrk_store_sled::SledStore;
use tokio::runtime::Runtime;

use crate::callers::run;
use crate::prompt;
use crate::scale::process::{cpu, rss_mib};
use crate::scale::site;
use crate::scale::table::{Table, number};
use crate::served::Bench;
use crate::served::server::Server;

/// Callers that make the jobs, each with its senders.
const CALLERS: usize = 256;
const SENDERS: usize = 100;

/// How long it is let alone before it is watched.
const SETTLE: Duration = Duration::from_secs(5);

/// What came out.
pub const TABLE: Table = Table {
    name: "idle",
    columns: &["open_jobs", "seconds", "rss_mib", "cpu_percent"],
};

/// Watches a server of so many open jobs for so long, with its defaults but that credits are on, so
/// that jobs have deadlines.
///
/// # Errors
/// What the system says.
///
/// # Panics
/// Where something is refused.
pub fn measure(
    bench: &Bench,
    runtime: &Runtime,
    jobs: usize,
    seconds: u64,
) -> io::Result<Vec<Vec<String>>> {
    let folder = tempfile::tempdir_in(&bench.dir)?;
    {
        let store = SledStore::open(folder.path().join("store")).map_err(io::Error::other)?;
        let clock = Arc::new(TokioClock::new(runtime.handle().clone()));
        let engine = Engine::builder(Arc::new(store), clock).build();
        let of = |caller| (caller..jobs).step_by(CALLERS).collect();
        let work = (0..CALLERS).map(of).collect();
        run(runtime, work, move |number: usize| {
            let engine = engine.clone();
            async move {
                let (sender, prompt) = (site::sender(number % SENDERS), prompt(number));
                let job = engine.create_job(&sender, &prompt).await;
                let job = job.expect("created").id;
                // One half is being worked on.
                if number.is_multiple_of(2) {
                    let receiver = site::sender((number + 1) % SENDERS);
                    engine.accept_job(&receiver, &job).await.expect("accepted");
                }
            }
        });
    }
    let server = Server::start(&bench.server, folder.path(), &[("CLAWRK_CREDITS", "on")])?;
    thread::sleep(SETTLE);
    let before = cpu(server.id());
    thread::sleep(Duration::from_secs(seconds));
    let computed = cpu(server.id()).saturating_sub(before);
    let percent = 100.0 * computed.as_secs_f64() / seconds as f64;
    Ok(vec![vec![
        jobs.to_string(),
        seconds.to_string(),
        number(rss_mib(server.id())),
        number(percent),
    ]])
}
