//! How the server starts, and how it refuses to.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use support::{ADMIN, Client, Server, command, run};

/// A start that must end with one line that names the setting and says something of the cause.
#[track_caller]
fn refused(command: &mut Command, setting: &str, cause: &str) {
    let output = run(command);
    let (said, complained) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert_eq!(output.status.code(), Some(2), "{said}{complained}");
    assert_eq!(complained.lines().count(), 1, "{complained}");
    let begin = format!("clawrk-server: {setting}: ");
    assert!(
        complained.starts_with(&begin),
        "{complained:?} does not begin with {begin:?}"
    );
    assert!(
        complained.contains(cause),
        "{complained:?} does not say {cause:?}"
    );
    assert!(!said.contains("listening"), "{said}");
}

/// A server in memory on any port, so that nothing but what is tested can go wrong.
fn plain() -> Command {
    let mut command = command();
    command
        .env("CLAWRK_STORE", "memory:")
        .env("CLAWRK_LISTEN", "127.0.0.1:0");
    command
}

#[test]
fn a_short_admin_key_is_for_this_machine_alone() {
    let mut open = plain();
    open.env("CLAWRK_LISTEN", "0.0.0.0:0")
        .env("CLAWRK_ADMIN_KEY", "fifteen-letters");
    refused(&mut open, "CLAWRK_ADMIN_KEY", "16 random characters");
    let checked = |key: &str| {
        let output = run(plain().arg("--check").env("CLAWRK_ADMIN_KEY", key));
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stderr).unwrap()
    };
    let warned = checked("fifteen-letters");
    assert!(
        warned.contains("so short that it can be guessed"),
        "{warned}"
    );
    assert!(!warned.contains("fifteen"), "{warned}");
    assert_eq!(checked("sixteen--letters"), "");
}

