//! What the server writes: enough to follow a request, and never a secret or a text of a job.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::fs::File;
use std::path::Path;

use serde_json::Value;
use support::{Client, Server, command};

/// What signs the tokens of an identity provider.
const JWT_SECRET: &str = "secret-of-the-identity-provider-0123456789";

/// A token of carol's, signed with it, good until 2100.
const JWT: [&str; 3] = [
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
    "eyJzdWIiOiJjYXJvbCIsImV4cCI6NDEwMjQ0NDgwMH0",
    "TyCWIWs5GUg8aPQkXY5rjZfznCppgHCl7z_-hLRtw9g",
];

/// A server whose log goes to a file, with every line of ours in it.
fn start(folder: &Path, format: &str) -> Server {
    let mut command = command();
    command
        .arg("--store")
        .arg(format!("sled:{}", folder.join("store").display()))
        .args(["--log-format", format])
        .env("CLAWRK_JWT_SECRET", JWT_SECRET)
        .env(
            "RUST_LOG",
            "info,clawrk=trace,clawrk_core=trace,clawrk_http=trace,clawrk_server=trace,\
             clawrk_store_embedded=trace,clawrk_store_sled=trace",
        );
    let log = File::create(folder.join("log")).unwrap();
    Server::start_with_log(command, log)
}

/// Stops it; gives what went to standard output, and the log.
fn stop(mut server: Server, folder: &Path) -> (String, String) {
    server.signal("TERM");
    assert_eq!(server.ended().code(), Some(0));
    let mut said = std::mem::take(&mut server.said);
    said.extend(server.says.iter());
    let log = std::fs::read_to_string(folder.join("log")).unwrap();
    (said.join("\n"), log)
}

/// The admin key that the server made.
fn admin_key(server: &Server) -> String {
    let said = server
        .said
        .iter()
        .find(|line| line.starts_with("admin key"));
    let key = said.and_then(|line| line.rsplit(' ').next());
    key.unwrap().to_owned()
}

fn lines(log: &str) -> Vec<Value> {
    let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
    log.lines().map(line).collect()
}

/// A request as text, on a connection of its own.
fn raw(server: &Server, method: &str, path: &str, token: &str, more: &str, body: &str) -> String {
    let length = body.len();
    server.raw(format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-length: {length}\r\n{more}\r\n{body}"
    ))
}

fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let (head, _) = answer.split_once("\r\n\r\n")?;
    let mut headers = head.lines().filter_map(|line| line.split_once(": "));
    headers
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

