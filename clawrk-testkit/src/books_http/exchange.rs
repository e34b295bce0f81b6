//! One request over the wire, and what becomes of its answer.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use clawrk_core::clock::Clock;
use clawrk_core::time::Timestamp;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use serde_json::json;
use tokio::sync::Notify;

use super::answer::{Answer, GivenUp};
use super::record::Record;
use crate::books::{Body, Book, Books, Delivery, Fate, Method, Request, Response, decode_form};

/// Most bytes of a request's body. Stripe's forms are far smaller.
const BODY_MAX: usize = 1 << 20;

/// What all connections share.
#[derive(Debug)]
pub(super) struct Desk {
    books: Mutex<Books>,
    clock: Arc<dyn Clock>,
    /// How far the fake's time is from the clock's.
    shift_ms: AtomicI64,
    /// For how long each request is kept before it is carried out.
    before_ms: AtomicU64,
    /// For how long each answer is kept.
    after_ms: AtomicU64,
    record: Option<Record>,
    /// Whose book orders are about.
    key: String,
    /// Rung when something may be due.
    pub(super) bell: Notify,
}

impl Desk {
    pub(super) fn new(
        books: Books,
        key: &str,
        clock: Arc<dyn Clock>,
        record: Option<Record>,
    ) -> Desk {
        Desk {
            key: key.to_owned(),
            books: Mutex::new(books),
            clock,
            shift_ms: AtomicI64::new(0),
            before_ms: AtomicU64::new(0),
            after_ms: AtomicU64::new(0),
            record,
            bell: Notify::new(),
        }
    }

    /// What time the fake takes it to be.
    pub(super) fn now(&self) -> Timestamp {
        let shift = self.shift_ms.load(Ordering::Relaxed);
        let now = self.clock.now().as_millis();
        Timestamp::from_millis(now.saturating_add(shift))
    }

    /// Moves the fake's time.
    pub(super) fn shift(&self, millis: i64) {
        self.shift_ms.fetch_add(millis, Ordering::Relaxed);
        self.bell.notify_one();
    }

    /// Makes every exchange slow.
    pub(super) fn slow(&self, before: Duration, after: Duration) {
        let millis = |it: Duration| u64::try_from(it.as_millis()).unwrap_or(u64::MAX);
        self.before_ms.store(millis(before), Ordering::Relaxed);
        self.after_ms.store(millis(after), Ordering::Relaxed);
    }

    /// The books, as far as time has come.
    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        books.advance(self.now());
        books
    }

    /// Does something to the book that orders are about, and has what comes of it posted.
    pub(super) fn with_book<T>(&self, act: impl FnOnce(&mut Book) -> T) -> T {
        let acted = act(self.books().of(&self.key));
        self.bell.notify_one();
        acted
    }

    /// What is to be posted now.
    pub(super) fn take_deliveries(&self) -> Vec<Delivery> {
        let now = self.now();
        self.books().deliveries(now)
    }

    /// Returns when something is to be posted; never, if nothing waits.
    pub(super) async fn until_next_delivery(&self) {
        let due = self.books().next_due();
        let Some(due) = due else {
            return std::future::pending().await;
        };
        self.clock
            .sleep(self.clock.now().after(due.since(self.now())))
            .await;
    }

    /// Notes something for whoever judges it.
    pub(super) fn note(&self, line: &serde_json::Value) {
        if let Some(record) = &self.record {
            record.add(line).expect("the record can be written");
        }
    }
}

/// Takes a request and answers it, in the way that its fate says.
pub(super) async fn exchange(
    desk: Arc<Desk>,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Answer>, GivenUp> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_MAX).collect().await else {
        return Err(GivenUp);
    };
    let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    let asked = Asked {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        body,
        headers: head.headers,
    };
    // A task of its own: Stripe goes on with a request whose client has gone away.
    let carrying = tokio::spawn({
        let desk = Arc::clone(&desk);
        async move { carry_out(&desk, &asked).await }
    });
    // It breaks off only where the fake itself is broken.
    let Ok(Some(response)) = carrying.await else {
        return Err(GivenUp);
    };
    wait(&desk.after_ms).await;
    send(response).await
}

async fn wait(millis: &AtomicU64) {
    let millis = millis.load(Ordering::Relaxed);
    if millis > 0 {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}

/// A request as it came.
#[derive(Debug)]
struct Asked {
    method: String,
    path: String,
    query: String,
    body: String,
    headers: HeaderMap,
}

impl Asked {
    fn header(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?;
        value.to_str().ok().map(str::to_owned)
    }

    /// The request, if it has a verb that Stripe knows.
    fn request(&self) -> Option<Request> {
        let method = match self.method.as_str() {
            "GET" => Method::Get,
            "POST" => Method::Post,
            "DELETE" => Method::Delete,
            _ => return None,
        };
        let mut params = decode_form(&self.query);
        params.extend(decode_form(&self.body));
        Some(Request {
            method,
            path: self.path.clone(),
            params,
            secret: secret(&self.headers),
            idempotency_key: self.header("idempotency-key"),
            version: self.header("stripe-version"),
            account: self.header("stripe-account"),
        })
    }
}

/// The secret key of a request: a bearer token, or the user of basic authorization.
fn secret(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(BASE64_STANDARD.decode(rest).ok()?).ok()?;
    let user = pair.split(':').next().unwrap_or_default();
    Some(user.to_owned())
}

async fn carry_out(desk: &Desk, asked: &Asked) -> Option<Response> {
    wait(&desk.before_ms).await;
    let request = asked.request()?;
    let now = desk.now();
    let response = desk.books().handle(&request, now);
    // What somebody on the way said is not Stripe's.
    if let (Body::Json(answer), 1..) = (&response.body, response.status) {
        desk.note(&json!({
            "method": asked.method,
            "path": asked.path,
            "query": asked.query,
            "body": asked.body,
            "agent": asked.header("user-agent").unwrap_or_default(),
            "status": response.status,
            "answer": answer.to_string(),
        }));
    }
    desk.bell.notify_one();
    Some(response)
}

/// Sends what the fate of an answer lets through.
async fn send(response: Response) -> Result<hyper::Response<Answer>, GivenUp> {
    let bytes = response.bytes();
    let whole = match &response.body {
        Body::Json(value) => value.to_string().len(),
        Body::Html(text) => text.len(),
    };
    let answer = match response.fate {
        Fate::Arrives => Answer::whole(bytes),
        Fate::Cut => Answer::cut(bytes, whole),
        Fate::Hangs => std::future::pending().await,
        Fate::Lost | Fate::NotConnected => return Err(GivenUp),
    };
    let kind = match response.body {
        Body::Json(_) => "application/json",
        Body::Html(_) => "text/html",
    };
    let mut built = hyper::Response::builder()
        .status(response.status)
        .header(CONTENT_TYPE, kind)
        .header(CONTENT_LENGTH, whole);
    for (name, value) in response.headers {
        built = built.header(name, value);
    }
    built.body(answer).map_err(|_| GivenUp)
}
