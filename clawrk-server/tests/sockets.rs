//! What only shows on a real socket: bytes that no client library would send.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::io::{Read, Write};

use support::{ADMIN, Client, Server};

/// A server with a user.
async fn with_alice() -> (Server, Client, String) {
    let (server, client) = (Server::in_memory(), Client::new());
    let alice = server.user(&client, "alice").await;
    (server, client, alice)
}

/// A request as text.
fn head(method: &str, path: &str, token: &str, more: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n{more}\r\n")
}

#[track_caller]
fn says(answer: &str, status: &str, code: &str) {
    assert_eq!(answer.split(' ').nth(1), Some(status), "{answer}");
    assert!(
        answer.contains("content-type: application/json\r\n"),
        "{answer}"
    );
    assert!(
        answer.ends_with(&format!("\"code\":\"{code}\"}}")),
        "{answer}"
    );
}

#[tokio::test]
async fn the_type_of_a_body_does_not_matter() {
    let (server, _, alice) = with_alice().await;
    let body = r#"{"prompt": "Anything"}"#;
    let length = format!("content-length: {}\r\n", body.len());
    let form = format!("{length}content-type: application/x-www-form-urlencoded\r\n");
    let odd = format!("{length}content-type: \u{1f}/;;\r\n");
    let xml = format!("{length}content-type: text/xml; charset=utf-16\r\n");
    for more in [&length, &form, &xml] {
        let answer = server.raw(head("POST", "/api/jobs", &alice, more) + body);
        assert!(answer.starts_with("HTTP/1.1 201 Created"), "{answer}");
    }
    let answer = server.raw(head("POST", "/api/jobs", &alice, &odd) + body);
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[tokio::test]
async fn a_body_may_come_in_chunks() {
    let (server, _, alice) = with_alice().await;
    let head = head(
        "POST",
        "/api/jobs",
        &alice,
        "transfer-encoding: chunked\r\n",
    );
    let whole = "9\r\n{\"prompt\"\r\n8\r\n: \"Any\"}\r\n0\r\n\r\n";
    let answer = server.raw(format!("{head}{whole}"));
    assert!(answer.starts_with("HTTP/1.1 201 Created"), "{answer}");
    for broken in ["9\r\n{\"prompt\"\r\n", "zz\r\n", "9\r\n{\"pro"] {
        let answer = server.raw(format!("{head}{broken}"));
        says(&answer, "400", "malformed_body");
    }
    let jobs = server.raw(self::head("GET", "/api/jobs", &alice, ""));
    assert_eq!(jobs.matches("\"status\"").count(), 1, "{jobs}");
}

#[tokio::test]
async fn a_body_that_breaks_off_makes_nothing() {
    let (server, _, alice) = with_alice().await;
    let body = r#"{"prompt": "Anything"}"#;
    let more = format!("content-length: {}\r\n", body.len() + 1);
    let answer = server.raw(head("POST", "/api/jobs", &alice, &more) + body);
    says(&answer, "400", "malformed_body");
    let jobs = server.raw(head("GET", "/api/jobs", &alice, ""));
    assert!(jobs.ends_with("\r\n\r\n[]"), "{jobs}");
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let (server, _, alice) = with_alice().await;
    let answer = server.raw(head("HEAD", "/api/jobs", &alice, ""));
    assert!(
        answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("\r\n\r\n"),
        "{answer}"
    );
    let answer = server.raw(head("HEAD", "/api/jobs", "nobody", ""));
    assert!(
        answer.starts_with("HTTP/1.1 401 ") && answer.ends_with("\r\n\r\n"),
        "{answer}"
    );
    let answer = server.raw("HEAD /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

#[tokio::test]
async fn odd_paths_are_unknown_ids_or_unknown_routes() {
    let (server, _, alice) = with_alice().await;
    let long = "x".repeat(10_000);
    for id in [
        "%ff",
        "%00",
        "%2F",
        "%",
        "a%0d%0ab",
        &long,
        &"%ff".repeat(3_000),
    ] {
        let answer = server.raw(head("GET", &format!("/api/jobs/{id}"), &alice, ""));
        says(&answer, "404", "job_not_found");
    }
    for path in ["//api/jobs", "/api/jobs/", "/api//jobs", "/%61pi/jobs", "*"] {
        let answer = server.raw(head("GET", path, &alice, ""));
        says(&answer, "404", "route_not_found");
    }
    let absolute = format!("http://{}/api/jobs", server.address);
    let answer = server.raw(head("GET", &absolute, &alice, ""));
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

#[tokio::test]
async fn old_clients_are_answered_too() {
    let server = Server::in_memory();
    let answer = server.raw("GET /healthz HTTP/1.0\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.0 200 OK"), "{answer}");
    says(
        &server.raw("GET /api/jobs HTTP/1.0\r\n\r\n"),
        "401",
        "authentication_required",
    );
}

#[tokio::test]
async fn a_huge_body_is_answered_not_cut_off() {
    let (server, client, alice) = with_alice().await;
    let huge = "x".repeat(8 << 20);
    for path in ["/api/jobs", "/api/jobs/none/submit", "/api/nothing"] {
        let url = server.url(path);
        let unknown = client.post("nobody", &url, &huge).await;
        assert_eq!(unknown.status, 401);
    }
    let known = client.post(&alice, &server.url("/api/jobs"), &huge).await;
    assert_eq!(
        (known.status, known.json()["code"].clone()),
        (413, "payload_too_large".into())
    );
}

#[tokio::test]
async fn who_asks_before_sending_is_spared_the_trouble() {
    let (server, _, alice) = with_alice().await;
    for (token, status) in [(alice.as_str(), "413"), ("nobody", "401")] {
        let more = "expect: 100-continue\r\ncontent-length: 8388608\r\n";
        let mut stream = server.connect();
        stream
            .write_all(head("POST", "/api/jobs", token, more).as_bytes())
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn what_is_no_http_harms_nobody() {
    let (server, _, alice) = with_alice().await;
    let nonsense: [&[u8]; 5] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nauthorization: \xff\xfe\r\n bad\r\n\r\n",
        b"POST /api/jobs HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
    ];
    for bytes in nonsense {
        let answer = server.raw(bytes);
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 400 "),
            "{answer}"
        );
    }
    let bytes =
        [b"GET /api/jobs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer \xff\r\n\r\n".as_slice()];
    says(&server.raw(bytes[0]), "401", "authentication_required");
    // Connections that say nothing, or half of something, stand in nobody's way.
    let idle: Vec<_> = (0..50).map(|_| server.connect()).collect();
    for mut stream in &idle[..25] {
        stream.write_all(b"GET /api/jobs HTTP/1.1\r\nhos").unwrap();
    }
    let answer = server.raw(head("GET", "/api/jobs", &alice, ""));
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

#[tokio::test]
async fn one_connection_carries_many_requests() {
    let (server, _, alice) = with_alice().await;
    let body = r#"{"prompt": "Anything"}"#;
    let more = format!("content-length: {}\r\n", body.len());
    let one = head("POST", "/api/jobs", &alice, &more) + body;
    let answers = server.raw(one.repeat(10));
    assert_eq!(
        answers.matches("HTTP/1.1 201 Created").count(),
        10,
        "{answers}"
    );
    let users = head("POST", "/api/admin/users", ADMIN, "content-length: 0\r\n");
    let answers = server.raw(users.repeat(2) + &head("GET", "/api/admin/audit", ADMIN, ""));
    assert!(
        answers.contains(r#"{"ok":true,"violations":[]"#),
        "{answers}"
    );
}
