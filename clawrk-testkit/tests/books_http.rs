//! The fake Stripe over real sockets: what only a wire can show.
#![allow(clippy::unwrap_used, reason = "the helpers of tests fail them too")]

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clawrk_core::clock::Clock;
use clawrk_testkit::books::{Books, Endpoint, Fault, Method, TEST_KEY, Target, check};
use clawrk_testkit::books_http::{Server, Serving};
use clawrk_testkit::clock::VirtualClock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const SECRET: &str = "whsec_of_the_test";

async fn start(clock: &VirtualClock) -> Server {
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let serving = Serving {
        key: TEST_KEY.to_owned(),
        listen: anywhere,
        control: anywhere,
        record: None,
        clock: Arc::new(clock.clone()),
    };
    Server::start(Books::new(1), serving).await.unwrap()
}

fn host(url: &str) -> &str {
    url.strip_prefix("http://").unwrap()
}

/// Sends a request that wants the connection closed, and gives all that comes back.
async fn ask(url: &str, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(host(url)).await.unwrap();
    let length = body.len();
    let request = format!(
        "{head} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\
         Authorization: Bearer {TEST_KEY}\r\nIdempotency-Key: one\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// Makes a customer, always the same one.
async fn make(server: &Server) -> String {
    ask(&server.url(), "POST /v1/customers", "metadata[a]=b").await
}

fn fault(server: &Server, fault: Fault) {
    let target = Target::new(Method::Post, "/v1/customers");
    server.books().plan(target, fault);
}

/// What was promised of a body, and what came.
fn lengths(answer: &str) -> (usize, usize) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let head = head.to_lowercase();
    let promised = head
        .lines()
        .find_map(|it| it.strip_prefix("content-length: "));
    (promised.unwrap().parse().unwrap(), body.len())
}

#[tokio::test]
async fn a_lost_answer_is_no_byte_and_a_cut_one_half_of_them() {
    let server = start(&VirtualClock::new()).await;
    fault(&server, Fault::Lost);
    assert_eq!(make(&server).await, "");
    let again = make(&server).await;
    assert!(
        again.to_lowercase().contains("idempotent-replayed: true"),
        "{again}"
    );
    let (promised, came) = lengths(&again);
    assert_eq!(promised, came);

    fault(&server, Fault::Cut);
    let (promised, came) = lengths(&make(&server).await);
    assert_eq!(came, promised / 2);
}

#[tokio::test]
async fn an_answer_that_hangs_is_no_byte_and_no_end() {
    let server = start(&VirtualClock::new()).await;
    fault(&server, Fault::Hangs);
    let url = server.url();
    let mut stream = TcpStream::connect(host(&url)).await.unwrap();
    let request = format!(
        "POST /v1/customers HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\
         Authorization: Bearer {TEST_KEY}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    while server.books().hits().get("hangs").is_none() {
        tokio::task::yield_now().await;
    }
    // It was carried out. The connection is open until the fake itself goes.
    let refused = stream.try_read(&mut [0; 1]).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::WouldBlock);
    assert_eq!(server.books().test().events().count(), 1);
    server.close().await;
    let ended = stream.read(&mut [0; 1]).await;
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
}

#[tokio::test]
async fn a_closed_door_refuses_connections_until_it_is_opened() {
    let server = start(&VirtualClock::new()).await;
    server.close().await;
    let url = server.url();
    let refused = TcpStream::connect(host(&url)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    server.open().await.unwrap();
    assert!(make(&server).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn the_key_may_come_as_the_user_of_basic_authorization() {
    let server = start(&VirtualClock::new()).await;
    let asked = |credentials: &str| {
        let head = format!("GET /v1/balance HTTP/1.1\r\nAuthorization: Basic {credentials}");
        let url = server.url();
        async move {
            let mut stream = TcpStream::connect(host(&url)).await.unwrap();
            let request = format!("{head}\r\nHost: x\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        }
    };
    // `sk_test_books_0123456789:`, and the same without its last digit.
    let good = asked("c2tfdGVzdF9ib29rc18wMTIzNDU2Nzg5Og==").await;
    assert!(good.starts_with("HTTP/1.1 200"), "{good}");
    let bad = asked("c2tfdGVzdF9ib29rc18wMTIzNDU2Nzg6").await;
    assert!(bad.starts_with("HTTP/1.1 401"), "{bad}");
}

#[tokio::test]
async fn a_webhook_is_posted_signed_and_again_if_it_is_refused() {
    let clock = VirtualClock::new();
    let server = start(&clock).await;
    let endpoint = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", endpoint.local_addr().unwrap());
    server
        .books()
        .test()
        .add_endpoint(Endpoint::own(&url, SECRET));
    make(&server).await;

    let first = take(&endpoint, "500 No").await;
    // The second try is minutes away. The refusal was noted before anything waits for that time.
    while clock.next_wake().is_none() {
        tokio::task::yield_now().await;
    }
    clock.advance(Duration::from_secs(3_600));
    let second = take(&endpoint, "200 OK").await;
    assert_eq!(first.1, second.1, "the same event to the byte");
    assert!(first.1.contains("\"customer.created\""));
    let now = clock.now().as_millis() / 1_000;
    let secrets = [SECRET.to_owned()];
    assert_eq!(check(&secrets, &second.0, second.1.as_bytes(), now), Ok(()));
    assert_eq!(
        check(&secrets, &first.0, first.1.as_bytes(), now - 3_600),
        Ok(())
    );
}

/// Takes one post and answers it. Gives its signature and its body.
async fn take(endpoint: &TcpListener, status: &str) -> (String, String) {
    let (mut stream, _) = endpoint.accept().await.unwrap();
    let mut said = String::new();
    let (head, body) = loop {
        let mut bytes = [0; 4096];
        let read = stream.read(&mut bytes).await.unwrap();
        assert_ne!(read, 0, "the post ended early: {said}");
        said.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
        if said.contains("\r\n\r\n") {
            let (promised, came) = lengths(&said);
            if promised == came {
                break said.split_once("\r\n\r\n").unwrap();
            }
        }
    };
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.unwrap();
    let mut lines = head.lines();
    let signature = lines.find_map(|line| {
        line.to_lowercase()
            .strip_prefix("stripe-signature: ")
            .map(str::to_owned)
    });
    (signature.unwrap(), body.to_owned())
}
