//! What is made of having no answer: whether a byte can have arrived decides.

use std::collections::HashSet;
use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use clawrk_core::payments::{Failure, Payments, PaymentsError};
use clawrk_stripe::{ANSWER_BYTES_MAX, Stripe};
use tokio::runtime::{Handle, Runtime};

use crate::objects::{attempt, transfer};
use crate::peer::{Act, Heard, KEY, Peer, answer, json, read_request};

/// Long enough for this machine to connect to itself.
const SOON: Duration = Duration::from_secs(3);

async fn send(stripe: &Stripe) -> PaymentsError {
    stripe
        .send_transfer(&attempt("amount=100"))
        .await
        .unwrap_err()
}

/// What is made of one act of the server. Checks that the client came once and asked no more than
/// once.
async fn after(act: Act, asked: usize) -> PaymentsError {
    let peer = Peer::start(vec![act]);
    let error = send(&peer.builder().timeout(SOON).build().unwrap()).await;
    assert_eq!(peer.rest(), (1, asked), "{error:?}");
    error
}

/// An address of this machine on which nobody listens.
fn closed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn a_closed_port_was_sent_nothing() {
    let stripe = Stripe::builder(KEY, Handle::current())
        .url(&closed())
        .build()
        .unwrap();
    let error = send(&stripe).await;
    assert_eq!(error.failure, Failure::NotSent, "{error:?}");
    assert!(error.detail.contains("refused"), "{error:?}");
}

#[tokio::test]
async fn a_name_without_an_address_was_sent_nothing() {
    let url = "http://no-such-host.invalid";
    let stripe = Stripe::builder(KEY, Handle::current())
        .url(url)
        .build()
        .unwrap();
    let error = send(&stripe).await;
    assert_eq!(error.failure, Failure::NotSent, "{error:?}");
}

/// The server may have read the request before it closed: nobody here can tell.
#[tokio::test]
async fn a_connection_that_is_closed_leaves_it_open() {
    let error = after(Act::CloseUnread, 0).await;
    assert_eq!(error.failure, Failure::Unknown, "{error:?}");
    let error = after(Act::CloseAfterReading, 1).await;
    assert_eq!(error.failure, Failure::Unknown, "{error:?}");
}

#[tokio::test]
async fn half_an_answer_leaves_it_open() {
    let whole = answer(200, &[], transfer("tr_1").to_string().as_bytes());
    let body = whole.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
    for length in [1, body / 2, body - 1, body, body + 1, whole.len() - 1] {
        let error = after(Act::WriteAndClose(whole[..length].to_vec()), 1).await;
        assert_eq!(error.failure, Failure::Unknown, "{length}: {error:?}");
    }
    let declined = answer(
        402,
        &[("request-id", "req_1")],
        br#"{"error": {"type": "card_error"}}"#,
    );
    let cut = declined[..declined.len() - 1].to_vec();
    let error = after(Act::WriteAndClose(cut), 1).await;
    assert_eq!(error.failure, Failure::Unknown, "{error:?}");
    assert_eq!(error.request_id.as_deref(), Some("req_1"));
}

#[tokio::test]
async fn what_is_no_http_leaves_it_open() {
    for bytes in [
        &b"SSH-2.0-OpenSSH_9.2\r\n"[..],
        b"\0\0\0\0",
        b"HTTP/1.1 99999 x\r\n\r\n",
    ] {
        let error = after(Act::WriteAndClose(bytes.to_vec()), 1).await;
        assert_eq!(error.failure, Failure::Unknown, "{error:?}");
    }
}

