//! Clients that are slow, silent, or too many.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use support::{ADMIN, PATIENCE, Server, command};

/// Too long to be waited for in a test.
const LONG: &str = "1h";

/// A server in memory with these settings.
fn with(settings: &[(&str, &str)]) -> Server {
    let mut command = command();
    command.args(["--store", "memory:"]);
    command
        .env("CLAWRK_ADMIN_KEY", ADMIN)
        .envs(settings.iter().copied());
    Server::start(command)
}

fn post(length: usize) -> String {
    format!(
        "POST /api/admin/users HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {ADMIN}\r\n\
         content-length: {length}\r\n\r\n"
    )
}

/// Sends a byte again and again, as slowly as the other side is asked whether it has an answer.
fn trickle(stream: &mut TcpStream, bytes: impl Iterator<Item = u8>) -> String {
    stream
        .set_read_timeout(Some(Duration::from_millis(20)))
        .unwrap();
    let (mut answer, mut chunk) = (Vec::new(), [0; 1024]);
    for byte in bytes {
        // Where the other side has closed, what it said can still be read.
        let _ = stream.write_all(&[byte]);
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => answer.extend_from_slice(&chunk[..length]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => panic!("{error}"),
        }
    }
    String::from_utf8(answer).unwrap()
}

#[track_caller]
fn says(answer: &str, status: &str, code: &str) {
    assert_eq!(answer.split(' ').nth(1), Some(status), "{answer}");
    assert!(answer.contains(&format!("\"code\":\"{code}\"")), "{answer}");
}

#[test]
fn who_does_not_ask_loses_its_place() {
    let server = with(&[
        ("CLAWRK_HEAD_TIMEOUT", "200ms"),
        ("CLAWRK_IDLE_TIMEOUT", LONG),
    ]);
    for begun in ["", "GET /healthz HTTP/1.1\r\nhos"] {
        let mut stream = server.connect();
        stream.write_all(begun.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "");
    }
    let mut stream = server.connect();
    let endless = "GET /healthz HTTP/1.1\r\nx: "
        .bytes()
        .chain(std::iter::repeat_n(b'x', 60_000));
    assert_eq!(trickle(&mut stream, endless), "");
}

#[test]
fn who_has_asked_may_rest() {
    let server = with(&[("CLAWRK_HEAD_TIMEOUT", "1s"), ("CLAWRK_IDLE_TIMEOUT", LONG)]);
    let mut stream = server.connect();
    asks(&mut stream);
    is_answered(&mut stream);
    // The rest of the answer, then nothing, for longer than a first head may take.
    let longer = Duration::from_millis(1_300);
    stream.set_read_timeout(Some(longer)).unwrap();
    let kind = stream.read_to_end(&mut Vec::new()).unwrap_err().kind();
    assert!(
        matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut),
        "{kind}"
    );
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    asks(&mut stream);
    is_answered(&mut stream);
}

