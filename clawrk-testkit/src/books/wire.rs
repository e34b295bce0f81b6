//! Requests and responses as they are sent, without a socket.

use serde_json::Value;

/// What a request wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes or changes.
    Post,
    /// Deletes.
    Delete,
}

impl Method {
    /// The word in the request line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        }
    }
}

/// A request to the fake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What it wants to do.
    pub method: Method,
    /// The path without the query, such as `/v1/transfers`.
    pub path: String,
    /// The pairs of the query, then those of the form, decoded.
    pub params: Vec<(String, String)>,
    /// The secret key: the `Authorization` header without `Bearer`, or the user of basic
    /// authorization. None if there is no such header.
    pub secret: Option<String>,
    /// The header `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// The header `Stripe-Version`.
    pub version: Option<String>,
    /// The header `Stripe-Account`.
    pub account: Option<String>,
}

impl Request {
    /// A request with that secret key.
    pub fn new(method: Method, path: impl Into<String>, secret: &str) -> Request {
        Request {
            method,
            path: path.into(),
            params: Vec::new(),
            secret: Some(secret.to_owned()),
            idempotency_key: None,
            version: None,
            account: None,
        }
    }

    /// With one more parameter.
    #[must_use]
    pub fn param(mut self, name: &str, value: impl Into<String>) -> Request {
        self.params.push((name.to_owned(), value.into()));
        self
    }

    /// Under that key.
    #[must_use]
    pub fn under(mut self, key: &str) -> Request {
        self.idempotency_key = Some(key.to_owned());
        self
    }

    /// In that version of the interface.
    #[must_use]
    pub fn version(mut self, version: &str) -> Request {
        self.version = Some(version.to_owned());
        self
    }
}

/// What a response holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Stripe's own answers.
    Json(Value),
    /// What somebody on the way said.
    Html(String),
}

/// What the network makes of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It arrives.
    Arrives,
    /// The connection was never made; the fake has seen nothing.
    NotConnected,
    /// The connection ends before a byte of it.
    Lost,
    /// Nothing comes, and the connection stays open.
    Hangs,
    /// The connection ends in the middle of the body.
    Cut,
}

/// What the fake answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers that matter.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Body,
    /// What becomes of it. Only one that arrives may be believed by a client, and only one that is
    /// cut shows anything of its body.
    pub fate: Fate,
}

impl Response {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body, if it is JSON; else null.
    pub fn json(&self) -> &Value {
        match &self.body {
            Body::Json(value) => value,
            Body::Html(_) => &Value::Null,
        }
    }

    /// The bytes that arrive: all, half or none of the body.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = match &self.body {
            Body::Json(value) => value.to_string().into_bytes(),
            Body::Html(text) => text.clone().into_bytes(),
        };
        match self.fate {
            Fate::Arrives => {}
            Fate::Cut => bytes.truncate(bytes.len() / 2),
            Fate::NotConnected | Fate::Lost | Fate::Hangs => bytes.clear(),
        }
        bytes
    }
}

/// Pairs as a form body or a query.
pub fn encode_form<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| format!("{}={}", escape(name), escape(value)))
        .collect();
    pairs.join("&")
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The pairs of a form body or a query. What is no UTF-8 or no escape is kept as well as it can be.
pub fn decode_form(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (unescape(name), unescape(value))
        })
        .collect()
}

fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3);
        let escaped = hex
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], escaped) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_comes_back_as_it_was() {
        let pairs = [("metadata[a b]", "ü&=+%41"), ("empty", "")];
        let text = encode_form(pairs);
        assert_eq!(
            text, "metadata%5Ba%20b%5D=%C3%BC%26%3D%2B%2541&empty=",
            "only unreserved characters stand for themselves"
        );
        let back = decode_form(&text);
        let back: Vec<_> = back.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(back, pairs);
        assert_eq!(decode_form("a=b+c%"), [("a".to_owned(), "b c%".to_owned())]);
    }

    #[test]
    fn only_what_arrives_has_bytes() {
        let mut response = Response {
            status: 200,
            headers: vec![("Request-Id", "req_1".to_owned())],
            body: Body::Json(serde_json::json!({"a": 1})),
            fate: Fate::Arrives,
        };
        assert_eq!(response.bytes(), b"{\"a\":1}");
        assert_eq!(response.header("request-id"), Some("req_1"));
        response.fate = Fate::Cut;
        assert_eq!(response.bytes(), b"{\"a");
        response.fate = Fate::Lost;
        assert_eq!(response.bytes(), b"");
    }
}
