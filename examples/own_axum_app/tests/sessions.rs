//! The program serves its own pages and the exchange, to its own people.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// The program on a port of its own; ends when it is dropped.
struct App {
    program: Child,
    address: String,
}

impl App {
    fn start() -> App {
        let mut command = Command::new(env!("CARGO_BIN_EXE_own_axum_app"));
        let command = command.arg("127.0.0.1:0").stdout(Stdio::piped());
        let mut program = command.spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(program.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap();
        let address = address.to_owned();
        App { program, address }
    }

    /// Status line and body of the answer.
    fn send(&self, request_line: &str, session: &str, body: &str) -> (String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let request = format!(
            "{request_line} HTTP/1.1\r\nHost: x\r\nCookie: theme=dark; session={session}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.lines().next().unwrap().to_owned(), body.to_owned())
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.program.kill().unwrap();
        self.program.wait().unwrap();
    }
}

#[test]
fn a_session_of_the_application_is_a_user_of_the_exchange() {
    let app = App::start();
    let (status, page) = app.send("GET /", "nobody", "");
    assert_eq!(
        (&*status, &*page),
        ("HTTP/1.1 200 OK", "This is the application itself.\n")
    );

    let prompt = r#"{"prompt": "Sum up RFC 9110"}"#;
    let (status, job) = app.send("POST /exchange/api/jobs", "3f9a", prompt);
    assert_eq!(status, "HTTP/1.1 201 Created");
    assert!(job.contains(r#""sender":"alice""#), "{job}");

    let (status, refusal) = app.send("POST /exchange/api/jobs", "stolen", prompt);
    assert_eq!(status, "HTTP/1.1 401 Unauthorized");
    assert!(
        refusal.contains(r#""code":"authentication_required""#),
        "{refusal}"
    );
}