#[test]
fn who_rests_too_long_loses_its_place() {
    let server = with(&[
        ("CLAWRK_HEAD_TIMEOUT", LONG),
        ("CLAWRK_IDLE_TIMEOUT", "200ms"),
    ]);
    let mut stream = server.connect();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

#[test]
fn a_body_that_trickles_is_given_up() {
    let server = with(&[
        ("CLAWRK_BODY_TIMEOUT", "300ms"),
        ("CLAWRK_BODY_STALL_TIMEOUT", LONG),
    ]);
    let mut stream = server.connect();
    stream.write_all(post(60_000).as_bytes()).unwrap();
    let answer = trickle(&mut stream, std::iter::repeat_n(b' ', 60_000));
    says(&answer, "400", "malformed_body");
    assert!(answer.contains("did not arrive in time"), "{answer}");
}

#[test]
fn a_body_that_stops_is_given_up() {
    let server = with(&[
        ("CLAWRK_BODY_TIMEOUT", LONG),
        ("CLAWRK_BODY_STALL_TIMEOUT", "200ms"),
    ]);
    let mut stream = server.connect();
    stream
        .write_all((post(17) + r#"{"id": "ali"#).as_bytes())
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    says(&answer, "400", "malformed_body");
}

#[test]
fn a_flood_of_headers_ends_early() {
    let server = with(&[]);
    let begin = "GET /healthz HTTP/1.1\r\nhost: x\r\n";
    let many = format!("{begin}{}\r\n", "x: y\r\n".repeat(200));
    let long = format!("{begin}x: {}\r\n\r\n", "y".repeat(200_000));
    let endless = format!("{begin}{}", "x-y: z\r\n".repeat(50_000));
    for flood in [many, long, endless] {
        let mut stream = server.connect();
        // It may be cut off before everything is sent.
        let _ = stream.write_all(flood.as_bytes());
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        let cut_off = read.is_err() && answer.is_empty();
        assert!(cut_off || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
    let within = format!("{begin}{}\r\n", "x: y\r\n".repeat(90));
    assert!(server.raw(within).starts_with("HTTP/1.1 200 OK"));
}

/// Whose machine is switched off is missed by the operating system, which asks after a while.
#[cfg(target_os = "linux")]
#[test]
fn the_system_looks_after_clients_that_say_nothing() {
    let server = with(&[]);
    let mut stream = server.connect();
    asks(&mut stream);
    is_answered(&mut stream);
    let (ours, theirs) = (stream.local_addr().unwrap().port(), server.address.port());
    let ends = format!("0100007F:{theirs:04X} 0100007F:{ours:04X} 01 ");
    let timer = || {
        let connections = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let line = connections
            .lines()
            .find(|line| line.contains(&ends))
            .unwrap()
            .to_owned();
        let timer = line.split_whitespace().nth(5).unwrap();
        timer.split(':').next().unwrap().to_owned()
    };
    // While its last packet is not acknowledged it is 01; then it is that of keep-alive.
    while timer() == "01" {
        std::thread::yield_now();
    }
    assert_eq!(timer(), "02");
}

/// A server that may have so many files open, softly and at most.
fn limited(folder: &Path, soft: usize, hard: usize, connections: usize) -> Server {
    let mut shell = Command::new("sh");
    let program = command().get_program().to_owned();
    let script = format!(
        "ulimit -Sn {soft}; ulimit -Hn {hard}; exec {} --store memory:",
        program.display()
    );
    shell
        .env_clear()
        .args(["-c", &script])
        .env("CLAWRK_ADMIN_KEY", ADMIN)
        .env("CLAWRK_CONNECTIONS_MAX", connections.to_string());
    Server::start_with_log(shell, File::create(folder.join("log")).unwrap())
}

fn asks(stream: &mut TcpStream) {
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .unwrap();
}

#[track_caller]
fn is_answered(stream: &mut TcpStream) {
    let mut answer = [0; 15];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
}

#[test]
fn as_many_files_are_asked_for_as_there_may_be() {
    let folder = tempfile::tempdir().unwrap();
    let server = limited(folder.path(), 100, 512, 400);
    let mut open: Vec<_> = (0..400).map(|_| server.connect()).collect();
    open.iter_mut().for_each(asks);
    open.iter_mut().for_each(is_answered);
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(!log.contains("WARN") && !log.contains("ERROR"), "{log}");
}

#[test]
fn too_few_files_are_said_and_lived_with() {
    let folder = tempfile::tempdir().unwrap();
    let server = limited(folder.path(), 100, 164, 400);
    let mut open: Vec<_> = (0..110).map(|_| server.connect()).collect();
    open.iter_mut().for_each(asks);
    open[..100].iter_mut().for_each(is_answered);
    // The others have their turn as soon as there is room.
    open.drain(..50);
    open.iter_mut().skip(50).for_each(is_answered);
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(
        log.contains("no more than 164 files open (ulimit -Hn): 100 connections"),
        "{log}"
    );
    assert!(!log.contains("ERROR"), "{log}");
}
