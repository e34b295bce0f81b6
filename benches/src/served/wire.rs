//! The least client of HTTP, for what is asked once.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a str,
    /// The path.
    pub path: &'a str,
    /// The bearer token.
    pub key: &'a str,
    /// The body, which may be empty.
    pub body: &'a str,
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request<'_> {
    /// The request with its head, on a connection that is kept or not.
    pub fn text(&self, connection: &str, more: &str) -> String {
        let Request {
            method,
            path,
            key,
            body,
        } = self;
        format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\
             Connection: {connection}\r\nContent-Length: {}\r\n{more}\r\n{body}",
            body.len()
        )
    }
}

/// Asks on a connection of its own.
///
/// # Errors
/// What the system says, or an answer that is no success.
pub fn ask(address: SocketAddr, request: &Request<'_>) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(request.text("close", "").as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let answer = parse(&bytes).ok_or_else(|| io::Error::other("an answer that is no HTTP"))?;
    match answer.status {
        200..300 => Ok(answer),
        status => {
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            let Request { method, path, .. } = request;
            Err(io::Error::other(format!(
                "{method} {path}: {status} {text}"
            )))
        }
    }
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    Some(Answer {
        status,
        headers: lines.filter_map(header).collect(),
        body: bytes[end + 4..].to_vec(),
    })
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Errors
    /// Where it is none.
    pub fn json(&self) -> io::Result<serde_json::Value> {
        serde_json::from_slice(&self.body).map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_apart() {
        let answer = parse(b"HTTP/1.1 201 Created\r\nX-Id: a\r\n\r\n{\"id\":1}").unwrap();
        assert_eq!(answer.status, 201);
        assert_eq!(answer.headers, [("x-id".to_owned(), "a".to_owned())]);
        assert_eq!(answer.json().unwrap()["id"], 1);
        assert!(parse(b"HTTP/1.1 200").is_none());
    }
}
