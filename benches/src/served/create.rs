//! Jobs made over HTTP, against jobs made by callers of the engine in one process.

use std::env;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use clawrk::TokioClock;
use clawrk_core::Engine;
use clawrk_core::id::UserId;
use clawrk_store_sled::SledStore;
use std::sync::Arc;
use tokio::runtime::Runtime;

use crate::conditions;
use crate::now;
use crate::numbers::quantile;
use crate::prompt;
use crate::scale::process::cpu;
use crate::scale::progress::say;
use crate::scale::table::number;
use crate::served::Bench;
use crate::served::server::Server;
use crate::served::wrk::Load;

/// Connections, or callers, at once.
const CONNECTIONS: usize = 64;

/// Measures so many rounds of so many seconds for each contender, who take turns, each in a new
/// store, with the defaults of the server. Rows for [`show::TABLE`](crate::served::show::TABLE).
///
/// # Errors
/// What the system says, or that the server refused something.
pub fn measure(bench: &Bench, rounds: usize, seconds: u64) -> io::Result<Vec<Vec<String>>> {
    let mut rows = Vec::new();
    for round in 1..=rounds {
        let mut contenders = ["server", "engine"];
        if round % 2 == 1 {
            contenders.reverse();
        }
        for name in contenders {
            let folder = tempfile::tempdir_in(&bench.dir)?;
            let cells = match name {
                "server" => over_http(bench, folder.path(), seconds)?,
                _ => in_a_process(folder.path(), seconds)?,
            };
            say(&format!(
                "create, round {round}, {name}: {} a second",
                cells[0]
            ));
            let mut row = vec!["create".to_owned(), round.to_string(), name.to_owned()];
            row.extend(cells);
            rows.push(row);
        }
    }
    Ok(rows)
}

fn over_http(bench: &Bench, folder: &Path, seconds: u64) -> io::Result<Vec<String>> {
    let server = Server::start(&bench.server, folder, &[])?;
    let key = server.user("alice")?;
    let script = folder.join("create.lua");
    fs::write(&script, lua())?;
    let load = Load {
        address: server.address(),
        path: "/api/jobs",
        key: &key,
        script: Some(&script),
        connections: CONNECTIONS,
        seconds,
    };
    let before = cpu(server.id());
    let done = load.run()?;
    let computed = cpu(server.id()).saturating_sub(before);
    Ok(cells(done.requests, done.per_s, done.p99, computed))
}

/// Requests like no other: a number, then the text that the engine's callers send.
fn lua() -> String {
    let text = prompt(0);
    let text = text.split_once(':').map_or("", |(_, text)| text);
    format!(
        "local threads = 0\n\
         function setup(thread)\n  thread:set('thread', threads)\n  threads = threads + 1\nend\n\
         function init(args)\n  count = 0\n  wrk.method = 'POST'\n\
         \u{20} wrk.headers['Content-Type'] = 'application/json'\nend\n\
         function request()\n  count = count + 1\n\
         \u{20} local body = '{{\"prompt\":\"' .. thread .. '-' .. count .. ':{text}\"}}'\n\
         \u{20} return wrk.format(nil, nil, nil, body)\nend\n"
    )
}

fn cells(requests: u64, per_s: f64, p99: Duration, computed: Duration) -> Vec<String> {
    let each = computed.as_secs_f64() * 1e6 / requests.max(1) as f64;
    let p99 = number(p99.as_secs_f64() * 1e3);
    vec![number(per_s), p99, number(each)]
}

fn in_a_process(folder: &Path, seconds: u64) -> io::Result<Vec<String>> {
    let mut command = Command::new(env::current_exe()?);
    command.arg("engine").arg("--folder").arg(folder);
    let output = command.args(["--seconds", &seconds.to_string()]).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let cells: Vec<String> = text.trim().split(',').map(str::to_owned).collect();
    match cells.len() {
        3 => Ok(cells),
        _ => Err(io::Error::other(format!(
            "the engine's process said {text}"
        ))),
    }
}

/// Has 64 callers make jobs for so long. Gives rate, 99th percentile and CPU as the table has them.
///
/// # Panics
/// Where something is refused.
pub fn engine(runtime: &Runtime, folder: &Path, seconds: u64) -> String {
    let store = SledStore::open(folder.join("store")).expect("the store opens");
    let clock = Arc::new(TokioClock::new(runtime.handle().clone()));
    let engine = Engine::builder(Arc::new(store), clock).build();
    let sender = UserId::new("alice").expect("an id");
    let (began, until, computed) = (now(), Duration::from_secs(seconds), conditions::cpu());
    let callers: Vec<_> = (0..CONNECTIONS)
        .map(|caller| {
            let (engine, sender) = (engine.clone(), sender.clone());
            runtime.spawn(async move {
                let mut calls = Vec::new();
                while began.elapsed() < until {
                    let call = now();
                    let prompt = prompt(caller << 32 | calls.len());
                    engine.create_job(&sender, &prompt).await.expect("created");
                    calls.push(call.elapsed());
                }
                calls
            })
        })
        .collect();
    let mut calls = Vec::new();
    for caller in callers {
        calls.extend(runtime.block_on(caller).expect("a caller panicked"));
    }
    let computed = conditions::cpu().saturating_sub(computed);
    let rate = calls.len() as f64 / began.elapsed().as_secs_f64();
    let p99 = quantile(&calls, 99);
    cells(calls.len() as u64, rate, p99, computed).join(",")
}
