//! What browsers and other clients are given by the way: smaller answers, and leave to read them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use support::{ADMIN, Client, Server, command};

/// An answer with its bytes as they came.
struct Raw {
    head: String,
    body: Vec<u8>,
}

impl Raw {
    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value)
    }

    fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }
}

fn ask(server: &Server, method: &str, path: &str, more: &[(&str, &str)], body: &str) -> Raw {
    let more: String = more
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n{more}\r\n{body}"
    );
    let mut stream = server.connect();
    stream.write_all(request.as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|at| at == b"\r\n\r\n").unwrap();
    Raw {
        head: String::from_utf8(bytes[..end].to_vec()).unwrap(),
        body: dechunked(&bytes[..end], &bytes[end + 4..]),
    }
}

/// The body, put together where it came in chunks.
fn dechunked(head: &[u8], body: &[u8]) -> Vec<u8> {
    if !head.windows(7).any(|at| at == b"chunked") {
        return body.to_vec();
    }
    let (mut whole, mut rest) = (Vec::new(), body);
    loop {
        let line = rest.windows(2).position(|at| at == b"\r\n").unwrap();
        let length = std::str::from_utf8(&rest[..line]).unwrap();
        let length = usize::from_str_radix(length, 16).unwrap();
        if length == 0 {
            return whole;
        }
        whole.extend_from_slice(&rest[line + 2..line + 2 + length]);
        rest = &rest[line + 2 + length + 2..];
    }
}

/// What `gzip` makes of it: not our own code, and on every machine.
fn unzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = Command::new("gzip")
        .arg("-dc")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    gzip.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = gzip.wait_with_output().unwrap();
    assert!(output.status.success());
    output.stdout
}

#[tokio::test]
async fn what_is_large_is_sent_small_to_who_asks() {
    let (server, client) = (Server::in_memory(), Client::new());
    let alice = format!("Bearer {}", server.user(&client, "alice").await);
    let bearer = ("authorization", alice.as_str());
    let prompt = format!(r#"{{"prompt": "{}"}}"#, "many words ".repeat(400));
    let gzip = ("accept-encoding", "br, gzip");
    let made = ask(&server, "POST", "/api/jobs", &[bearer, gzip], &prompt);
    assert_eq!(
        (made.status(), made.header("content-encoding")),
        ("201", Some("gzip"))
    );
    assert!(made.body.len() < prompt.len() / 4, "{}", made.body.len());

    let plain = ask(&server, "GET", "/api/jobs", &[bearer], "");
    assert_eq!(plain.header("content-encoding"), None);
    let small = ask(&server, "GET", "/api/jobs", &[bearer, gzip], "");
    assert_eq!(small.header("content-encoding"), Some("gzip"));
    assert_eq!(unzipped(&small.body), plain.body);
    // A cache must tell the two apart.
    for answer in [&plain, &small] {
        assert_eq!(
            answer.header("vary"),
            Some("accept-encoding"),
            "{}",
            answer.head
        );
    }
    for accepted in ["br", "gzip;q=0", "identity;q=0", "*;q=0", "\u{1}"] {
        let answer = ask(
            &server,
            "GET",
            "/api/jobs",
            &[bearer, ("accept-encoding", accepted)],
            "",
        );
        let odd = accepted == "\u{1}";
        let status = if odd { "400" } else { "200" };
        assert_eq!(
            (answer.status(), answer.header("content-encoding")),
            (status, None),
            "{accepted}"
        );
        assert!(odd || answer.body == plain.body, "{accepted}");
    }
}

#[tokio::test]
async fn what_is_small_or_secret_is_sent_as_it_is() {
    let server = Server::in_memory();
    let admin = ("authorization", &*format!("Bearer {ADMIN}"));
    let gzip = ("accept-encoding", "gzip");
    let whoever = ask(&server, "GET", "/api/jobs", &[gzip], "");
    assert_eq!(
        (whoever.status(), whoever.header("content-encoding")),
        ("401", None)
    );
    // A name is as long as it likes to make the answer a large one.
    let body = format!(r#"{{"id": "alice", "name": "{}"}}"#, "n".repeat(150));
    let made = ask(&server, "POST", "/api/admin/users", &[admin, gzip], &body);
    assert_eq!(
        (made.status(), made.header("cache-control")),
        ("201", Some("no-store"))
    );
    assert_eq!(made.header("content-encoding"), None);
}

fn with_origins(origins: &str) -> Server {
    let mut command = command();
    command.args(["--store", "memory:"]);
    command
        .env("CLAWRK_ADMIN_KEY", ADMIN)
        .env("CLAWRK_CORS_ORIGINS", origins);
    Server::start(command)
}

const PREFLIGHT: [(&str, &str); 2] = [
    ("access-control-request-method", "POST"),
    (
        "access-control-request-headers",
        "authorization,idempotency-key",
    ),
];

#[tokio::test]
async fn pages_of_the_origins_that_are_set_may_ask_and_no_others() {
    let server = with_origins("https://app.example.com, http://localhost:5173");
    let client = Client::new();
    let alice = format!("Bearer {}", server.user(&client, "alice").await);
    let ours = ("origin", "http://localhost:5173");
    let others = ("origin", "https://evil.example.com");

    let leave = ask(
        &server,
        "OPTIONS",
        "/api/jobs",
        &[ours, PREFLIGHT[0], PREFLIGHT[1]],
        "",
    );
    assert_eq!(leave.status(), "200", "{}", leave.head);
    assert_eq!(leave.header("access-control-allow-origin"), Some(ours.1));
    let methods = leave.header("access-control-allow-methods").unwrap();
    assert_eq!(methods, "GET,HEAD,POST,DELETE");
    let headers = leave.header("access-control-allow-headers").unwrap();
    for header in [
        "authorization",
        "content-type",
        "idempotency-key",
        "last-event-id",
    ] {
        assert!(headers.contains(header), "{headers}");
    }
    assert_eq!(leave.header("access-control-allow-credentials"), None);
    let refused = ask(
        &server,
        "OPTIONS",
        "/api/jobs",
        &[others, PREFLIGHT[0], PREFLIGHT[1]],
        "",
    );
    assert_eq!(refused.header("access-control-allow-origin"), None);

    for (bearer, status) in [(alice.as_str(), "200"), ("Bearer wrong", "401")] {
        let bearer = ("authorization", bearer);
        let answer = ask(&server, "GET", "/api/jobs", &[bearer, ours], "");
        assert_eq!(answer.status(), status);
        assert_eq!(answer.header("access-control-allow-origin"), Some(ours.1));
        let shown = answer.header("access-control-expose-headers").unwrap();
        for header in ["link", "retry-after", "idempotent-replayed", "x-request-id"] {
            assert!(shown.contains(header), "{shown}");
        }
        assert!(answer.head.contains("vary: origin"), "{}", answer.head);
        let answer = ask(&server, "GET", "/api/jobs", &[bearer, others], "");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn every_page_may_ask_where_that_is_set_and_none_where_nothing_is() {
    let origin = ("origin", "https://any.example.com");
    let server = with_origins("*");
    let answer = ask(&server, "GET", "/healthz", &[origin], "");
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let server = Server::in_memory();
    let leave = ask(&server, "OPTIONS", "/api/jobs", &[origin, PREFLIGHT[0]], "");
    assert_eq!(leave.status(), "401");
    for answer in [leave, ask(&server, "GET", "/healthz", &[origin], "")] {
        assert!(!answer.head.contains("access-control"), "{}", answer.head);
    }
}
