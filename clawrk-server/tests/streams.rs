//! Streams of events on real sockets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and measures real time"
)]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::{ADMIN, Client, PATIENCE, Server, command};
use tokio::net::TcpSocket;

const STOP_MAX: Duration = Duration::from_secs(10);

/// A server with a job of alice's and their keys.
struct It {
    server: Server,
    client: Client,
    alice: String,
    bob: String,
    job: String,
}

impl It {
    async fn on(server: Server) -> It {
        let client = Client::new();
        let alice = server.user(&client, "alice").await;
        let bob = server.user(&client, "bob").await;
        let jobs = server.url("/api/jobs");
        let body = r#"{"prompt": "Sum it up"}"#;
        let made = client.post(&alice, &jobs, body).await.json();
        It {
            server,
            client,
            alice,
            bob,
            job: made["id"].as_str().unwrap().to_owned(),
        }
    }

    fn path(&self, verb: &str) -> String {
        format!("/api/jobs/{}/{verb}", self.job)
    }

    async fn give(&self, token: &str, verb: &str, body: &str) {
        let url = self.server.url(&self.path(verb));
        let answer = self.client.post(token, &url, body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// Two more events for each round.
    async fn rounds(&self, rounds: usize) {
        for _ in 0..rounds {
            self.give(&self.bob, "accept", "").await;
            self.give(&self.bob, "release", "").await;
        }
    }

    async fn open(&self, last: Option<u64>) -> Stream {
        let url = self.server.url(&self.path("events"));
        let response = self.client.stream(&self.alice, &url, last).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Stream {
            response,
            text: String::new(),
        }
    }

    /// The request for a stream, as bytes.
    fn head(&self) -> String {
        format!(
            "GET {} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
             accept: text/event-stream\r\n\r\n",
            self.path("events"),
            self.alice
        )
    }
}

/// A stream as its client reads it.
struct Stream {
    response: reqwest::Response,
    text: String,
}

impl Stream {
    /// The next event's number; none at the end.
    async fn next(&mut self) -> Option<u64> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let seq = seq(event);
                self.text = rest.to_owned();
                match seq {
                    Some(seq) => return Some(seq),
                    None => continue,
                }
            }
            let chunk = self.response.chunk().await.expect("the stream broke off");
            let Some(chunk) = chunk else {
                assert_eq!(self.text, "", "an event broke off");
                return None;
            };
            self.text += std::str::from_utf8(&chunk).unwrap();
        }
    }

    async fn all(&mut self) -> Vec<u64> {
        let mut seqs = Vec::new();
        while let Some(seq) = self.next().await {
            seqs.push(seq);
        }
        seqs
    }
}

/// The number of an event, whose data agrees with it; none for a comment.
fn seq(event: &str) -> Option<u64> {
    let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
    let id: u64 = field("id: ")?.parse().unwrap();
    let data: Value = serde_json::from_str(field("data: ").unwrap()).unwrap();
    assert_eq!(data["seq"], id);
    assert_eq!(data["type"], field("event: ").unwrap());
    Some(id)
}

#[tokio::test]
async fn a_cut_stream_goes_on_without_gap_or_repeat_until_the_job_is_verified() {
    let folder = tempfile::tempdir().unwrap();
    let it = It::on(Server::in_folder(folder.path())).await;
    let mut seen = Vec::new();
    for _ in 0..5 {
        let mut stream = it.open(seen.last().copied()).await;
        // One is taken before it happens, the others have happened meanwhile.
        it.rounds(1).await;
        let most = seen.len() + 3;
        while seen.len() < most {
            seen.push(stream.next().await.unwrap());
        }
        drop(stream);
        it.rounds(2).await;
    }
    let mut stream = it.open(seen.last().copied()).await;
    it.give(&it.bob, "accept", "").await;
    it.give(&it.bob, "submit", "").await;
    it.give(&it.alice, "verify", "").await;
    seen.extend(stream.all().await);
    let last = 1 + 2 * 3 * 5 + 4;
    assert_eq!(seen, (1..=last).collect::<Vec<u64>>());
    let url = it.server.url(&it.path("events"));
    let over = it.client.stream(&it.alice, &url, Some(last)).await;
    assert_eq!(over.status(), 204);
}