#[tokio::test]
async fn silence_ends_and_leaves_it_open() {
    let error = after(Act::Hang, 1).await;
    assert_eq!(error.failure, Failure::Unknown, "{error:?}");
    assert!(error.detail.contains("timed out"), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_never_ends_ends() {
    let mut slow = answer(200, &[], &[b' '; 100]);
    slow.truncate(slow.len() - 50);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        read_request(&mut reader).unwrap();
        stream.write_all(&slow).unwrap();
        read_request(&mut reader).is_none()
    });
    let builder = Stripe::builder(KEY, Handle::current())
        .url(&url)
        .timeout(SOON);
    let error = send(&builder.build().unwrap()).await;
    assert_eq!(error.failure, Failure::Unknown, "{error:?}");
    assert!(server.join().unwrap(), "the connection was used again");
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_not_read_to_its_end() {
    let fits = [
        &b"{\"object\": \""[..],
        &vec![b'x'; ANSWER_BYTES_MAX - 14],
        b"\"}",
    ]
    .concat();
    assert_eq!(fits.len(), ANSWER_BYTES_MAX);
    let peer = Peer::start(vec![Act::Answer(answer(200, &[], &fits))]);
    let error = send(&peer.stripe()).await;
    assert!(
        error.detail.contains("another object"),
        "it was not read: {error:?}"
    );

    let longer = [&fits[..], b" "].concat();
    let peer = Peer::start(vec![Act::WriteAndClose(answer(200, &[], &longer))]);
    let error = send(&peer.stripe()).await;
    assert_eq!(error.failure, Failure::Unknown);
    assert!(error.detail.contains("too long"), "{error:?}");
}

/// An idle connection that the server closes is not used again, so the next request is answered.
#[tokio::test]
async fn a_connection_that_the_server_gave_up_is_replaced() {
    let told = answer(
        200,
        &[("connection", "close")],
        transfer("tr_1").to_string().as_bytes(),
    );
    let peer = Peer::start(vec![Act::WriteAndClose(told), json(200, &transfer("tr_2"))]);
    let stripe = peer.stripe();
    let first = stripe.send_transfer(&attempt("amount=100")).await.unwrap();
    let second = stripe.send_transfer(&attempt("amount=100")).await.unwrap();
    assert_eq!((first.id.as_str(), second.id.as_str()), ("tr_1", "tr_2"));
    assert_eq!(peer.rest(), (2, 2));
}

/// Each connection is closed right behind an answer, so the next request races with that. The HTTP
/// client may take it to another connection as long as no byte of it was written.
#[tokio::test]
async fn a_request_that_meets_a_closing_connection_arrives_once_at_most() {
    const REQUESTS: usize = 200;
    let told = answer(200, &[], transfer("tr_1").to_string().as_bytes());
    let peer = Peer::start(vec![Act::WriteAndClose(told); 2 * REQUESTS]);
    let stripe = peer.stripe();
    let mut done = Vec::new();
    for number in 0..REQUESTS {
        let mut sending = attempt("amount=100");
        sending.key = format!("po_{number}:1");
        match stripe.send_transfer(&sending).await {
            Ok(_) => done.push(sending.key),
            Err(error) => assert_eq!(error.failure, Failure::Unknown, "{error:?}"),
        }
    }
    let mut arrived = Vec::new();
    while let Some(request) = peer.try_request() {
        arrived.push(request.header("idempotency-key").unwrap().to_owned());
    }
    let different: HashSet<&String> = arrived.iter().collect();
    assert_eq!(different.len(), arrived.len(), "one was sent twice");
    assert!(done.iter().all(|key| different.contains(key)));
    assert!(
        done.len() > REQUESTS / 2,
        "only {} were answered",
        done.len()
    );
}

/// Ports of this machine whose queue of connections is full let nobody in and say nothing.
#[tokio::test]
async fn a_connection_that_is_never_made_was_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        waiting.push(stream);
    }
    let url = format!("http://{address}");
    let builder = Stripe::builder(KEY, Handle::current()).url(&url);
    let error = send(&builder.connect_timeout(SOON).build().unwrap()).await;
    assert_eq!(error.failure, Failure::NotSent, "{error:?}");
    drop(waiting);
}

#[tokio::test]
async fn whoever_stops_waiting_stops_the_request() {
    let peer = Peer::start(vec![Act::Hang]);
    let forever = Duration::from_secs(60 * 60);
    let stripe = peer.builder().timeout(forever).build().unwrap();
    let heard = {
        let body = attempt("amount=100");
        let mut sending = stripe.send_transfer(&body);
        loop {
            let poll = tokio::time::timeout(Duration::from_millis(10), &mut sending).await;
            assert!(poll.is_err(), "the server said nothing");
            if peer.rest().1 == 1 {
                break true;
            }
        }
    };
    assert!(heard);
    let left = tokio::task::spawn_blocking(move || matches!(peer.next(), Heard::Left));
    assert!(left.await.unwrap(), "the connection is still open");
}

/// Core may be polled by any executor.
#[test]
fn any_executor_can_wait() {
    let runtime = Runtime::new().unwrap();
    let peer = Peer::start(vec![json(200, &transfer("tr_1"))]);
    let stripe = Stripe::builder(KEY, runtime.handle().clone())
        .url(&peer.url())
        .build()
        .unwrap();
    let sent = pollster::block_on(stripe.send_transfer(&attempt("amount=100"))).unwrap();
    assert_eq!(sent.id, "tr_1");
}

#[test]
fn a_runtime_that_was_shut_down_leaves_it_open() {
    let runtime = Runtime::new().unwrap();
    let peer = Peer::start(vec![Act::Hang]);
    let stripe = Stripe::builder(KEY, runtime.handle().clone())
        .url(&peer.url())
        .build()
        .unwrap();
    let waiting = thread::spawn(move || pollster::block_on(send(&stripe)));
    peer.request();
    runtime.shutdown_background();
    let error = waiting.join().unwrap();
    assert_eq!(error.failure, Failure::Unknown, "{error:?}");
}
