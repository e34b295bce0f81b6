//! The life of a job over HTTP, and who sees what of it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::sync::Arc;

use clawrk_core::policy::{Policy, Visibility};
use serde_json::{Value, json};
use support::{App, Odd, request};
use tokio::sync::Notify;

/// The names of an object's members, in the order in which they were sent.
fn members(body: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(body).unwrap();
    let value: Value = serde_json::from_str(text).unwrap();
    let mut names: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
    names.sort_by_key(|name| text.find(&format!("\"{name}\":")));
    names
}

const MEMBERS: [&str; 13] = [
    "id",
    "status",
    "prompt",
    "title",
    "intent",
    "skill",
    "criteria",
    "sender",
    "receiver",
    "output",
    "verification",
    "created_at",
    "updated_at",
];

#[tokio::test]
async fn a_job_goes_from_queued_to_verified() {
    let app = App::new().await;
    let body = r#"{"prompt": "Sum up RFC 9110", "unknown": [1]}"#;
    let made = app.post(&app.alice, "/api/jobs", body).await;
    made.is(201);
    assert_eq!(made.header("content-type"), Some("application/json"));
    assert_eq!(members(&made.body), MEMBERS);
    let job = made.json();
    assert_eq!(job["status"], "queued");
    assert_eq!(job["prompt"], "Sum up RFC 9110");
    assert_eq!(job["sender"], "alice");
    assert_eq!(job["receiver"], Value::Null);
    assert_eq!(job["output"], Value::Null);
    assert_eq!(job["verification"], Value::Null);
    assert_eq!(job["created_at"], "2025-01-01T00:00:00.000Z");
    let at = format!("/api/jobs/{}", made.text("id"));

    let too_early = app.post(&app.bob, &format!("{at}/submit"), "").await;
    too_early.refused(400, "wrong_status");
    let taken = app.post(&app.bob, &format!("{at}/accept"), "").await;
    assert_eq!(taken.is(200).text("status"), "accepted");
    assert_eq!(taken.text("receiver"), "bob");
    let late = app.post(&app.eve, &format!("{at}/accept"), "{}").await;
    late.refused(400, "wrong_status");
    let foreign = app.post(&app.eve, &format!("{at}/submit"), "{}").await;
    foreign.refused(403, "not_receiver");
    let made = app.post(&app.bob, &format!("{at}/submit"), "{}").await;
    assert_eq!(made.is(200).text("status"), "submitted");
    assert!(made.text("output").len() > 20);
    let foreign = app.post(&app.bob, &format!("{at}/verify"), "").await;
    foreign.refused(403, "not_sender");
    let done = app.post(&app.alice, &format!("{at}/verify"), "").await;
    assert_eq!(done.is(200).text("status"), "verified");
    assert_eq!(members(&done.body), MEMBERS);
    let verification = &done.json()["verification"];
    assert_eq!(verification["passed"], true);
    assert!(verification["reasoning"].is_string() && verification["scores"].is_object());
    assert_eq!(app.get(&app.bob, &at).await.body, done.body);
}

