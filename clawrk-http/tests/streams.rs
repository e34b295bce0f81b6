//! A job's history as a stream, on a clock that a test moves.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request, Response};
use clawrk_core::id::{JobId, UserId};
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::{Call, Engine};
use clawrk_http::{Api, ApiKeys, Limits, Streams};
use clawrk_testkit::clock::VirtualClock;
use clawrk_testkit::faults::{FaultStore, Op};
use clawrk_testkit::run::poll_once;
use http_body_util::BodyExt;
use serde_json::Value;
use support::{ADMIN, Answer, request, send};
use tower::ServiceExt;

const SILENCE: Duration = Duration::from_secs(15);

/// An exchange on a virtual clock, with a job of alice's.
struct It {
    router: Router,
    engine: Engine,
    clock: VirtualClock,
    store: Arc<FaultStore>,
    streams: Streams,
    tokens: [String; 3],
    job: JobId,
}

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

impl It {
    async fn new() -> It {
        It::with(Limits::default()).await
    }

    async fn with(limits: Limits) -> It {
        let store = Arc::new(FaultStore::new(MemoryStore::new()));
        let clock = VirtualClock::new();
        let engine = Engine::builder(store.clone(), Arc::new(clock.clone())).build();
        let mut tokens = Vec::new();
        for name in ["alice", "bob", "eve"] {
            let made = engine.create_user(Some(name), None).await.unwrap();
            tokens.push(made.api_key.secret);
        }
        let job = engine.create_job(&user("alice"), "Sum it up").await;
        let auth = ApiKeys::new(engine.clone()).admin_key(ADMIN);
        let api = Api::new(engine.clone(), auth).limits(limits);
        It {
            streams: api.streams(),
            router: api.router(),
            engine,
            clock,
            store,
            tokens: tokens.try_into().unwrap(),
            job: job.unwrap().id,
        }
    }

    fn request(&self, who: usize, last: Option<&str>) -> Request<Body> {
        let path = format!("/api/jobs/{}/events", self.job);
        let mut request = request("GET", &self.tokens[who], &path, "");
        let headers = request.headers_mut();
        headers.insert("accept", HeaderValue::from_static("text/event-stream"));
        if let Some(last) = last {
            let name = HeaderName::from_static("last-event-id");
            headers.insert(name, last.parse().unwrap());
        }
        request
    }

    /// Opens a stream for one of the three.
    async fn open(&self, who: usize, last: Option<&str>) -> Reader {
        let response = self.router.clone().oneshot(self.request(who, last)).await;
        Reader::new(response.unwrap())
    }

    /// What is answered where there is no stream.
    async fn ask(&self, who: usize, last: Option<&str>) -> Answer {
        send(&self.router, self.request(who, last)).await
    }

    async fn accept(&self) {
        self.engine
            .accept_job(&user("bob"), &self.job)
            .await
            .unwrap();
    }

    async fn release(&self) {
        self.engine
            .release_job(&user("bob"), &self.job)
            .await
            .unwrap();
    }

    async fn finish(&self) {
        let (alice, bob) = (user("alice"), user("bob"));
        let output = Some("An output of more than twenty characters.");
        let submit = self.engine.submit_output(&bob, &self.job, output);
        submit.await.unwrap();
        self.engine.verify_job(&alice, &self.job).await.unwrap();
    }
}

/// What a look at a stream shows.
#[derive(Debug, PartialEq)]
enum Look {
    Text(String),
    Nothing,
    End,
}

/// A client that reads when it is told to.
struct Reader(Body);

impl Reader {
    fn new(response: Response<Body>) -> Reader {
        assert_eq!(response.status(), 200);
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "text/event-stream");
        assert_eq!(header("cache-control"), "no-store");
        Reader(response.into_body())
    }

    /// What can be had without waiting.
    fn look(&mut self) -> Look {
        match poll_once(pin!(self.0.frame())) {
            Poll::Pending => Look::Nothing,
            Poll::Ready(None) => Look::End,
            Poll::Ready(Some(frame)) => {
                let data = frame.unwrap().into_data().unwrap();
                Look::Text(String::from_utf8(data.to_vec()).unwrap())
            }
        }
    }

    /// The numbers and names of the events that can be had without waiting.
    #[track_caller]
    fn events(&mut self) -> Vec<(u64, String)> {
        match self.look() {
            Look::Text(text) => parse(&text),
            look => panic!("{look:?}"),
        }
    }
}