#[test]
fn each_value_that_cannot_be_used_is_named() {
    let cases = [
        ("CLAWRK_LISTEN", "nonsense", "is no address"),
        ("CLAWRK_LISTEN", "127.0.0.1", "is no address"),
        ("CLAWRK_LISTEN", "127.0.0.1:99999", "is no address"),
        ("CLAWRK_LISTEN", "0.0.0.0:0", "CLAWRK_ADMIN_KEY"),
        ("CLAWRK_LISTEN", "[::]:0", "CLAWRK_ADMIN_KEY"),
        ("CLAWRK_STORE", "clawrk-data", "sled:PATH"),
        ("CLAWRK_STORE", "http://localhost/", "`http:` is no store"),
        ("CLAWRK_STORE", "sled:", "needs a folder"),
        ("CLAWRK_STORE", "memory:x", "takes no path"),
        ("CLAWRK_STORE", "redb:./x", "not part of this release"),
        (
            "CLAWRK_STORE",
            "postgres://u:hunter2@h/d",
            "not part of this release",
        ),
        ("CLAWRK_STORE", "sled:/dev/null", "is not a folder"),
        (
            "CLAWRK_STORE",
            "sled:/sys/clawrk-data",
            "may not be written by this user",
        ),
        ("CLAWRK_STORE", "sled:/dev/null/inside", "is not a folder"),
        ("CLAWRK_ADMIN_KEY", "a b", "visible ASCII"),
        ("CLAWRK_LOG_FORMAT", "xml", "none of text, json"),
        ("CLAWRK_CREDITS", "maybe", "none of on, off, auto"),
        (
            "CLAWRK_ON_REJECTED",
            "burn",
            "none of refund, keep, requeue",
        ),
        ("CLAWRK_MAX_ATTEMPTS", "0", "no whole number"),
        ("CLAWRK_ACCEPT_TIMEOUT", "7", "no duration"),
        ("CLAWRK_REVIEW_TIMEOUT", "soon", "`auto` or `off`"),
        ("CLAWRK_SKILL_TIMEOUT", "0s", "no duration"),
        (
            "CLAWRK_VISIBILITY",
            "nobody",
            "none of participants, everyone",
        ),
        ("CLAWRK_PROMPT_BYTES_MAX", "32KB", "no size"),
        ("CLAWRK_OUTPUT_BYTES_MAX", "1GiB", "no size"),
        ("CLAWRK_BODY_BYTES_MAX", "-1", "no size"),
        ("CLAWRK_JSON_DEPTH_MAX", "101", "from 1 to 100"),
        ("CLAWRK_PAYOUT_CENTS_PER_CREDIT", "0.5", "no whole number"),
        ("CLAWRK_CURRENCY", "USD", "no currency"),
        ("CLAWRK_IDEMPOTENCY_RETENTION", "30", "no duration"),
        ("CLAWRK_CONNECTIONS_MAX", "0", "no whole number"),
        ("CLAWRK_HEAD_TIMEOUT", "0s", "no duration"),
        ("CLAWRK_IDLE_TIMEOUT", "60", "no duration"),
        ("CLAWRK_BODY_TIMEOUT", "off", "no duration"),
        ("CLAWRK_BODY_STALL_TIMEOUT", "-1s", "no duration"),
        ("CLAWRK_UNREAD_TIMEOUT", "x", "no duration"),
        ("CLAWRK_CORS_ORIGINS", "example.com", "is no origin"),
        ("CLAWRK_CONFIG", "/nowhere/clawrk.toml", "cannot be read"),
        ("CLAWRK_LLM", "gpt-5", "names no language model"),
        ("CLAWRK_JWT_SECRET", "too short", "at least 32 are needed"),
        ("CLAWRK_JWT_ISSUER", "me", "set jwt_secret too"),
        ("CLAWRK_JWT_AUDIENCE", "you", "set jwt_secret too"),
        ("CLAWRK_RATE_LIMIT", "0", "from 1 to 1000000, nor `off`"),
        ("STRIPE_SECRET_KEY", "pk_test_x", "publishable"),
        ("STRIPE_SECRET_KEY", "hunter2", "no secret key of Stripe"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_a,,whsec_b", "empty place"),
        ("STRIPE_PRICE_PRO", "price 1", "no id of a price"),
        ("STRIPE_API_BASE", "stripe", "cannot be used"),
        ("APP_URL", "clawrk.example.com/", "cannot be used"),
        ("CLAWRK_PAYOUT_BUDGET", "all", "nor `auto`, `unlimited` or"),
        ("CLAWRK_PAYMENTS_TIMEOUT", "30", "no duration"),
        ("CLAWRK_WEBHOOK_BYTES_MAX", "0", "no size"),
        ("RUST_LOG", "clawrk=loud", "`clawrk=loud` cannot be used"),
    ];
    for (name, value, cause) in cases {
        refused(plain().env(name, value), name, cause);
    }
    let secret = run(plain().env("CLAWRK_STORE", "postgres://u:hunter2@h/d"));
    assert!(!String::from_utf8_lossy(&secret.stderr).contains("hunter2"));
}

#[test]
fn a_flag_that_cannot_be_used_is_named_as_a_flag() {
    refused(plain().args(["--listen", "x"]), "--listen", "is no address");
    refused(plain().args(["--store", "x"]), "--store", "sled:PATH");
    refused(
        plain().args(["--log-format", "x"]),
        "--log-format",
        "text, json",
    );
    refused(
        plain().args(["--config", "/nowhere"]),
        "--config",
        "/nowhere",
    );
    let unknown = run(plain().arg("--lissten"));
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("--listen"));
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clawrk.toml");
    let name = path.to_str().unwrap();
    let cases = [
        (
            "acept_timeout = \"1h\"",
            name.to_owned(),
            "`accept_timeout` meant?",
        ),
        ("admin = 1", name.to_owned(), "these are: listen, store"),
        ("[listen]\nport = 1", name.to_owned(), "`listen` must be"),
        ("listen = ", name.to_owned(), "line 1"),
        (
            "credits = \"maybe\"",
            format!("credits in {name}"),
            "none of on, off, auto",
        ),
        (
            "max_attempts = -1",
            format!("max_attempts in {name}"),
            "no whole number",
        ),
    ];
    for (text, setting, cause) in cases {
        fs::write(&path, text).unwrap();
        refused(plain().arg("--config").arg(&path), &setting, cause);
    }
    fs::write(&path, [0xff, 0xfe]).unwrap();
    refused(
        plain().arg("--config").arg(&path),
        "--config",
        "cannot be read",
    );
}

#[test]
fn a_port_in_use_and_a_folder_in_use_are_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    refused(plain().args(["--listen", &address]), "--listen", &address);

    let folder = tempfile::tempdir().unwrap();
    let server = Server::in_folder(folder.path());
    let store = format!("sled:{}", folder.path().display());
    let by = format!("is in use by process {}", server.id());
    refused(plain().args(["--store", &store]), "--store", &by);
    refused(plain().args(["--store", &store, "--check"]), "--store", &by);
}

#[tokio::test]
async fn a_damaged_store_is_not_served() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::in_folder(folder.path());
    server.user(&Client::new(), "alice").await;
    server.kill();
    let store = format!("sled:{}", folder.path().display());
    let db = folder.path().join("db");
    let mut bytes = fs::read(&db).unwrap();
    let middle = bytes.len() / 2;
    for byte in &mut bytes[middle..] {
        *byte ^= 0x55;
    }
    fs::write(&db, bytes).unwrap();
    refused(plain().args(["--store", &store]), "--store", "damaged");
    fs::remove_file(&db).unwrap();
    refused(plain().args(["--store", &store]), "--store", "damaged");
}