#[tokio::test]
async fn a_request_can_be_followed_by_its_id() {
    let folder = tempfile::tempdir().unwrap();
    let (server, client) = (start(folder.path(), "json"), Client::new());
    let admin = admin_key(&server);
    let user = client
        .post(
            &admin,
            &server.url("/api/admin/users"),
            r#"{"id": "alice"}"#,
        )
        .await;
    let alice = user.json()["api_key"].as_str().unwrap().to_owned();
    let body = r#"{"prompt": "Anything"}"#;
    let made = raw(&server, "POST", "/api/jobs", &alice, "", body);
    let made_id = header(&made, "x-request-id").unwrap().to_owned();
    let job: Value = serde_json::from_str(made.split_once("\r\n\r\n").unwrap().1).unwrap();
    let job = job["id"].as_str().unwrap();
    let path = format!("/api/jobs/{job}?x=1");
    let shown = raw(
        &server,
        "GET",
        &path,
        &alice,
        "x-request-id: my-7/b\r\n",
        "",
    );
    assert_eq!(header(&shown, "x-request-id"), Some("my-7/b"));
    assert_eq!(header(&shown, "x-content-type-options"), Some("nosniff"));
    let odd = raw(
        &server,
        "GET",
        "/api/skillz",
        &alice,
        "x-request-id: a b\r\n",
        "",
    );
    let odd_id = header(&odd, "x-request-id").unwrap().to_owned();
    assert!(odd_id != "a b" && odd_id != made_id, "{odd_id}");
    raw(
        &server,
        "GET",
        "/healthz",
        "",
        "x-request-id: routine\r\n",
        "",
    );
    raw(
        &server,
        "FROB",
        "/healthz",
        "",
        "x-request-id: wrong\r\n",
        "",
    );
    let keys = client.get(&alice, &server.url("/api/keys")).await.json();
    let path = format!("/api/keys/{}", keys[0]["id"].as_str().unwrap());
    let gone = raw(
        &server,
        "DELETE",
        &path,
        &alice,
        "x-request-id: empty\r\n",
        "",
    );
    assert!(gone.starts_with("HTTP/1.1 204"), "{gone}");

    let (_, log) = stop(server, folder.path());
    let lines = lines(&log);
    let answered = |id: &str| -> Value {
        let of = lines.iter().filter(|line| line["span"]["request_id"] == id);
        let mut answered = of.filter(|line| line["fields"]["message"] == "answered");
        let line = answered
            .next()
            .unwrap_or_else(|| panic!("no line of {id}: {log}"));
        assert!(answered.next().is_none(), "two lines of {id}");
        line.clone()
    };
    let line = answered(&made_id);
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["fields"]["status"], 201);
    assert_eq!(line["span"]["method"], "POST");
    assert_eq!(line["span"]["route"], "/api/jobs");
    assert_eq!(line["span"]["user"], "alice");
    assert_eq!(line["span"]["job"], job);
    assert!(line["fields"]["duration_us"].as_u64().unwrap() > 0);

    let line = answered("my-7/b");
    let body = shown.split_once("\r\n\r\n").unwrap().1;
    assert_eq!(line["fields"]["bytes"], body.len());
    assert_eq!(line["fields"]["status"], 200);
    assert_eq!(line["span"]["route"], "/api/jobs/{id}");
    assert_eq!(
        (&line["span"]["user"], &line["span"]["job"]),
        (&"alice".into(), &job.into())
    );

    let line = answered(&odd_id);
    assert_eq!(line["span"]["route"], "none");
    assert_eq!(
        (&line["fields"]["status"], &line["fields"]["code"]),
        (&404.into(), &"route_not_found".into())
    );
    assert_eq!(answered("routine")["level"], "DEBUG");
    let line = answered("wrong");
    assert_eq!(
        (&line["level"], &line["span"]["method"]),
        (&"INFO".into(), &"other".into())
    );
    assert_eq!(answered("empty")["fields"]["status"], 204);
}

#[tokio::test]
async fn neither_secrets_nor_texts_of_jobs_are_written() {
    for format in ["json", "text"] {
        let folder = tempfile::tempdir().unwrap();
        let (server, client) = (start(folder.path(), format), Client::new());
        let admin = admin_key(&server);
        let secrets = busy(&server, &client, &admin).await;
        let (said, log) = stop(server, folder.path());
        assert!(log.contains("answered") && log.contains("alice"), "{log}");
        for secret in &secrets {
            assert!(secret.len() >= 8, "{secret}: found by chance");
            for (place, written) in [("the log", &log), ("standard output", &said)] {
                assert!(
                    !written.contains(secret),
                    "{secret} is in {place}:\n{written}"
                );
            }
        }
        assert!(!log.contains(&admin), "{log}");
        assert_eq!(said.matches(&admin).count(), 1, "{said}");
    }
}

