//! TLS: whom the client trusts, and that nothing leaves it before it does.
//!
//! On Linux, where trust is set by the environment: each test runs itself again, as a process with
//! an environment of its own.

use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use clawrk_core::payments::{Failure, Payments, PaymentsError, Transfer};
use clawrk_stripe::{InvalidSetting, Stripe};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tokio::runtime::Handle;

use crate::objects::{attempt, transfer};
use crate::peer::{Act, KEY, Peer, Request, answer, read_request};

const AGAIN: &str = "CLAWRK_TEST_AGAIN";
const CERTIFICATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls");

/// Whether this is the process with an environment of its own. If not, runs it, and fails if it
/// fails.
fn is_again(test: &str, environment: &[(&str, &str)]) -> bool {
    if std::env::var_os(AGAIN).is_some() {
        return true;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    for name in [
        "SSL_CERT_DIR",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
    ] {
        command.env_remove(name);
    }
    let command = command
        .args(["--exact", test, "--nocapture"])
        .env(AGAIN, "1");
    let output = command.envs(environment.iter().copied()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
    assert!(said.contains("1 passed"), "{said}");
    false
}

fn trusted() -> String {
    format!("{CERTIFICATES}/trusted.pem")
}

/// A server with that certificate, which takes one connection and tells what it was sent.
fn server(certificate: &str, act: Act) -> (String, JoinHandle<Option<Request>>) {
    let path = format!("{CERTIFICATES}/{certificate}");
    let chain = CertificateDer::from_pem_file(format!("{path}.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(format!("{path}.key")).unwrap();
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .unwrap();
    let connection = ServerConnection::new(Arc::new(config)).unwrap();
    accept(move |stream| {
        let mut reader = BufReader::new(StreamOwned::new(connection, stream));
        let request = read_request(&mut reader)?;
        if let Act::Answer(bytes) = act {
            reader.get_mut().write_all(&bytes).unwrap();
        }
        Some(request)
    })
}

/// A server that takes one connection, over https.
fn accept<T: Send + 'static>(
    serve: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (String, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    (
        url,
        thread::spawn(move || serve(listener.accept().unwrap().0)),
    )
}

async fn send(url: &str) -> Result<Transfer, PaymentsError> {
    let builder = Stripe::builder(KEY, Handle::current()).url(url);
    let stripe = builder
        .connect_timeout(Duration::from_secs(2))
        .build()
        .unwrap();
    stripe.send_transfer(&attempt("amount=100")).await
}

fn ok() -> Act {
    Act::Answer(answer(200, &[], transfer("tr_1").to_string().as_bytes()))
}

#[tokio::test]
async fn whom_the_machine_trusts_is_trusted() {
    if !is_again(
        "tls::whom_the_machine_trusts_is_trusted",
        &[("SSL_CERT_FILE", &trusted())],
    ) {
        return;
    }
    let (url, heard) = server("here", ok());
    assert_eq!(send(&url).await.unwrap().id, "tr_1");
    let request = heard.join().unwrap().unwrap();
    assert_eq!(
        request.header("authorization"),
        Some(format!("Bearer {KEY}").as_str())
    );

    let (url, heard) = server("here", Act::CloseAfterReading);
    assert_eq!(send(&url).await.unwrap_err().failure, Failure::Unknown);
    assert!(heard.join().unwrap().is_some());
}

#[tokio::test]
async fn nobody_else_is_sent_a_byte_of_a_request() {
    if !is_again(
        "tls::nobody_else_is_sent_a_byte_of_a_request",
        &[("SSL_CERT_FILE", &trusted())],
    ) {
        return;
    }
    for certificate in ["forged", "elsewhere"] {
        let (url, heard) = server(certificate, ok());
        let error = send(&url).await.unwrap_err();
        assert_eq!(error.failure, Failure::NotSent, "{certificate}: {error:?}");
        assert!(error.detail.contains("certificate"), "{error:?}");
        assert!(heard.join().unwrap().is_none(), "it was sent something");
    }
}

#[tokio::test]
async fn a_handshake_that_fails_was_sent_nothing() {
    if !is_again(
        "tls::a_handshake_that_fails_was_sent_nothing",
        &[("SSL_CERT_FILE", &trusted())],
    ) {
        return;
    }
    let plain = |mut stream: TcpStream| {
        let _ = stream.read(&mut [0; 2_000]);
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .unwrap();
    };
    let closed = |mut stream: TcpStream| {
        let _ = stream.read(&mut [0; 2_000]);
    };
    // Until the client goes away.
    let silent = |mut stream: TcpStream| {
        let _ = stream.read_to_end(&mut Vec::new());
    };
    for (url, served) in [accept(plain), accept(closed), accept(drop), accept(silent)] {
        let error = send(&url).await.unwrap_err();
        assert_eq!(error.failure, Failure::NotSent, "{error:?}");
        served.join().unwrap();
    }
}

/// What such a proxy answers is about the connection, not about the request.
#[tokio::test]
async fn a_proxy_that_makes_no_tunnel_was_sent_nothing_secret() {
    let test = "tls::a_proxy_that_makes_no_tunnel_was_sent_nothing_secret";
    let peer = Peer::start(vec![Act::Answer(answer(502, &[], b"Bad Gateway"))]);
    let environment = [("SSL_CERT_FILE", trusted()), ("HTTPS_PROXY", peer.url())];
    if is_again(
        test,
        &environment
            .each_ref()
            .map(|(name, value)| (*name, value.as_str())),
    ) {
        let error = send("https://stripe.test").await.unwrap_err();
        assert_eq!(error.failure, Failure::NotSent, "{error:?}");
        return;
    }
    let request = peer.request();
    assert_eq!(request.line, "CONNECT stripe.test:443 HTTP/1.1");
    assert_eq!(request.header("authorization"), None);
    assert_eq!(peer.rest().1, 0);
}

#[tokio::test]
async fn a_request_without_tls_passes_no_proxy() {
    let test = "tls::a_request_without_tls_passes_no_proxy";
    let proxy = Peer::start(vec![ok()]);
    let url = proxy.url();
    if is_again(
        test,
        &[
            ("HTTP_PROXY", &url),
            ("http_proxy", &url),
            ("ALL_PROXY", &url),
        ],
    ) {
        let peer = Peer::start(vec![ok()]);
        assert_eq!(send(&peer.url()).await.unwrap().id, "tr_1");
        assert_eq!(peer.rest(), (1, 1));
        return;
    }
    assert_eq!(proxy.rest(), (0, 0));
}

#[tokio::test]
async fn a_machine_that_trusts_nobody_is_told_so_at_the_start() {
    let nothing = format!("{CERTIFICATES}/no-such-file");
    let environment = [
        ("SSL_CERT_FILE", nothing.as_str()),
        ("SSL_CERT_DIR", nothing.as_str()),
    ];
    if !is_again(
        "tls::a_machine_that_trusts_nobody_is_told_so_at_the_start",
        &environment,
    ) {
        return;
    }
    let builder = || Stripe::builder(KEY, Handle::current());
    let refused = builder().build().unwrap_err();
    assert!(matches!(refused, InvalidSetting::Roots(_)), "{refused:?}");
    assert!(refused.to_string().contains("CA certificates"), "{refused}");
    assert!(builder().url("http://127.0.0.1:1").build().is_ok());
}