/// What a full disk does, by another limit: no file may grow.
#[test]
fn a_disk_without_room_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "trap '' XFSZ; ulimit -f 0; exec {} --store sled:{}",
        command().get_program().display(),
        folder.path().display()
    );
    let mut limited = Command::new("sh");
    limited.env_clear().args(["-c", &script]);
    let folder = folder.path().display().to_string();
    refused(&mut limited, "--store", &folder);
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn the_admin_key_is_made_once_kept_and_shown_once() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let mut command = command();
        command
            .arg("--store")
            .arg(format!("sled:{}", folder.path().display()));
        Server::start(command)
    };
    let first = start();
    let path = folder.path().join("admin.key");
    let key = fs::read_to_string(&path).unwrap().trim().to_owned();
    assert_eq!(mode(&path), 0o600);
    assert!(key.len() >= 40, "{key}");
    assert!(first.said.iter().any(|line| line.contains(&key)));
    let client = Client::new();
    let users = first.url("/api/admin/users");
    assert_eq!(client.post(&key, &users, "").await.status, 201);
    first.kill();

    let second = start();
    assert!(second.said.iter().all(|line| !line.contains(&key)));
    assert!(second.said.iter().any(|line| line.contains("admin.key")));
    let users = second.url("/api/admin/users");
    assert_eq!(client.post(&key, &users, "").await.status, 201);
    second.kill();

    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let third = start();
    assert!(third.said.iter().any(|line| line.contains("chmod 600")));
    third.kill();
}

#[test]
fn an_admin_key_that_cannot_be_used_is_named_by_a_check_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("admin.key");
    let store = format!("sled:{}", folder.path().display());
    for key in [&b" \n"[..], b"two words", b"\xff\xfe"] {
        fs::write(&path, key).unwrap();
        for check in [&[][..], &["--check"]] {
            let mut command = plain();
            command.args(["--store", &store]).args(check);
            refused(&mut command, "admin_key", "holds no key");
        }
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let mut command = plain();
    command.args(["--store", &store]);
    refused(&mut command, "admin_key", "cannot be read; mend that");
}

#[tokio::test]
async fn a_key_set_by_hand_opens_the_server_to_others_and_is_not_shown() {
    let mut command = command();
    command.args(["--store", "memory:", "--listen", "0.0.0.0:0"]);
    command.env("CLAWRK_ADMIN_KEY", ADMIN);
    let server = Server::start(command);
    assert!(server.said.iter().all(|line| !line.contains(ADMIN)));
    let url = format!("http://127.0.0.1:{}/api/admin/users", server.address.port());
    assert_eq!(Client::new().post(ADMIN, &url, "").await.status, 201);
}

#[tokio::test]
async fn settings_reach_what_they_set() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clawrk.toml");
    fs::write(
        &path,
        "credits = true\nprompt_bytes_max = 10\njson_depth_max = 2",
    )
    .unwrap();
    let mut command = command();
    command.args(["--store", "memory:", "--config"]).arg(&path);
    command
        .env("CLAWRK_ADMIN_KEY", ADMIN)
        .env("CLAWRK_BODY_BYTES_MAX", "100");
    let server = Server::start(command);
    assert!(
        server.said.contains(&"credits: on".to_owned()),
        "{:?}",
        server.said
    );
    let client = Client::new();
    let alice = server.user(&client, "alice").await;
    let jobs = server.url("/api/jobs");
    let post = async |body: &str| client.post(&alice, &jobs, body).await.status;
    assert_eq!(post(r#"{"prompt": "Anything"}"#).await, 402);
    assert_eq!(post(r#"{"prompt": "Something longer"}"#).await, 413);
    assert_eq!(post(r#"{"prompt": "x", "a": [[]]}"#).await, 413);
    assert_eq!(
        post(&format!(r#"{{"prompt": "x"{}}}"#, " ".repeat(100))).await,
        413
    );
}

#[test]
fn a_check_says_everything_and_serves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sled:{}", folder.path().join("new").display());
    let mut command = plain();
    command.args(["--check", "--store", &store]);
    let output = run(command
        .env("CLAWRK_ADMIN_KEY", ADMIN)
        .env("CLAWRK_CREDITS", "on"));
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stdout).unwrap();
    for line in [
        "listen = 127.0.0.1:0  [CLAWRK_LISTEN]",
        "admin_key = (set)  [CLAWRK_ADMIN_KEY]",
        "credits = on  [CLAWRK_CREDITS]",
        "accept_timeout = auto  [default]",
        "idempotency_retention = 30d  [default]",
        "can be used",
    ] {
        assert!(said.contains(line), "{line:?} is missing in\n{said}");
    }
    assert!(!said.contains(ADMIN) && !said.contains("listening"));
    assert!(!folder.path().join("new/admin.key").exists());
}

#[test]
fn the_log_can_be_json_and_names_stray_variables() {
    let mut command = plain();
    command.args(["--check", "--log-format", "json"]);
    let output = run(command.env("CLAWRK_ACEPT_TIMEOUT", "1h"));
    assert_eq!(output.status.code(), Some(0));
    let log = String::from_utf8(output.stderr).unwrap();
    let line: serde_json::Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    assert_eq!(line["level"], "WARN");
    let said = line["fields"]["message"].as_str().unwrap();
    assert!(said.contains("is CLAWRK_ACCEPT_TIMEOUT meant?"), "{said}");
    let quiet = run(plain()
        .arg("--check")
        .env("RUST_LOG", "off")
        .env("CLAWRK_X", "1"));
    assert_eq!(quiet.stderr, b"");
}
