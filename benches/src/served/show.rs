//! A look at one job over HTTP, against a route that does nothing.

use std::env;
use std::fs;
use std::io;
use std::process::Command;

use crate::prompt;
use crate::scale::process::cpu;
use crate::scale::progress::say;
use crate::scale::table::{Table, number};
use crate::served::Bench;
use crate::served::server::Server;
use crate::served::wire::{Request, ask};
use crate::served::wrk::Load;

/// Connections at once.
const CONNECTIONS: usize = 64;

/// What came out, of this and of [`create`](crate::served::create).
pub const TABLE: Table = Table {
    name: "http",
    columns: &["load", "round", "contender", "per_s", "p99_ms", "cpu_us"],
};

/// Measures so many rounds of so many seconds for each contender, who take turns.
///
/// # Errors
/// What the system says, or that the server refused something.
pub fn measure(bench: &Bench, rounds: usize, seconds: u64) -> io::Result<Vec<Vec<String>>> {
    let folder = tempfile::tempdir_in(&bench.dir)?;
    let server = Server::start(&bench.server, folder.path(), &[])?;
    let key = server.user("alice")?;
    let path = format!("/api/jobs/{}", server.job(&key, &prompt(0))?);
    let request = Request {
        method: "GET",
        path: &path,
        key: &key,
        body: "",
    };
    let answer = ask(server.address(), &request)?;
    let file = folder.path().join("answer");
    let head = answer.headers.iter();
    let head: Vec<String> = head
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    fs::write(
        &file,
        [head.join("\n").as_bytes(), b"\n\n", &answer.body].concat(),
    )?;
    let mut command = Command::new(env::current_exe()?);
    command.arg("bare").arg("--answer").arg(&file);
    let bare = Server::run(command)?;
    let again = ask(bare.address(), &request)?;
    if again.body != answer.body {
        return Err(io::Error::other("the bare route answers something else"));
    }
    let mut rows = Vec::new();
    for round in 0..=rounds {
        let mut contenders = [("server", &server), ("bare", &bare)];
        if round % 2 == 1 {
            contenders.reverse();
        }
        for (name, contender) in contenders {
            let load = Load {
                address: contender.address(),
                path: &path,
                key: &key,
                script: None,
                connections: CONNECTIONS,
                seconds,
            };
            let before = cpu(contender.id());
            let done = load.run()?;
            let computed = cpu(contender.id()).saturating_sub(before);
            let each = computed.as_secs_f64() * 1e6 / done.requests.max(1) as f64;
            say(&format!(
                "get, round {round}, {name}: {:.0} a second",
                done.per_s
            ));
            // The first round warms everything up.
            if round > 0 {
                rows.push(vec![
                    "get".to_owned(),
                    round.to_string(),
                    name.to_owned(),
                    number(done.per_s),
                    number(done.p99.as_secs_f64() * 1e3),
                    number(each),
                ]);
            }
        }
    }
    Ok(rows)
}