#[tokio::test]
async fn a_slow_reader_gets_everything() {
    let it = It::on(Server::in_memory()).await;
    it.rounds(600).await;
    it.give(&it.alice, "cancel", "").await;
    let mut socket = it.server.connect();
    socket.write_all(it.head().as_bytes()).unwrap();
    let mut text = Vec::new();
    // A few bytes at a time, with the rest of the world in between.
    let mut some = [0; 97];
    while !text.ends_with(b"\r\n0\r\n\r\n") {
        let count = socket.read(&mut some).unwrap();
        assert!(count > 0, "the stream broke off");
        text.extend_from_slice(&some[..count]);
        tokio::task::yield_now().await;
    }
    let text = String::from_utf8(text).unwrap();
    let ids = text.lines().filter_map(|line| line.strip_prefix("id: "));
    let ids: Vec<u64> = ids.map(|id| id.parse().unwrap()).collect();
    assert_eq!(ids, (1..=1_202).collect::<Vec<u64>>());
}

#[tokio::test]
async fn open_streams_hold_up_no_stop() {
    let folder = tempfile::tempdir().unwrap();
    let mut it = It::on(Server::in_folder(folder.path())).await;
    let mut streams = Vec::new();
    for _ in 0..20 {
        let mut stream = it.open(None).await;
        assert_eq!(stream.next().await, Some(1));
        streams.push(stream);
    }
    let asked = Instant::now();
    it.server.signal("TERM");
    for mut stream in streams {
        assert_eq!(stream.next().await, None, "ended in order");
    }
    assert_eq!(it.server.ended().code(), Some(0));
    assert!(asked.elapsed() < STOP_MAX / 2, "{:?}", asked.elapsed());
    // Where it serves again, the stream goes on.
    it.server = Server::in_folder(folder.path());
    let mut stream = it.open(Some(1)).await;
    it.give(&it.alice, "cancel", "").await;
    assert_eq!(stream.all().await, [2]);
}

/// Tells once a log has a line with that text in it.
fn once_said(log: impl Read + Send + 'static, text: &'static str) -> mpsc::Receiver<()> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            if line.contains(text) {
                // Once is enough for who listens.
                let _ = send.send(());
            }
        }
    });
    receive
}

/// A client that asks and reads nothing keeps neither its stream nor its connection for ever.
#[tokio::test]
async fn a_client_that_does_not_read_is_given_up() {
    let (log, writer) = std::io::pipe().unwrap();
    let mut command = command();
    command
        .args(["--store", "memory:"])
        .env("CLAWRK_ADMIN_KEY", ADMIN)
        .env("CLAWRK_STREAMS_MAX", "1")
        .env("CLAWRK_UNREAD_TIMEOUT", "1s")
        .env("RUST_LOG", "warn,clawrk_server::connections=debug");
    let broke = once_said(log, "a connection broke");
    let it = It::on(Server::start_with_log(command, writer)).await;
    // More than the client takes, but not more than the system takes for it.
    it.rounds(1_500).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(2_048).unwrap();
    let mut mute = socket.connect(it.server.address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut mute, it.head().as_bytes())
        .await
        .unwrap();
    mute.readable().await.unwrap();
    let url = it.server.url(&it.path("events"));
    let refused = it.client.stream(&it.alice, &url, None).await;
    assert_eq!(refused.status(), 429, "the one place is taken");
    assert!(refused.headers().contains_key("retry-after"));
    let given_up = broke.recv_timeout(PATIENCE);
    given_up.expect("the server does not give the client up");
    let mut stream = it.open(None).await;
    assert_eq!(stream.next().await, Some(1));
    drop(mute);
}

#[tokio::test]
async fn a_token_that_is_good_no_more_ends_the_stream() {
    let it = It::on(Server::in_memory()).await;
    let mut stream = it.open(None).await;
    assert_eq!(stream.next().await, Some(1));
    let off = it.server.url("/api/admin/users/alice/disable");
    let off = it.client.post(ADMIN, &off, "").await;
    assert_eq!(off.status, 200, "{}", off.text());
    it.give(&it.bob, "accept", "").await;
    assert_eq!(stream.next().await, None);
}