/// The events of a piece, each of whose data agrees with its other fields.
#[track_caller]
fn parse(text: &str) -> Vec<(u64, String)> {
    let whole = text.strip_suffix("\n\n").unwrap();
    let events = whole.split("\n\n").map(|event| {
        let lines: Vec<_> = event.lines().collect();
        let [id, kind, data] = lines[..] else {
            panic!("{event}");
        };
        let id: u64 = id.strip_prefix("id: ").unwrap().parse().unwrap();
        let kind = kind.strip_prefix("event: ").unwrap().to_owned();
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(
            (data["seq"].as_u64(), &data["type"]),
            (Some(id), &kind.clone().into())
        );
        (id, kind)
    });
    events.collect()
}

fn seqs(events: &[(u64, String)]) -> Vec<u64> {
    events.iter().map(|(seq, _)| *seq).collect()
}

#[tokio::test]
async fn a_stream_tells_what_was_and_what_comes_until_the_job_ends() {
    let it = It::new().await;
    let mut reader = it.open(0, None).await;
    assert_eq!(reader.events(), [(1, "created".to_owned())]);
    assert_eq!(reader.look(), Look::Nothing);
    it.accept().await;
    assert_eq!(reader.events(), [(2, "accepted".to_owned())]);
    assert_eq!(reader.look(), Look::Nothing);
    it.finish().await;
    let end = [(3, "submitted".to_owned()), (4, "verified".to_owned())];
    assert_eq!(reader.events(), end);
    assert_eq!(reader.look(), Look::End);
}

#[tokio::test]
async fn who_comes_back_misses_nothing_and_gets_nothing_twice() {
    let it = It::new().await;
    it.accept().await;
    let mut reader = it.open(1, None).await;
    assert_eq!(seqs(&reader.events()), [1, 2]);
    drop(reader);
    it.release().await;
    it.accept().await;
    for (last, expected) in [("0", vec![1, 2, 3, 4]), ("2", vec![3, 4]), ("3", vec![4])] {
        let mut reader = it.open(1, Some(last)).await;
        assert_eq!(seqs(&reader.events()), expected);
        assert_eq!(reader.look(), Look::Nothing);
    }
    let mut reader = it.open(1, Some("4")).await;
    assert_eq!(reader.look(), Look::Nothing);
    it.finish().await;
    assert_eq!(seqs(&reader.events()), [5, 6]);
    assert_eq!(reader.look(), Look::End);
    // Who saw the end is told that nothing comes, and everybody else still gets to it.
    let nothing = it.ask(1, Some("6")).await;
    assert_eq!((nothing.status.as_u16(), nothing.body), (204, Vec::new()));
    let mut late = it.open(0, Some("5")).await;
    assert_eq!((seqs(&late.events()), late.look()), (vec![6], Look::End));
}

#[tokio::test]
async fn a_last_event_that_never_was_is_refused() {
    let it = It::new().await;
    for last in [
        "-1",
        "x",
        "",
        " ",
        "1.0",
        "+1",
        "2",
        "18446744073709551615",
        "99999999999999999999",
    ] {
        let refused = it.ask(0, Some(last)).await;
        let text = refused.refused(400, "invalid_request").text("error");
        assert!(text.contains("`Last-Event-ID`"), "{last:?}: {text}");
    }
    let mut twice = it.request(0, Some("1"));
    twice
        .headers_mut()
        .append("last-event-id", HeaderValue::from_static("1"));
    send(&it.router, twice)
        .await
        .refused(400, "invalid_request");
    let mut odd = it.request(0, None);
    let bytes = HeaderValue::from_bytes(b"1\xff").unwrap();
    odd.headers_mut().insert("last-event-id", bytes);
    send(&it.router, odd).await.refused(400, "invalid_request");
}

#[tokio::test]
async fn a_silent_stream_says_that_it_lives_and_asks_the_store_no_more_often() {
    let it = It::new().await;
    let mut reader = it.open(0, Some("1")).await;
    assert_eq!(reader.look(), Look::Nothing);
    for _ in 0..3 {
        let asked = it.store.calls();
        it.clock.advance(SILENCE - Duration::from_millis(1));
        for _ in 0..10 {
            assert_eq!(reader.look(), Look::Nothing);
        }
        assert_eq!(it.store.calls(), asked, "nothing is asked meanwhile");
        it.clock.advance(Duration::from_millis(1));
        let Look::Text(text) = reader.look() else {
            panic!("it is silent");
        };
        assert!(text.starts_with(": ") && text.ends_with("\n\n"), "{text:?}");
        assert_eq!(reader.look(), Look::Nothing);
    }
    it.accept().await;
    assert_eq!(seqs(&reader.events()), [2]);
}

