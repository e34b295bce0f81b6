//! A request by hand: the same bytes, and nothing is made of the answer.

use reqwest::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request that can be made again and again.
#[derive(Debug)]
pub struct Bare {
    client: reqwest::Client,
    url: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Bare {
    /// What `ask` sends to the address that it is given, to be sent to `url` instead; `path` is
    /// what both addresses end with.
    ///
    /// # Panics
    /// Where nothing is sent.
    pub async fn tapped(url: &str, path: &str, ask: impl AsyncFnOnce(&str)) -> Bare {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let tap = format!("http://{address}{path}");
        let (taken, ()) = tokio::join!(take(&listener), ask(&tap));
        let origin = url.strip_suffix(path).expect("an address with that end");
        // The adapter brings its own; that somebody has installed one before is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Else it would do what the adapter does not: ask a proxy, and have bytes unpacked.
        let client = reqwest::Client::builder().no_proxy().build();
        Bare {
            client: client.expect("a client"),
            url: format!("{origin}{}", taken.target),
            headers: taken.headers,
            body: taken.body,
        }
    }

    /// Makes it.
    ///
    /// # Panics
    /// Where the answer is not 200.
    pub async fn ask(&self) {
        let request = self.client.post(&self.url).headers(self.headers.clone());
        let answer = request.body(self.body.clone()).send().await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), 200);
        answer.bytes().await.expect("a whole answer");
    }
}

struct Taken {
    target: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// The first request that comes. It is not answered.
async fn take(listener: &TcpListener) -> Taken {
    let (mut stream, _) = listener.accept().await.expect("somebody asks");
    let (head, mut body) = head(&mut stream).await;
    let mut lines = head.lines();
    let first = lines.next().unwrap_or_default();
    let target = first.split(' ').nth(1).expect("a target").to_owned();
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").expect("a header");
        let name: HeaderName = name.parse().expect("a name");
        headers.insert(name, HeaderValue::from_str(value).expect("a value"));
    }
    let length = headers.remove(CONTENT_LENGTH).expect("a length");
    let length: usize = length
        .to_str()
        .ok()
        .and_then(|it| it.parse().ok())
        .expect("a length");
    headers.remove(HOST);
    let behind = body.len();
    body.resize(length, 0);
    let rest = stream.read_exact(&mut body[behind..]).await;
    rest.expect("a whole body");
    let closed = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    closed.await.expect("written");
    Taken {
        target,
        headers,
        body,
    }
}

/// The head of a request, and what was read behind it.
async fn head(stream: &mut TcpStream) -> (String, Vec<u8>) {
    const END: &[u8] = b"\r\n\r\n";
    let mut read = Vec::new();
    loop {
        let end = read.windows(END.len()).position(|window| window == END);
        if let Some(end) = end {
            let body = read.split_off(end + END.len());
            read.truncate(end);
            return (String::from_utf8(read).expect("a text"), body);
        }
        let count = stream.read_buf(&mut read).await.expect("more");
        assert_ne!(count, 0, "it ended within its head");
    }
}
