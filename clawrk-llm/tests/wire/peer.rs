//! A server on a real socket that does as it is told, and notes what it is sent.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use clawrk_llm::{Builder, Model, Provider};
use serde_json::Value;
use tokio::runtime::Handle;

pub(crate) const KEY: &str = "sk-51Secret0Secret";
/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a server does with a request, or instead of reading one.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Answers, and waits for the next request on the same connection.
    Answer(Vec<u8>),
    /// Writes these bytes and closes the connection.
    WriteAndClose(Vec<u8>),
    /// Writes these bytes and then nothing, until the client goes away.
    WriteAndHang(Vec<u8>),
    /// Writes these bytes, and then more and more until the client goes away.
    WriteForEver(Vec<u8>),
    /// Reads the request and closes the connection.
    CloseAfterReading,
    /// Reads the request and says nothing until the client goes away.
    Hang,
}

/// What a server noticed.
#[derive(Debug)]
pub(crate) enum Heard {
    Connected,
    Request(Request),
    /// The client closed a connection, after so many bytes of an answer without end.
    Left(usize),
}

/// A request as it stood on the wire.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(it, _)| it.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

pub(crate) struct Peer {
    address: SocketAddr,
    heard: Receiver<Heard>,
}

impl Peer {
    pub(crate) fn start(acts: Vec<Act>) -> Peer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, heard) = channel();
        let acts = Arc::new(Mutex::new(VecDeque::from(acts)));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (acts, tell) = (Arc::clone(&acts), tell.clone());
                thread::spawn(move || serve(stream.unwrap(), &acts, &tell));
            }
        });
        Peer { address, heard }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn builder(&self, provider: Provider) -> Builder {
        builder(provider, Handle::current()).url(&self.url())
    }

    pub(crate) fn model(&self, provider: Provider) -> Model {
        self.builder(provider).build().unwrap()
    }

    /// The next thing that the server notices.
    pub(crate) fn next(&self) -> Heard {
        self.heard
            .recv_timeout(PATIENCE)
            .expect("nothing more was heard")
    }

    /// The next request, on a connection old or new.
    pub(crate) fn request(&self) -> Request {
        loop {
            if let Heard::Request(request) = self.next() {
                return request;
            }
        }
    }

    /// Waits until the client closes a connection, and says what it was sent by then.
    pub(crate) fn left(&self) -> usize {
        loop {
            if let Heard::Left(bytes) = self.next() {
                return bytes;
            }
        }
    }

    /// How many connections and requests there were that nobody has asked for yet.
    pub(crate) fn rest(&self) -> (usize, usize) {
        let (mut connections, mut requests) = (0, 0);
        while let Ok(heard) = self.heard.try_recv() {
            match heard {
                Heard::Connected => connections += 1,
                Heard::Request(_) => requests += 1,
                Heard::Left(_) => {}
            }
        }
        (connections, requests)
    }
}

/// A model that is tried again at once.
pub(crate) fn builder(provider: Provider, runtime: Handle) -> Builder {
    let name = format!("{provider}:asked-for").parse().unwrap();
    Model::builder(name, runtime)
        .key(KEY)
        .backoff(Duration::ZERO)
}

fn serve(stream: TcpStream, acts: &Mutex<VecDeque<Act>>, tell: &Sender<Heard>) {
    let _ = tell.send(Heard::Connected);
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    let mut written = 0;
    while let Some(request) = read_request(&mut reader) {
        let act = acts.lock().unwrap().pop_front();
        let _ = tell.send(Heard::Request(request));
        match act {
            Some(Act::Answer(bytes)) => stream.write_all(&bytes).unwrap(),
            Some(Act::WriteAndClose(bytes)) => {
                // The client may have had enough before all is written.
                let _ = stream.write_all(&bytes);
                return;
            }
            Some(Act::WriteAndHang(bytes)) => {
                let _ = stream.write_all(&bytes);
                let _ = reader.read(&mut [0]);
                break;
            }
            Some(Act::WriteForEver(bytes)) => {
                let mut more = bytes;
                while stream.write_all(&more).is_ok() {
                    written += more.len();
                    more = vec![b' '; 64 * 1024];
                }
                break;
            }
            Some(Act::CloseAfterReading) => return,
            Some(Act::Hang) | None => {
                let _ = reader.read(&mut [0]);
                break;
            }
        }
    }
    let _ = tell.send(Heard::Left(written));
}

/// One request, or nothing where the client is gone.
pub(crate) fn read_request(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader
            .read_line(&mut header)
            .ok()
            .filter(|read| *read > 0)?;
        let Some((name, value)) = header.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let mut request = Request {
        line: line.trim_end().to_owned(),
        headers,
        body: String::new(),
    };
    let length = request
        .header("content-length")
        .map_or(0, |it| it.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.body = String::from_utf8(body).unwrap();
    Some(request)
}

/// An answer with these headers.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!(
        "HTTP/1.1 {status} Told\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    [text.as_bytes(), body].concat()
}

pub(crate) fn json(status: u16, body: &Value) -> Act {
    Act::Answer(answer(status, &[], body.to_string().as_bytes()))
}
