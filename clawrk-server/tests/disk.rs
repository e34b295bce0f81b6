//! The disk of a server fails while clients write: it says so, ends itself, and has kept whatever
//! it acknowledged.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it skips"
)]

#[path = "../../clawrk-store-sled/tests/faults/shim.rs"]
mod shim;
mod support;

use std::collections::BTreeSet;

use serde_json::Value;
use shim::Fault;
use support::{ADMIN, Client, Server, command};

/// Far enough for the server to have started, and for some writes to have passed.
const NTH: usize = 120;
const JOBS_MAX: usize = 1_000;

#[tokio::test]
async fn a_server_whose_disk_fails_says_so_and_keeps_what_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let Some(shim) = shim::make(folder.path()) else {
        return;
    };
    for (call, how) in [("sync", "eio"), ("write", "enospc")] {
        let store = folder.path().join(call);
        let fault = Fault { call, how };
        let mut failing = command();
        failing
            .arg("--store")
            .arg(format!("sled:{}", store.display()))
            .env("CLAWRK_ADMIN_KEY", ADMIN);
        shim::fail(&mut failing, &shim, &store, fault, NTH);
        let mut server = Server::start(failing);
        let client = Client::new();
        let alice = server.user(&client, "alice").await;
        let jobs = server.url("/api/jobs");
        let mut acknowledged = BTreeSet::new();
        let refused = loop {
            assert!(acknowledged.len() < JOBS_MAX, "the fault never came");
            let made = client
                .post(&alice, &jobs, r#"{"prompt": "Anything"}"#)
                .await;
            if made.status != 201 {
                break made;
            }
            acknowledged.insert(made.json()["id"].as_str().unwrap().to_owned());
        };
        assert_eq!(refused.status, 503, "{}", refused.text());
        // It may have ended by now.
        if let Some(ready) = client.try_get(&server.url("/readyz")).await {
            assert_eq!(ready.status, 503, "{}", ready.text());
        }
        assert_eq!(server.ended().code(), Some(1), "{call} {how}");
        assert!(!acknowledged.is_empty());

        let server = Server::in_folder(&store);
        let all = client.get(&alice, &server.url("/api/jobs")).await.json();
        let there: BTreeSet<String> = all
            .as_array()
            .unwrap()
            .iter()
            .map(|job| job["id"].as_str().unwrap().to_owned())
            .collect();
        assert!(acknowledged.is_subset(&there), "{call} {how}");
        // The one that was in doubt.
        assert!(there.len() <= acknowledged.len() + 1);
        let audit = client.get(ADMIN, &server.url("/api/admin/audit")).await;
        assert_eq!(audit.json()["ok"], Value::Bool(true), "{}", audit.text());
    }
}
