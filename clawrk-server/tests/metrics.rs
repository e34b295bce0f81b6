//! What `/metrics` says after a little of everything.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use support::{ADMIN, Client, Server};

/// The samples of a scrape, by name and labels as they are written.
struct Scrape {
    samples: BTreeMap<String, f64>,
    families: BTreeSet<String>,
    text: String,
}

impl Scrape {
    async fn of(server: &Server, client: &Client) -> Scrape {
        let answer = client.try_get(&server.url("/metrics")).await.unwrap();
        assert_eq!(answer.status, 200);
        let text = answer.text();
        let lines = text.lines().filter(|line| !line.is_empty());
        let (comments, samples): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with('#'));
        let samples = samples.iter().map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        });
        let families = |word: &str| -> BTreeSet<String> {
            let words = comments.iter().filter_map(|line| line.strip_prefix(word));
            words
                .map(|rest| rest.split(' ').nth(1).unwrap().to_owned())
                .collect()
        };
        assert_eq!(families("# HELP"), families("# TYPE"));
        Scrape {
            samples: samples.collect(),
            families: families("# TYPE"),
            text: text.clone(),
        }
    }

    #[track_caller]
    fn is(&self, sample: &str, value: f64) {
        assert_eq!(
            self.samples.get(sample),
            Some(&value),
            "{sample}:\n{}",
            self.text
        );
    }

    #[track_caller]
    fn at_least(&self, sample: &str, value: f64) {
        let found = self.samples.get(sample);
        assert!(
            found.is_some_and(|found| *found >= value),
            "{sample}:\n{}",
            self.text
        );
    }
}

#[tokio::test]
async fn what_happens_is_counted_and_nothing_else_is_a_label() {
    let folder = tempfile::tempdir().unwrap();
    let (server, client) = (Server::in_folder(folder.path()), Client::new());
    let alice = server.user(&client, "alice").await;
    let jobs = server.url("/api/jobs");
    let mut ids = Vec::new();
    for _ in 0..3 {
        let made = client
            .post(&alice, &jobs, r#"{"prompt": "Anything"}"#)
            .await;
        ids.push(made.json()["id"].as_str().unwrap().to_owned());
    }
    let url = |verb: &str| format!("{jobs}/{}{verb}", ids[0]);
    assert_eq!(client.post(&alice, &url("/accept"), "").await.status, 200);
    assert_eq!(client.post(&alice, &url("/accept"), "").await.status, 400);
    assert_eq!(client.get(&alice, &url("")).await.status, 200);
    assert_eq!(client.get("wrong", &url("")).await.status, 401);
    for path in ["/api/nothing", "/nothing-else", "/api/jobs/none/frob"] {
        assert_eq!(client.get(&alice, &server.url(path)).await.status, 404);
    }
    let not_taken = client.post("", &server.url("/metrics"), "").await;
    assert_eq!(
        (not_taken.status, not_taken.json()["code"].clone()),
        (405, "method_not_allowed".into())
    );
    server.raw("FROB /healthz HTTP/1.1\r\nhost: x\r\n\r\n");

    let ticked = r#"clawrk_ticks_total{outcome="done"}"#;
    let scrape = loop {
        let scrape = Scrape::of(&server, &client).await;
        if scrape.samples.contains_key(ticked) {
            break scrape;
        }
    };
    let requests = |labels: &str| format!("clawrk_http_requests_total{{{labels}}}");
    scrape.is(
        &requests(r#"method="POST",route="/api/jobs",status="201""#),
        3.0,
    );
    scrape.is(
        &requests(r#"method="POST",route="/api/jobs/{id}/accept",status="400""#),
        1.0,
    );
    scrape.is(
        &requests(r#"method="GET",route="/api/jobs/{id}",status="401""#),
        1.0,
    );
    scrape.is(&requests(r#"method="GET",route="none",status="404""#), 3.0);
    scrape.is(
        &requests(r#"method="other",route="/healthz",status="405""#),
        1.0,
    );
    let bucket =
        r#"clawrk_http_request_duration_seconds_bucket{method="POST",route="/api/jobs",le="+Inf"}"#;
    scrape.is(bucket, 3.0);
    // This one is on its way.
    scrape.is("clawrk_http_requests_in_flight", 1.0);
    scrape.is("clawrk_http_event_streams_open", 0.0);
    scrape.at_least("clawrk_http_connections_open", 1.0);
    scrape.at_least("clawrk_http_connections_total", 2.0);
    scrape.is("clawrk_authentication_failures_total", 1.0);
    scrape.is(
        r#"clawrk_commands_total{command="create",outcome="done"}"#,
        3.0,
    );
    scrape.is(
        r#"clawrk_commands_total{command="accept",outcome="done"}"#,
        1.0,
    );
    scrape.is(
        r#"clawrk_commands_total{command="accept",outcome="wrong_status"}"#,
        1.0,
    );
    scrape.is("clawrk_tick_actions_total", 0.0);
    scrape.is("clawrk_tick_overdue_seconds", 0.0);
    scrape.at_least(r#"clawrk_store_commits_total{outcome="committed"}"#, 5.0);
    scrape.at_least("clawrk_store_group_commits_count", 1.0);
    scrape.at_least("clawrk_store_sync_seconds_count", 1.0);
    scrape.at_least("clawrk_store_written_bytes_total", 1_000.0);
    scrape.is("clawrk_store_queue_commits", 0.0);
    scrape.is(r#"clawrk_jobs{status="queued"}"#, 2.0);
    scrape.is(r#"clawrk_jobs{status="accepted"}"#, 1.0);
    scrape.is(r#"clawrk_jobs{status="verified"}"#, 0.0);
    scrape.is(r#"clawrk_records{kind="job"}"#, 3.0);
    scrape.is(r#"clawrk_payouts{status="owed"}"#, 0.0);
    scrape.at_least("process_start_time_seconds", 1.6e9);

    for secret in [alice.as_str(), ADMIN, "alice", &ids[0], &ids[1], "nothing"] {
        assert!(!scrape.text.contains(secret), "{secret}:\n{}", scrape.text);
    }
    let page = include_str!("../../docs/metrics.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    // What has labels is there once it has happened, and no money and no model is here.
    let elsewhere = [
        "clawrk_model_",
        "clawrk_payments_",
        "clawrk_payout_attempts_",
        "clawrk_outbox_alarms_",
        "clawrk_webhooks_",
    ];
    let listed: BTreeSet<_> = rows
        .map(|row| row.split('`').next().unwrap().to_owned())
        .filter(|name| !elsewhere.iter().any(|begin| name.starts_with(begin)))
        .collect();
    assert_eq!(scrape.families, listed);
}
