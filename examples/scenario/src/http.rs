//! A server, spoken to over a plain socket.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};

use crate::{Answer, Exchange, Failure};

/// A server and the keys of those who speak to it.
#[derive(Debug)]
pub struct Http {
    server: SocketAddr,
    keys: BTreeMap<String, String>,
}

impl Http {
    /// The server at that address, whose operator has that key.
    pub fn new(server: SocketAddr, admin_key: &str) -> Http {
        let keys = BTreeMap::from([("admin".to_owned(), admin_key.to_owned())]);
        Http { server, keys }
    }

    /// Sends a request with the caller's key; answers with status and body.
    fn send(
        &self,
        who: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Result<(u16, Value), Failure> {
        let key = self.keys.get(who);
        let key = key.ok_or_else(|| format!("nobody has made a key for {who}"))?;
        let body = body.map(|value| value.to_string()).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {key}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.server,
            body.len()
        );
        let mut stream = TcpStream::connect(self.server)?;
        stream.write_all(request.as_bytes())?;
        let mut response = String::new();
        stream.read_to_string(&mut response)?;
        read_response(&response)
    }

    fn by_admin(&mut self, verb: &str, words: &[&str]) -> Result<(u16, Value), Failure> {
        match (verb, words) {
            ("create_user", [id]) => {
                let body = json!({ "id": id });
                let (status, answer) =
                    self.send("admin", "POST", "/api/admin/users", Some(body))?;
                if let Some(key) = answer["api_key"].as_str() {
                    self.keys.insert((*id).to_owned(), key.to_owned());
                }
                Ok((status, answer))
            }
            ("grant_credits", [user, credits, reason]) => {
                let path = format!("/api/admin/users/{user}/credits");
                let body = json!({ "delta": credits.parse::<i64>()?, "reason": reason });
                self.send("admin", "POST", &path, Some(body))
            }
            _ => Err("the operator has no such verb".into()),
        }
    }

    fn by_user(&self, user: &str, verb: &str, words: &[&str]) -> Result<(u16, Value), Failure> {
        let post = |path: &str, body| self.send(user, "POST", path, body);
        let get = |path: &str| self.send(user, "GET", path, None);
        match (verb, words) {
            ("create_job", [prompt]) => post("/api/jobs", Some(json!({ "prompt": prompt }))),
            ("accept_job", [id]) => post(&format!("/api/jobs/{id}/accept"), None),
            ("submit_output", [id]) => post(&format!("/api/jobs/{id}/submit"), None),
            ("submit_output", [id, output]) => {
                let body = json!({ "output": output });
                post(&format!("/api/jobs/{id}/submit"), Some(body))
            }
            ("verify_job", [id]) => post(&format!("/api/jobs/{id}/verify"), None),
            ("cancel_job", [id]) => post(&format!("/api/jobs/{id}/cancel"), None),
            ("release_job", [id]) => post(&format!("/api/jobs/{id}/release"), None),
            ("job", [id]) => get(&format!("/api/jobs/{id}")),
            ("user", []) => get(&format!("/api/users/{user}")),
            _ => Err("users have no such verb".into()),
        }
    }
}

impl Exchange for Http {
    fn give(&mut self, who: &str, verb: &str, words: &[&str]) -> Result<Answer, Failure> {
        let (status, body) = match who {
            "admin" => self.by_admin(verb, words),
            user => self.by_user(user, verb, words),
        }?;
        let answer = match status {
            200..=299 => shown(verb, &body),
            _ => body["code"].as_str().map(|code| Answer::Refused {
                status,
                code: code.to_owned(),
            }),
        };
        answer.ok_or_else(|| format!("not the answer of `{verb}`: {status} {body}").into())
    }
}

/// Status and body of a response that has come to its end.
fn read_response(response: &str) -> Result<(u16, Value), Failure> {
    let (head, body) = response
        .split_once("\r\n\r\n")
        .ok_or_else(|| format!("not an HTTP response: {response:?}"))?;
    let status = head.split(' ').nth(1).ok_or("a response without status")?;
    Ok((status.parse()?, serde_json::from_str(body)?))
}

/// What a body says, if it is that verb's.
fn shown(verb: &str, body: &Value) -> Option<Answer> {
    match verb {
        "create_user" => Some(Answer::Credits(body["user"]["credits"].as_i64()?)),
        "grant_credits" | "user" => Some(Answer::Credits(body["credits"].as_i64()?)),
        _ => Some(Answer::Job {
            id: text(&body["id"])?,
            status: text(&body["status"])?,
            receiver: text(&body["receiver"]),
            passed: body["verification"]["passed"].as_bool(),
        }),
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