#[tokio::test]
async fn output_absent_null_or_empty_has_the_skill_run() {
    let app = App::new().await;
    for body in ["", " ", "{}", r#"{"output": null}"#, r#"{"output": ""}"#] {
        let id = app.accepted("Anything").await;
        let path = format!("/api/jobs/{id}/submit");
        let answer = app.post(&app.bob, &path, body).await;
        assert!(answer.is(200).text("output").contains('#'), "{body:?}");
    }
    let id = app.accepted("Anything").await;
    let path = format!("/api/jobs/{id}/submit");
    let blank = app.post(&app.bob, &path, r#"{"output": " \n"}"#).await;
    blank.refused(400, "invalid_request");
    let short = app
        .post(&app.bob, &path, r#"{"output": "too short"}"#)
        .await;
    short.is(200);
    let path = format!("/api/jobs/{id}/verify");
    let answer = app.post(&app.alice, &path, "").await;
    assert_eq!(answer.is(200).text("status"), "rejected");
}

#[tokio::test]
async fn lists_hold_what_the_caller_sent_newest_first() {
    let app = App::new().await;
    let mut sent = Vec::new();
    for at in 0..5 {
        sent.push(app.accepted(&format!("Job {at}")).await);
        if at % 2 == 0 {
            app.clock.advance(1);
        }
    }
    sent.reverse();
    let list = app.get(&app.alice, "/api/jobs?unknown=1").await;
    assert_eq!(list.is(200).header("link"), None);
    let ids: Vec<_> = list
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|j| j["id"].clone())
        .collect();
    assert_eq!(ids, sent);
    assert_eq!(
        app.get(&app.bob, "/api/jobs").await.is(200).json(),
        json!([])
    );
}

#[tokio::test]
async fn long_lists_go_on_behind_a_link() {
    let app = App::new().await;
    let prompt = "x".repeat(32 << 10);
    for _ in 0..150 {
        app.job(&prompt).await;
    }
    let (mut path, mut pages, mut ids) = ("/api/jobs".to_owned(), Vec::new(), Vec::new());
    loop {
        let page = app.get(&app.alice, &path).await;
        let jobs = page.is(200).json();
        let jobs = jobs.as_array().unwrap().clone();
        pages.push(jobs.len());
        ids.extend(
            jobs.iter()
                .map(|job| job["id"].as_str().unwrap().to_owned()),
        );
        let Some(link) = page.header("link") else {
            break;
        };
        let next = link
            .strip_prefix('<')
            .and_then(|link| link.strip_suffix(">; rel=\"next\""));
        path = next.unwrap().to_owned();
        assert!(path.starts_with("/api/jobs?cursor="), "{path}");
    }
    assert_eq!((pages.len(), ids.len()), (2, 150), "{pages:?}");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 150);
    for cursor in ["", "zz", "1", "%ff"] {
        let page = app
            .get(&app.alice, &format!("/api/jobs?cursor={cursor}"))
            .await;
        page.refused(400, "invalid_request");
    }
}

#[tokio::test]
async fn what_a_stranger_may_not_see_does_not_exist() {
    let app = App::new().await;
    let id = app.job("Anything").await;
    let at = format!("/api/jobs/{id}");
    app.get(&app.eve, &at).await.is(200);
    app.post(&app.bob, &format!("{at}/accept"), "")
        .await
        .is(200);
    let hidden = app.get(&app.eve, &at).await;
    let unknown = app
        .get(&app.eve, "/api/jobs/00000000000000000000000001")
        .await;
    let malformed = app.get(&app.eve, "/api/jobs/none").await;
    assert_eq!(hidden.refused(404, "job_not_found"), &unknown);
    assert_eq!(hidden, malformed);
    app.get(&app.alice, &at).await.is(200);
    app.get(&app.bob, &at).await.is(200);

    let mut policy = Policy::default();
    policy.visibility = Visibility::Everyone;
    let app = App::with(policy, |builder| builder).await;
    let id = app.accepted("Anything").await;
    app.get(&app.eve, &format!("/api/jobs/{id}")).await.is(200);
}

#[tokio::test]
async fn a_job_can_be_cancelled_and_given_up() {
    let app = App::new().await;
    let at = format!("/api/jobs/{}", app.job("Anything").await);
    app.post(&app.bob, &format!("{at}/cancel"), "")
        .await
        .refused(403, "not_sender");
    app.post(&app.bob, &format!("{at}/accept"), "")
        .await
        .is(200);
    app.post(&app.alice, &format!("{at}/cancel"), "")
        .await
        .refused(400, "wrong_status");
    app.post(&app.eve, &format!("{at}/release"), "")
        .await
        .refused(403, "not_receiver");
    let released = app.post(&app.bob, &format!("{at}/release"), "").await;
    assert_eq!(released.is(200).text("status"), "queued");
    assert_eq!(released.json()["receiver"], Value::Null);
    let cancelled = app.post(&app.alice, &format!("{at}/cancel"), "").await;
    assert_eq!(cancelled.is(200).text("status"), "cancelled");
}

