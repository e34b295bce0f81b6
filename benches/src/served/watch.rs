//! Many who watch jobs by server-sent events.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use crate::now;
use crate::numbers::quantile;
use crate::prompt;
use crate::scale::process::rss_mib;
use crate::scale::progress::say;
use crate::scale::table::{Table, number};
use crate::served::Bench;
use crate::served::server::Server;
use crate::served::wire::Request;

/// Connections that the commands take besides those that watch.
const COMMANDERS: usize = 64;

/// How long an event may take before it counts as lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came out. Times are from the answer to a command to the event at its clients; the event may
/// be there first.
pub const TABLE: Table = Table {
    name: "watch",
    columns: &[
        "clients",
        "jobs",
        "events",
        "lost",
        "p50_ms",
        "p99_ms",
        "last_ms",
        "rss_before_mib",
        "kib_per_client",
    ],
};

/// An event that a client got.
#[derive(Debug)]
struct Got {
    job: usize,
    seq: u64,
    at: Instant,
}

/// Has so many clients watch, each a job of its own or all of them one, while the jobs are accepted
/// and released so many times.
///
/// # Errors
/// What the system says, or that the server refused something.
pub fn measure(
    bench: &Bench,
    runtime: &Runtime,
    clients: usize,
    jobs: usize,
    rounds: usize,
) -> io::Result<Vec<Vec<String>>> {
    let folder = tempfile::tempdir_in(&bench.dir)?;
    let connections = (clients + 2 * COMMANDERS).to_string();
    let streams = clients.to_string();
    let settings = [
        ("CLAWRK_CONNECTIONS_MAX", &*connections),
        ("CLAWRK_STREAMS_MAX", &*streams),
        ("CLAWRK_STREAMS_PER_USER_MAX", &*streams),
    ];
    let server = Server::start(&bench.server, folder.path(), &settings)?;
    let (sender, receiver) = (server.user("alice")?, server.user("bob")?);
    let made: io::Result<Vec<String>> = (0..jobs)
        .map(|number| server.job(&sender, &prompt(number)))
        .collect();
    let made = Arc::new(made?);
    let before = rss_mib(server.id());
    runtime.block_on(async {
        let (tell, mut told) = mpsc::unbounded_channel();
        let mut watchers = Vec::with_capacity(clients);
        for client in 0..clients {
            let job = client % jobs;
            let path = format!("/api/jobs/{}/events", made[job]);
            let (address, key, tell) = (server.address(), sender.clone(), tell.clone());
            let watching = async move { watch(address, &path, &key, job, &tell).await };
            watchers.push(tokio::spawn(watching));
        }
        drop(tell);
        // Everybody is told what was before they came.
        let mut counts = Counts::default();
        counts.take(&mut told, clients, 1).await?;
        if counts.lost > 0 {
            let broken = watchers.into_iter().find(|watcher| watcher.is_finished());
            if let Some(broken) = broken {
                broken.await.map_err(io::Error::other)??;
            }
            return Err(io::Error::other("some clients were told nothing"));
        }
        let with_clients = rss_mib(server.id());
        say(&format!("{clients} clients watch {jobs} jobs"));
        let mut times = Vec::new();
        for round in 0..rounds {
            for (step, verb) in ["accept", "release"].into_iter().enumerate() {
                let seq = 2 + 2 * round as u64 + step as u64;
                let answered = command(&server, &receiver, &made, verb).await?;
                for got in counts.take(&mut told, clients, seq).await? {
                    times.push(got.at.saturating_duration_since(answered[&got.job]));
                }
            }
        }
        // A job that ends, ends its streams.
        command(&server, &sender, &made, "cancel").await?;
        let last = 2 + 2 * rounds as u64;
        counts.take(&mut told, clients, last).await?;
        for watcher in watchers {
            let ended = tokio::time::timeout(PATIENCE, watcher).await;
            ended
                .map_err(io::Error::other)?
                .map_err(io::Error::other)??;
        }
        let ms = |time: Duration| number(time.as_secs_f64() * 1e3);
        let last = times.iter().max().copied().unwrap_or_default();
        Ok(vec![vec![
            clients.to_string(),
            jobs.to_string(),
            counts.events.to_string(),
            counts.lost.to_string(),
            ms(quantile(&times, 50)),
            ms(quantile(&times, 99)),
            ms(last),
            number(before),
            number((with_clients - before).max(0.0) * 1_024.0 / clients as f64),
        ]])
    })
}