#[tokio::test]
async fn a_user_who_was_disabled_gets_nothing_more() {
    let it = It::new().await;
    it.accept().await;
    let (mut alice, mut bob) = (it.open(0, Some("2")).await, it.open(1, Some("2")).await);
    assert_eq!((alice.look(), bob.look()), (Look::Nothing, Look::Nothing));
    let disable = async |name, disabled| {
        let (admin, user) = (Call::by_admin(), user(name));
        let off = it.engine.set_user_disabled(admin, &user, disabled);
        off.await.unwrap();
    };
    // Noticed by the next event, and where there is none, in time.
    disable("alice", true).await;
    disable("bob", true).await;
    it.clock.advance(SILENCE);
    assert_eq!(bob.look(), Look::End);
    disable("bob", false).await;
    it.release().await;
    assert_eq!(alice.look(), Look::End);
    assert_eq!(bob.look(), Look::End, "ended for good");
}

#[tokio::test]
async fn who_may_no_longer_see_the_job_gets_nothing_more() {
    let it = It::new().await;
    let mut eve = it.open(2, None).await;
    assert_eq!(seqs(&eve.events()), [1]);
    assert_eq!(eve.look(), Look::Nothing);
    it.accept().await;
    assert_eq!(eve.look(), Look::End);
    let foreign = it.ask(2, None).await;
    foreign.refused(404, "job_not_found");
    let mut absent = it.request(2, None);
    *absent.uri_mut() = "/api/jobs/none/events".parse().unwrap();
    assert_eq!(send(&it.router, absent).await.body, foreign.body);
}

#[tokio::test]
async fn there_are_so_many_streams_in_all_and_of_one_user() {
    let mut limits = Limits::default();
    (limits.streams_max, limits.streams_per_user_max) = (3, 2);
    let it = It::with(limits).await;
    let (first, _second) = (it.open(0, None).await, it.open(0, None).await);
    let refused = it.ask(0, None).await;
    let text = refused.refused(429, "rate_limited").text("error");
    assert!(text.starts_with("You have 2 streams"), "{text}");
    assert!(refused.header("retry-after").is_some());
    let _bob = it.open(1, None).await;
    let refused = it.ask(2, None).await;
    let text = refused.refused(429, "rate_limited").text("error");
    assert!(text.starts_with("3 streams"), "{text}");
    drop(first);
    let mut eve = it.open(2, None).await;
    assert_eq!(seqs(&eve.events()), [1]);
    // One that ended by itself has left its place as well.
    it.accept().await;
    assert_eq!(eve.look(), Look::End);
    let _alice = it.open(0, None).await;
}

#[tokio::test]
async fn all_streams_end_at_once_where_the_program_stops() {
    let it = It::new().await;
    it.accept().await;
    let mut waiting = it.open(0, Some("2")).await;
    let mut behind = it.open(1, None).await;
    assert_eq!(waiting.look(), Look::Nothing);
    it.streams.end_all();
    assert_eq!(waiting.look(), Look::End);
    // What was read for it already still goes out.
    assert_eq!(seqs(&behind.events()), [1, 2]);
    assert_eq!(behind.look(), Look::End);
    let refused = it.ask(0, None).await;
    assert!(
        refused
            .refused(503, "closed")
            .header("retry-after")
            .is_some()
    );
    let path = format!("/api/jobs/{}/events", it.job);
    let json = send(&it.router, request("GET", &it.tokens[0], &path, "")).await;
    json.is(200);
}

#[tokio::test]
async fn a_slow_reader_holds_one_page_and_gets_everything() {
    let it = It::new().await;
    for _ in 0..1_500 {
        it.accept().await;
        it.release().await;
    }
    let mut reader = it.open(0, None).await;
    let mut read = reader.events();
    let asked = it.store.calls_of(Op::Read);
    // The first page is in memory, and nothing of the next one while it is being taken.
    while read.len() < 1_000 {
        let piece = reader.events();
        assert!(piece.len() <= 32, "{} at once", piece.len());
        read.extend(piece);
    }
    assert_eq!(it.store.calls_of(Op::Read), asked);
    while read.len() < 3_001 {
        read.extend(reader.events());
    }
    assert_eq!(seqs(&read), (1..=3_001).collect::<Vec<_>>());
    assert_eq!(reader.look(), Look::Nothing);
}

#[tokio::test]
async fn a_stream_of_a_store_that_is_closed_ends() {
    let it = It::new().await;
    let mut reader = it.open(0, Some("1")).await;
    assert_eq!(reader.look(), Look::Nothing);
    it.engine.close().await.unwrap();
    assert_eq!(reader.look(), Look::End);
    it.ask(0, None).await.refused(503, "closed");
}