#[tokio::test]
async fn a_skill_that_fails_leaves_the_job_accepted_and_tells_nothing() {
    let app = App::with(Policy::default(), |b| b.skill(Odd::default())).await;
    for prompt in ["odd: fail", "odd: panic"] {
        let id = app.accepted(prompt).await;
        let answer = app
            .post(&app.bob, &format!("/api/jobs/{id}/submit"), "")
            .await;
        answer.refused(502, "skill_failed");
        assert!(!answer.text("error").contains("secret"));
        let job = app.get(&app.bob, &format!("/api/jobs/{id}")).await;
        assert_eq!(job.text("status"), "accepted");
    }
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_no_half_effect() {
    let (started, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let odd = Odd {
        started: started.clone(),
        go: go.clone(),
    };
    let app = App::with(Policy::default(), |builder| builder.skill(odd)).await;
    let id = app.accepted("odd: wait").await;
    let path = format!("/api/jobs/{id}/submit");
    let first = app.send(request("POST", &app.bob, &path, ""));
    tokio::select! {
        _ = first => panic!("the skill was not let go"),
        () = started.notified() => {}
    }
    // The first client is gone now; its command is not.
    let second = app.post(&app.bob, &path, "").await;
    second.refused(400, "skill_running");
    go.notify_one();
    let job = loop {
        let job = app.get(&app.bob, &format!("/api/jobs/{id}")).await;
        if job.text("status") != "in_progress" {
            break job;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(job.text("status"), "submitted");
    assert_eq!(job.text("output"), "what the odd skill made at last");
}

#[tokio::test]
async fn output_handed_in_wins_over_a_running_skill() {
    let (started, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let odd = Odd {
        started: started.clone(),
        go: go.clone(),
    };
    let app = App::with(Policy::default(), |builder| builder.skill(odd)).await;
    let id = app.accepted("odd: wait").await;
    let path = format!("/api/jobs/{id}/submit");
    let by_hand = async {
        started.notified().await;
        let answer = app
            .post(&app.bob, &path, r#"{"output": "made by hand"}"#)
            .await;
        go.notify_one();
        answer
    };
    let (by_skill, by_hand) = tokio::join!(app.post(&app.bob, &path, ""), by_hand);
    assert_eq!(by_hand.is(200).text("output"), "made by hand");
    by_skill.refused(400, "wrong_status");
}

#[tokio::test]
async fn of_many_who_accept_one_wins() {
    let app = App::new().await;
    let id = app.job("Anything").await;
    let path = format!("/api/jobs/{id}/accept");
    let tries: Vec<_> = (0..20)
        .map(|at| {
            let token = if at % 2 == 0 { &app.bob } else { &app.eve };
            let sent = request("POST", token, &path, "");
            let router = app.router.clone();
            tokio::spawn(async move { support::send(&router, sent).await })
        })
        .collect();
    let mut won = 0;
    for tried in tries {
        let answer = tried.await.unwrap();
        if answer.status == 200 {
            won += 1;
        } else {
            answer.refused(400, "wrong_status");
        }
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn users_see_themselves_only() {
    let app = App::new().await;
    let me = app.get(&app.alice, "/api/users/alice").await;
    me.is(200);
    let account = concat!(
        r#"{"id":"alice","credits":0,"stripe_customer_id":null,"stripe_account_id":null,"#,
        r#""stripe_account_status":null,"created_at":"2025-01-01T00:00:00.000Z"}"#
    );
    assert_eq!(String::from_utf8_lossy(&me.body), account);
    app.get(&app.alice, "/api/users/bob")
        .await
        .refused(403, "not_yourself");
    app.get(&app.alice, "/api/users/nobody")
        .await
        .refused(403, "not_yourself");
    let who = app.post(&app.bob, "/api/whoami", "").await;
    assert_eq!(
        String::from_utf8_lossy(&who.is(200).body),
        r#"{"user":{"id":"bob","credits":0}}"#
    );
}
