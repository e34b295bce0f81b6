//! How the server stops.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and measures real time"
)]

mod support;

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use support::{ADMIN, Client, Server, command};

const STOP_MAX: Duration = Duration::from_secs(10);

#[tokio::test]
async fn both_signals_end_it_at_once_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let client = Client::new();
    let mut alice = None;
    for (round, signal) in ["TERM", "INT", "TERM"].into_iter().enumerate() {
        let mut server = Server::in_folder(folder.path());
        let key = match &alice {
            Some(key) => key,
            None => alice.insert(server.user(&client, "alice").await),
        };
        let jobs = server.url("/api/jobs");
        let made = client.post(key, &jobs, r#"{"prompt": "Anything"}"#).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let all = client.get(key, &jobs).await.json();
        assert_eq!(all.as_array().unwrap().len(), round + 1);
        // Connections that are idle, or have sent half a request's head, hold nobody up.
        let _idle = server.connect();
        let mut kept = server.connect();
        kept.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
            .unwrap();
        let mut first = [0; 15];
        kept.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200 OK");
        let asked = Instant::now();
        server.signal(signal);
        assert_eq!(server.ended().code(), Some(0));
        assert!(asked.elapsed() < STOP_MAX / 2, "{:?}", asked.elapsed());
    }
}

/// As when the output was piped into a program that hangs.
#[tokio::test]
async fn a_log_whose_reader_stopped_ends_nothing_and_holds_nothing_up() {
    /// More lines than a pipe and the queue of the log take.
    const REQUESTS: usize = 12_000;
    let (log, writer) = std::io::pipe().unwrap();
    let mut command = command();
    command
        .args(["--store", "memory:"])
        .env("CLAWRK_ADMIN_KEY", ADMIN);
    let mut server = Server::start_with_log(command, writer);
    let client = Client::new();
    let board = server.url("/api/board");
    for _ in 0..REQUESTS {
        assert_eq!(client.try_get(&board).await.unwrap().status, 401);
    }
    let metrics = client.try_get(&server.url("/metrics")).await.unwrap();
    let text = metrics.text();
    let dropped = text
        .lines()
        .find_map(|line| line.strip_prefix("clawrk_log_lines_dropped_total "));
    assert_ne!(dropped.expect("no such metric"), "0");
    let asked = Instant::now();
    server.signal("TERM");
    assert_eq!(server.ended().code(), Some(0));
    assert!(asked.elapsed() < STOP_MAX / 2, "{:?}", asked.elapsed());
    drop(log);
}

/// As when the output was piped into a program that has ended.
#[test]
fn a_log_that_nobody_reads_any_more_ends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    let mut command = command();
    command
        .arg("--store")
        .arg(format!("sled:{}", folder.path().display()))
        .env("CLAWRK_ADMIN_KEY", ADMIN);
    let mut server = Server::start_with_log(command, writer);
    drop(reader);
    server.signal("TERM");
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn a_request_that_never_ends_is_dropped_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::in_folder(folder.path());
    let mut slow = server.connect();
    let head = format!(
        "POST /api/admin/users HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {ADMIN}\r\n\
         content-length: 100\r\n\r\n{{"
    );
    slow.write_all(head.as_bytes()).unwrap();
    // Answered only once the server has read the head above on the other connection, or later;
    // either way it must stop.
    assert!(
        server
            .raw("GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n")
            .contains("200 OK")
    );
    let asked = Instant::now();
    server.signal("TERM");
    assert_eq!(server.ended().code(), Some(0));
    assert!(asked.elapsed() < STOP_MAX, "{:?}", asked.elapsed());
    Server::in_folder(folder.path()).kill();
}

#[tokio::test]
async fn a_request_that_is_being_sent_is_answered_while_it_stops() {
    let mut server = Server::in_memory();
    let mut slow = server.connect();
    let body = r#"{"id": "late"}"#;
    let head = format!(
        "POST /api/admin/users HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {ADMIN}\r\n\
         expect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    slow.write_all(head.as_bytes()).unwrap();
    // Its leave to go on proves that the request is being worked on.
    let mut leave = [0; 25];
    slow.read_exact(&mut leave).unwrap();
    assert_eq!(&leave, b"HTTP/1.1 100 Continue\r\n\r\n");
    server.signal("TERM");
    slow.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 Created"), "{answer}");
    assert_eq!(server.ended().code(), Some(0));
}

/// A disk that takes no more: the store must not go on as if nothing had happened.
#[tokio::test]
async fn a_store_that_fails_to_write_ends_the_server_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let mut limited = std::process::Command::new("sh");
    // Files may grow to 4 MiB; what would grow further fails, as on a full disk.
    let script = format!(
        "trap '' XFSZ; ulimit -f 8192; exec {} --store sled:{}",
        command().get_program().display(),
        folder.path().display()
    );
    limited
        .env_clear()
        .args(["-c", &script])
        .env("CLAWRK_ADMIN_KEY", ADMIN);
    let mut server = Server::start(limited);
    let client = Client::new();
    let alice = server.user(&client, "alice").await;
    let jobs = server.url("/api/jobs");
    let mut made = Vec::new();
    let failed = loop {
        let prompt = format!("{} {}", made.len(), "x".repeat(30 << 10));
        let body = format!(r#"{{"prompt": "{prompt}"}}"#);
        let Some(answer) = client
            .once(&format!("k{}", made.len()), &alice, &jobs, &body)
            .await
        else {
            break None;
        };
        match answer.status {
            201 => made.push(answer.json()["id"].as_str().unwrap().to_owned()),
            _ => break Some(answer),
        }
        assert!(made.len() < 1_000, "the disk is not limited");
    };
    if let Some(failed) = failed {
        assert_eq!(failed.status, 503, "{}", failed.text());
    }
    // It has ended by now, or is red until it does.
    let ready = client.try_get(&server.url("/readyz")).await;
    assert!(ready.is_none_or(|ready| ready.status == 503));
    assert_eq!(server.ended().code(), Some(1));

    // With room again, everything that was acknowledged is there.
    let server = Server::in_folder(folder.path());
    for id in &made {
        let job = client
            .get(&alice, &server.url(&format!("/api/jobs/{id}")))
            .await;
        assert_eq!(job.status, 200, "{id}");
    }
    let audit = client
        .get(ADMIN, &server.url("/api/admin/audit"))
        .await
        .json();
    assert_eq!(audit["ok"], true, "{audit}");
}
