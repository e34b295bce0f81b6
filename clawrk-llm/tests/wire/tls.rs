//! TLS: whom a model trusts, that nothing leaves it before it does, and which way it goes.
//!
//! On Linux, where trust is set by the environment: each test runs itself again, as a process with
//! an environment of its own. The certificates are those of the tests of `clawrk-stripe`.

use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use clawrk_core::model::{Completion, LanguageModel, ModelError, ModelFailure};
use clawrk_llm::{InvalidSetting, Provider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tokio::runtime::Handle;

use crate::peer::{Act, KEY, Peer, Request, answer, builder, read_request};
use crate::questions::{good, request};

const AGAIN: &str = "CLAWRK_TEST_AGAIN";
const CERTIFICATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../clawrk-stripe/tests/tls");
const ASKED: Provider = Provider::Anthropic;

/// Whether this is the process with an environment of its own. If not, runs it, and fails if it
/// fails.
fn is_again(test: &str, environment: &[(&str, String)]) -> bool {
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
        "NO_PROXY",
        "no_proxy",
    ] {
        command.env_remove(name);
    }
    let test = format!("tls::{test}");
    let command = command
        .args(["--exact", &test, "--nocapture"])
        .env(AGAIN, "1");
    let output = command.envs(environment.iter().cloned()).output().unwrap();
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
fn server(certificate: &str) -> (String, JoinHandle<Option<Request>>) {
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
        let Act::Answer(bytes) = good(ASKED) else {
            return None;
        };
        reader.get_mut().write_all(&bytes).unwrap();
        Some(request)
    })
}

/// A server that takes one connection, over https.
fn accept<T: Send + 'static>(
    serve: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (String, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let serving = thread::spawn(move || serve(listener.accept().unwrap().0));
    (url, serving)
}

async fn ask(url: &str) -> Result<Completion, ModelError> {
    let builder = builder(ASKED, Handle::current()).url(url).tries(1);
    let builder = builder.connect_timeout(Duration::from_secs(2));
    builder.build().unwrap().complete(&request()).await
}

#[tokio::test]
async fn whom_the_machine_trusts_is_trusted() {
    let environment = [("SSL_CERT_FILE", trusted())];
    if !is_again("whom_the_machine_trusts_is_trusted", &environment) {
        return;
    }
    let (url, heard) = server("here");
    ask(&url).await.unwrap();
    let request = heard.join().unwrap().unwrap();
    assert_eq!(request.header("x-api-key"), Some(KEY));
}

#[tokio::test]
async fn nobody_else_is_sent_a_byte_of_a_request() {
    let environment = [("SSL_CERT_FILE", trusted())];
    if !is_again("nobody_else_is_sent_a_byte_of_a_request", &environment) {
        return;
    }
    for certificate in ["forged", "elsewhere"] {
        let (url, heard) = server(certificate);
        let error = ask(&url).await.unwrap_err();
        assert_eq!(error.failure, ModelFailure::Unreachable, "{error:?}");
        assert!(error.detail.contains("certificate"), "{error:?}");
        assert!(heard.join().unwrap().is_none(), "it was sent something");
    }
    let (url, heard) = accept(|mut stream| {
        let mut sent = Vec::new();
        stream
            .write_all(b"HTTP/1.1 400 No TLS here\r\n\r\n")
            .unwrap();
        let _ = stream.read_to_end(&mut sent);
        String::from_utf8_lossy(&sent).into_owned()
    });
    let error = ask(&url).await.unwrap_err();
    assert_eq!(error.failure, ModelFailure::Unreachable, "{error:?}");
    let sent = heard.join().unwrap();
    assert!(!sent.contains(KEY) && !sent.contains("POST"), "{sent}");
}

#[tokio::test]
async fn a_proxy_is_a_tunnel_and_is_told_no_secret() {
    let peer = Peer::start(vec![Act::Answer(answer(502, &[], b"Bad Gateway"))]);
    let environment = [("SSL_CERT_FILE", trusted()), ("HTTPS_PROXY", peer.url())];
    if is_again("a_proxy_is_a_tunnel_and_is_told_no_secret", &environment) {
        let error = ask("https://models.test").await.unwrap_err();
        assert_eq!(error.failure, ModelFailure::Unreachable, "{error:?}");
        return;
    }
    let request = peer.request();
    assert_eq!(request.line, "CONNECT models.test:443 HTTP/1.1");
    assert_eq!(request.header("x-api-key"), None);
    assert_eq!(peer.rest().1, 0);
}

#[tokio::test]
async fn a_request_without_tls_passes_no_proxy() {
    let proxy = Peer::start(vec![good(ASKED)]);
    let url = proxy.url();
    let environment = ["HTTP_PROXY", "http_proxy", "ALL_PROXY"].map(|it| (it, url.clone()));
    if is_again("a_request_without_tls_passes_no_proxy", &environment) {
        let peer = Peer::start(vec![good(ASKED)]);
        ask(&peer.url()).await.unwrap();
        assert_eq!(peer.rest(), (1, 1));
        return;
    }
    assert_eq!(proxy.rest(), (0, 0));
}

#[tokio::test]
async fn a_machine_that_trusts_nobody_is_told_so_at_the_start() {
    let nothing = format!("{CERTIFICATES}/no-such-file");
    let environment = ["SSL_CERT_FILE", "SSL_CERT_DIR"].map(|it| (it, nothing.clone()));
    if !is_again(
        "a_machine_that_trusts_nobody_is_told_so_at_the_start",
        &environment,
    ) {
        return;
    }
    let builder = |provider| builder(provider, Handle::current());
    let refused = builder(ASKED).build().unwrap_err();
    assert!(matches!(refused, InvalidSetting::Roots(_)), "{refused:?}");
    assert!(refused.to_string().contains("CA certificates"), "{refused}");
    // On this machine, without TLS.
    assert!(builder(Provider::Ollama).build().is_ok());
}