/// How many events came, and how many did not.
#[derive(Debug, Default)]
struct Counts {
    events: usize,
    lost: usize,
}

impl Counts {
    /// Takes the event with this number of each client. Each client gets all of them in order.
    async fn take(
        &mut self,
        told: &mut mpsc::UnboundedReceiver<Got>,
        clients: usize,
        seq: u64,
    ) -> io::Result<Vec<Got>> {
        let mut all = Vec::with_capacity(clients);
        while all.len() < clients {
            match tokio::time::timeout(PATIENCE, told.recv()).await {
                Ok(Some(got)) if got.seq == seq => all.push(got),
                Ok(Some(got)) => {
                    let seen = got.seq;
                    return Err(io::Error::other(format!("event {seen} instead of {seq}")));
                }
                Ok(None) | Err(_) => break,
            }
        }
        self.events += all.len();
        self.lost += clients - all.len();
        Ok(all)
    }
}

/// Watches a job until its stream ends.
async fn watch(
    address: SocketAddr,
    path: &str,
    key: &str,
    job: usize,
    tell: &mpsc::UnboundedSender<Got>,
) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let request = Request {
        method: "GET",
        path,
        key,
        body: "",
    };
    let head = request.text("keep-alive", "Accept: text/event-stream\r\n");
    stream.write_all(head.as_bytes()).await?;
    let (mut line, mut bytes) = (Vec::new(), [0; 4_096]);
    let (mut head, mut streams) = (true, false);
    loop {
        let count = stream.read(&mut bytes).await?;
        if count == 0 {
            return Err(io::Error::other(
                "the connection broke in the middle of a stream",
            ));
        }
        for byte in &bytes[..count] {
            if *byte != b'\n' {
                line.push(*byte);
                continue;
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end();
            if head && text.starts_with("HTTP/1.1") && !text.contains(" 200 ") {
                return Err(io::Error::other(text.to_owned()));
            }
            streams |= head && text.to_ascii_lowercase().contains(": text/event-stream");
            if head && text.is_empty() && !streams {
                return Err(io::Error::other("the answer is no stream of events"));
            }
            head &= !text.is_empty();
            if let Some(seq) = text.strip_prefix("id:") {
                let seq = seq.trim().parse().map_err(io::Error::other)?;
                let got = Got {
                    job,
                    seq,
                    at: now(),
                };
                // Nobody listens any more where something else failed.
                let _ = tell.send(got);
            }
            // The last chunk of the body: the stream has ended as it should.
            if !head && text == "0" {
                return Ok(());
            }
            line.clear();
        }
    }
}

/// Gives a command to every job, many at once. Gives when each was answered.
async fn command(
    server: &Server,
    key: &str,
    jobs: &Arc<Vec<String>>,
    verb: &'static str,
) -> io::Result<HashMap<usize, Instant>> {
    let commanders = (0..COMMANDERS.min(jobs.len())).map(|commander| {
        let (jobs, key, address) = (Arc::clone(jobs), key.to_owned(), server.address());
        tokio::spawn(async move {
            let mut answered = Vec::new();
            for job in (commander..jobs.len()).step_by(COMMANDERS) {
                let path = format!("/api/jobs/{}/{verb}", jobs[job]);
                post(address, &path, &key).await?;
                answered.push((job, now()));
            }
            io::Result::Ok(answered)
        })
    });
    let commanders: Vec<_> = commanders.collect();
    let mut all = HashMap::with_capacity(jobs.len());
    for commander in commanders {
        all.extend(commander.await.map_err(io::Error::other)??);
    }
    Ok(all)
}

async fn post(address: SocketAddr, path: &str, key: &str) -> io::Result<()> {
    let request = Request {
        method: "POST",
        path,
        key,
        body: "",
    };
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(request.text("close", "").as_bytes())
        .await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    match answer.starts_with(b"HTTP/1.1 200") {
        true => Ok(()),
        false => Err(io::Error::other(
            String::from_utf8_lossy(&answer).into_owned(),
        )),
    }
}