/// Asks for all sorts of things, rightly and wrongly; gives what nobody may find in a log.
async fn busy(server: &Server, client: &Client, admin: &str) -> Vec<String> {
    let mut secrets: Vec<String> = [
        "prompt-of-the-job",
        "output-of-the-job",
        "short-one",
        "reason-of-the-gift",
        "key-that-was-never-made",
        "idempotency-key-of-alice",
        "cursor-of-the-list",
        "code-of-the-login",
        "part-of-a-broken-body",
        "place-of-no-route",
        "name-of-the-key",
        "query-of-no-meaning",
        "dXNlcjpwYXNzd29yZA",
        "cookie-of-another",
    ]
    .map(str::to_owned)
    .into();
    let mut keys = Vec::new();
    for name in ["alice", "bob"] {
        let body = format!(r#"{{"id": "{name}"}}"#);
        let made = raw(server, "POST", "/api/admin/users", admin, "", &body);
        let body: Value = serde_json::from_str(made.split_once("\r\n\r\n").unwrap().1).unwrap();
        keys.push(body["api_key"].as_str().unwrap().to_owned());
    }
    let [alice, bob] = keys.clone().try_into().unwrap();
    let one_more = client
        .post(
            admin,
            &server.url("/api/admin/users/bob/keys"),
            r#"{"name": "name-of-the-key"}"#,
        )
        .await;
    keys.push(one_more.json()["api_key"].as_str().unwrap().to_owned());
    let gift = r#"{"delta": 9, "reason": "reason-of-the-gift"}"#;
    raw(
        server,
        "POST",
        "/api/admin/users/alice/credits",
        admin,
        "",
        gift,
    );
    for (key, output) in [("1", "output-of-the-job, at length"), ("2", "short-one")] {
        let once = format!("idempotency-key: idempotency-key-of-alice-{key}\r\n");
        let body = r#"{"prompt": "prompt-of-the-job"}"#;
        let made = raw(server, "POST", "/api/jobs", &alice, &once, body);
        let again = raw(server, "POST", "/api/jobs", &alice, &once, body);
        assert!(again.contains("idempotent-replayed"), "{again}");
        raw(server, "POST", "/api/jobs/none/accept", &alice, &once, "");
        let job: Value = serde_json::from_str(made.split_once("\r\n\r\n").unwrap().1).unwrap();
        let path = format!("/api/jobs/{}", job["id"].as_str().unwrap());
        let verb = |verb: &str| format!("{path}/{verb}");
        let output = format!(r#"{{"output": "{output}"}}"#);
        raw(server, "POST", &verb("verify"), &alice, "", "");
        raw(server, "POST", &verb("accept"), &bob, "", "");
        raw(server, "POST", &verb("submit"), &alice, "", &output);
        raw(server, "POST", &verb("submit"), &bob, "", &output);
        raw(server, "POST", &verb("verify"), &alice, "", "");
        raw(
            server,
            "GET",
            &path,
            &bob,
            "cookie: x=cookie-of-another\r\n",
            "",
        );
    }
    for token in [
        "key-that-was-never-made",
        "clawrk_key-that-was-never-made",
        &alice[..20],
        "",
    ] {
        raw(server, "GET", "/api/jobs", token, "", "");
        raw(
            server,
            "POST",
            "/api/jobs",
            token,
            "",
            r#"{"prompt": "prompt-of-the-job"}"#,
        );
    }
    let carol = JWT.join(".");
    let known = raw(server, "GET", "/api/jobs", &carol, "", "");
    assert!(known.starts_with("HTTP/1.1 200 OK"), "{known}");
    raw(server, "GET", "/api/jobs", &format!("{carol}x"), "", "");
    secrets.extend([JWT_SECRET, JWT[1], JWT[2]].map(str::to_owned));
    let basic = "authorization: Basic dXNlcjpwYXNzd29yZA==\r\n";
    raw(server, "GET", "/api/jobs", &alice, basic, "");
    raw(
        server,
        "GET",
        "/api/jobs?cursor=cursor-of-the-list",
        &alice,
        "",
        "",
    );
    raw(
        server,
        "GET",
        "/api/jobs?q=query-of-no-meaning&limit=-1",
        &alice,
        "",
        "",
    );
    raw(server, "GET", "/api/place-of-no-route", &alice, "", "");
    raw(server, "PUT", "/api/jobs/place-of-no-route", &alice, "", "");
    raw(
        server,
        "POST",
        "/api/jobs",
        &alice,
        "",
        "{\"part-of-a-broken-body",
    );
    for secret in ["/api/keys", "/api/cli-login"] {
        let made = raw(server, "POST", secret, &alice, "", "");
        let made: Value = serde_json::from_str(made.split_once("\r\n\r\n").unwrap().1).unwrap();
        let secret = made.get("api_key").or(made.get("code"));
        keys.push(secret.unwrap().as_str().unwrap().to_owned());
    }
    let code = keys.last().unwrap().clone();
    for code in ["code-of-the-login", &code, &code] {
        let body = format!(r#"{{"code": "{code}"}}"#);
        let consumed = raw(server, "POST", "/api/cli-login/consume", "", "", &body);
        let consumed = consumed.split_once("\r\n\r\n").unwrap().1;
        let consumed: Value = serde_json::from_str(consumed).unwrap();
        keys.extend(consumed["api_key"].as_str().map(str::to_owned));
    }
    assert_eq!(
        keys.len(),
        6,
        "two of users, one more, one of alice's own, a code and its key"
    );
    raw(
        server,
        "POST",
        "/api/admin/users/bob/disable",
        admin,
        "",
        "",
    );
    raw(server, "GET", "/api/jobs", &bob, "", "");
    raw(server, "GET", "/api/admin/audit", admin, "", "");
    server.raw(format!(
        "GET /api/jobs HTTP/1.1\r\nauthorization: Bearer {alice}\r\n bad\r\n\r\n"
    ));
    server.raw(format!("key-that-was-never-made {alice}\r\n\r\n"));
    secrets.extend(keys);
    secrets
}
