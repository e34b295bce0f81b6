//! The real server as a process, and clients of it.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// How long anything may take before a test gives up on it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const ADMIN: &str = "the-operators-key";

/// A command that starts the server without anything of this process's environment.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clawrk-server"));
    command.env_clear();
    command
}

/// A server that runs.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// What it said until it listened.
    pub(crate) said: Vec<String>,
    /// What it says from then on.
    pub(crate) says: mpsc::Receiver<String>,
    id: u32,
    /// Nobody waits for it yet.
    child: Option<Child>,
}

impl Server {
    /// Starts one on a store in that folder.
    pub(crate) fn in_folder(folder: &Path) -> Server {
        let mut command = command();
        command
            .arg("--store")
            .arg(format!("sled:{}", folder.display()));
        command.env("CLAWRK_ADMIN_KEY", ADMIN);
        Server::start(command)
    }

    /// Starts one whose store is kept nowhere.
    pub(crate) fn in_memory() -> Server {
        let mut command = command();
        command.args(["--store", "memory:"]);
        command.env("CLAWRK_ADMIN_KEY", ADMIN);
        Server::start(command)
    }

    pub(crate) fn start(command: Command) -> Server {
        Server::start_with_log(command, Stdio::inherit())
    }

    /// Starts one whose log goes there.
    pub(crate) fn start_with_log(mut command: Command, log: impl Into<Stdio>) -> Server {
        command.env("CLAWRK_LISTEN", "127.0.0.1:0");
        command.stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().unwrap();
        let mut server = Server {
            address: SocketAddr::from(([0, 0, 0, 0], 0)),
            said: Vec::new(),
            says: lines(child.stdout.take().unwrap()),
            id: child.id(),
            child: Some(child),
        };
        while server.address.port() == 0 {
            let line = server
                .says
                .recv_timeout(PATIENCE)
                .expect("the server does not listen");
            if let Some(address) = line.strip_prefix("listening on http://") {
                server.address = address.parse().unwrap();
            }
            server.said.push(line);
        }
        server
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn kill(mut self) {
        let child = self.child.as_mut().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    pub(crate) fn signal(&self, name: &str) {
        // The shell has a `kill` of its own; a small machine has no other.
        let kill = format!("kill -{name} {}", self.id);
        let sent = Command::new("sh").args(["-c", &kill]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for it to end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let mut child = self.child.take().unwrap();
        let (send, receive) = mpsc::channel();
        // Nobody listens any more where it took too long.
        thread::spawn(move || send.send(child.wait()));
        receive.recv_timeout(PATIENCE).map_or_else(
            |_| {
                self.signal("KILL");
                panic!("the server does not end")
            },
            Result::unwrap,
        )
    }

    /// Sends bytes as they are, ends this side, and reads to the other's end.
    pub(crate) fn raw(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect();
        stream.write_all(bytes.as_ref()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Makes a user; answers with its key.
    pub(crate) async fn user(&self, client: &Client, id: &str) -> String {
        let body = format!(r#"{{"id": "{id}"}}"#);
        let made = client
            .post(ADMIN, &self.url("/api/admin/users"), &body)
            .await;
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()["api_key"].as_str().unwrap().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The lines that come out of something, read on a thread so that it never has to wait.
fn lines(from: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            // Who waited for the first lines may not want the rest.
            let _ = send.send(line);
        }
    });
    receive
}

/// Runs a server that is expected to end by itself.
pub(crate) fn run(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap()
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) replayed: bool,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A client with its own connections.
#[derive(Clone)]
pub(crate) struct Client(reqwest::Client);

impl Client {
    pub(crate) fn new() -> Client {
        // Told so, the client does not look for a TLS provider of the process, of which there is
        // none. Our servers here speak without TLS.
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(ring)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        Client(
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls)
                .no_proxy()
                .timeout(PATIENCE)
                .build()
                .unwrap(),
        )
    }

    pub(crate) async fn get(&self, token: &str, url: &str) -> Answer {
        let sent = self.0.get(url).bearer_auth(token).send().await.unwrap();
        answer(sent).await.unwrap()
    }

    /// A stream of events, behind the last one that was seen.
    pub(crate) async fn stream(
        &self,
        token: &str,
        url: &str,
        last: Option<u64>,
    ) -> reqwest::Response {
        let asked = self.0.get(url).header("accept", "text/event-stream");
        let asked = match last {
            Some(last) => asked.header("last-event-id", last),
            None => asked,
        };
        asked.bearer_auth(token).send().await.unwrap()
    }

    /// A GET without a token; none where there is no server.
    pub(crate) async fn try_get(&self, url: &str) -> Option<Answer> {
        answer(self.0.get(url).send().await.ok()?).await.ok()
    }

    /// A GET; none where the connection broke.
    pub(crate) async fn try_get_as(&self, token: &str, url: &str) -> Option<Answer> {
        let sent = self.0.get(url).bearer_auth(token).send().await.ok()?;
        answer(sent).await.ok()
    }

    pub(crate) async fn post(&self, token: &str, url: &str, body: &str) -> Answer {
        let sent = self
            .0
            .post(url)
            .bearer_auth(token)
            .body(body.to_owned())
            .send();
        answer(sent.await.unwrap()).await.unwrap()
    }

    /// A POST under an idempotency key; none where the connection broke.
    pub(crate) async fn once(
        &self,
        key: &str,
        token: &str,
        url: &str,
        body: &str,
    ) -> Option<Answer> {
        let sent = self
            .0
            .post(url)
            .bearer_auth(token)
            .header("idempotency-key", key);
        let sent = sent.body(body.to_owned()).send().await.ok()?;
        answer(sent).await.ok()
    }
}

async fn answer(response: reqwest::Response) -> Result<Answer, reqwest::Error> {
    Ok(Answer {
        status: response.status().as_u16(),
        replayed: response.headers().contains_key("idempotent-replayed"),
        body: response.bytes().await?.to_vec(),
    })
}
