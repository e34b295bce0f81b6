//! Lists over HTTP: filters, pages, and queries that ask for what there is not.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::sync::Arc;

use axum::Router;
use clawrk_core::policy::Policy;
use clawrk_testkit::payments::OfflinePayments;
use serde_json::{Value, json};
use support::{ADMIN, App, Odd, request, send};

/// Ten jobs of alice's, of which bob has every second.
async fn app() -> (App, Vec<String>) {
    let app = App::with(Policy::default(), |builder| builder.skill(Odd::default())).await;
    let mut ids = Vec::new();
    for n in 0..10 {
        let skill = if n % 4 == 0 { "odd" } else { "research" };
        let prompt = format!("{skill} {n}");
        ids.push(match n % 2 {
            0 => app.job(&prompt).await,
            _ => app.accepted(&prompt).await,
        });
        app.clock.advance(1);
    }
    (app, ids)
}

fn ids(body: &Value) -> Vec<String> {
    let jobs = body.as_array().unwrap().iter();
    jobs.map(|job| job["id"].as_str().unwrap().to_owned())
        .collect()
}

/// The path that leads to the next page.
fn next(link: Option<&str>) -> Option<String> {
    let link = link?.strip_prefix('<').unwrap();
    Some(link.strip_suffix(">; rel=\"next\"").unwrap().to_owned())
}

/// All that a list holds, page by page, and how many each page had.
async fn walk(app: &App, token: &str, path: &str) -> (Vec<Value>, Vec<usize>) {
    let (mut rows, mut sizes, mut path) = (Vec::new(), Vec::new(), path.to_owned());
    loop {
        let page = app.get(token, &path).await;
        let body = page.is(200).json();
        let items = body.as_array().unwrap();
        sizes.push(items.len());
        rows.extend(items.iter().cloned());
        match next(page.header("link")) {
            Some(next) => path = next,
            None => return (rows, sizes),
        }
    }
}

#[tokio::test]
async fn filters_choose_and_pages_keep_them() {
    let (app, made) = app().await;
    let newest: Vec<String> = made.iter().rev().cloned().collect();
    let taken: Vec<String> = made.iter().skip(1).step_by(2).rev().cloned().collect();
    let (all, sizes) = walk(&app, &app.alice, "/api/jobs?limit=4").await;
    assert_eq!((ids(&json!(all)), sizes), (newest, vec![4, 4, 2]));
    for path in [
        "/api/jobs?status=accepted",
        "/api/jobs?status=accepted&limit=2",
        "/api/jobs?limit=2&status=accepted&role=sender",
    ] {
        let (found, _) = walk(&app, &app.alice, path).await;
        assert_eq!(ids(&json!(found)), taken, "{path}");
    }
    for path in ["/api/jobs?role=receiver", "/api/jobs?role=receiver&limit=1"] {
        let (found, _) = walk(&app, &app.bob, path).await;
        assert_eq!(ids(&json!(found)), taken, "{path}");
    }
    let none = app
        .get(&app.bob, "/api/jobs?role=receiver&status=verified")
        .await;
    assert_eq!(
        (none.is(200).json(), none.header("link")),
        (json!([]), None)
    );
}

#[tokio::test]
async fn the_board_shows_what_can_be_taken_oldest_first() {
    let (app, made) = app().await;
    let queued: Vec<String> = made.iter().step_by(2).cloned().collect();
    for (token, limit) in [(&app.bob, 2), (&app.eve, 100), (&app.alice, 5)] {
        let (found, _) = walk(&app, token, &format!("/api/board?limit={limit}")).await;
        assert_eq!(ids(&json!(found)), queued);
    }
    let odd: Vec<String> = made.iter().step_by(4).cloned().collect();
    let (found, sizes) = walk(&app, &app.eve, "/api/board?skill=odd&limit=2").await;
    assert_eq!((ids(&json!(found)), sizes), (odd, vec![2, 1]));
    let refused = app.get(&app.eve, "/api/board?skill=cook").await;
    let text = refused.refused(400, "invalid_request").text("error");
    assert!(text.contains("`research`, `odd`"), "{text}");
}

#[tokio::test]
async fn links_hold_below_a_prefix_and_take_any_name_of_a_skill() {
    let (app, _) = app().await;
    let nested = Router::new().nest("/x", app.router.clone());
    let path = "/x/api/jobs?limit=3&unknown=1&status=queued";
    let page = send(&nested, request("GET", &app.alice, path, "")).await;
    let link = next(page.is(200).header("link")).unwrap();
    let kept = "/x/api/jobs?status=queued&limit=3&cursor=";
    assert!(link.starts_with(kept), "{link}");
    let page = send(&nested, request("GET", &app.alice, &link, "")).await;
    assert_eq!(page.is(200).json().as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn queries_that_ask_for_what_there_is_not_are_refused_by_name() {
    let (app, _) = app().await;
    let cursor = app.get(&app.alice, "/api/jobs?limit=1").await;
    let cursor = next(cursor.header("link")).unwrap();
    let cursor = cursor.split_once("cursor=").unwrap().1.to_owned();
    let lists = [
        "/api/jobs",
        "/api/board",
        "/api/credits/ledger",
        "/api/payouts",
    ];
    let limits = [
        "0",
        "-1",
        "101",
        "1e9",
        "abc",
        "",
        "1.5",
        "%2B5",
        "99999999999999999999",
    ];
    let refused = async |path: &str, name: &str| {
        let answer = app.get(&app.alice, path).await;
        let text = answer.refused(400, "invalid_request").text("error");
        assert!(text.contains(&format!("`{name}`")), "{path}: {text}");
    };
    for list in lists {
        for limit in limits {
            refused(&format!("{list}?limit={limit}"), "limit").await;
        }
        for forged in ["", "00", "zz", "%00", "%ff", "..", &cursor[1..]] {
            refused(&format!("{list}?cursor={forged}"), "cursor").await;
        }
        refused(&format!("{list}?limit=1&limit=1"), "limit").await;
        refused(&format!("{list}?cursor=a&limit=1&cursor=a"), "cursor").await;
        if list != "/api/jobs" {
            refused(&format!("{list}?cursor={cursor}"), "cursor").await;
        }
        let ignored = format!("{list}?page=2&sort=up&&=&statuses=x&Limit=0");
        app.get(&app.alice, &ignored).await.is(200);
    }
    let bobs = app
        .get(&app.bob, &format!("/api/jobs?cursor={cursor}"))
        .await;
    bobs.refused(400, "invalid_request");
    let received = format!("/api/jobs?role=receiver&cursor={cursor}");
    refused(&received, "cursor").await;
    for status in ["foo", "", "Queued", "queued,accepted", "%00"] {
        refused(&format!("/api/jobs?status={status}"), "status").await;
    }
    refused("/api/jobs?status=queued&status=queued", "status").await;
    for role in ["x", "", "SENDER", "admin"] {
        refused(&format!("/api/jobs?role={role}"), "role").await;
    }
    for skill in ["", "nope", "%ff"] {
        refused(&format!("/api/board?skill={skill}"), "skill").await;
    }
    let unknown = app.get("nobody", "/api/jobs?limit=0").await;
    unknown.refused(401, "authentication_required");
    app.get(ADMIN, "/api/board").await.refused(403, "user_only");
}

#[tokio::test]
async fn the_ledger_and_payouts_are_ones_own_newest_first() {
    let mut policy = Policy::default();
    policy.credits = true;
    let payments = Arc::new(OfflinePayments);
    let app = App::with(policy, |builder| builder.payments(payments)).await;
    let grant = r#"{"delta": 50, "reason": "gift"}"#;
    app.post(ADMIN, "/api/admin/users/alice/credits", grant)
        .await
        .is(200);
    let mut made = Vec::new();
    for n in 0..3 {
        let id = app.accepted(&format!("Job {n}")).await;
        let at = format!("/api/jobs/{id}");
        app.post(&app.bob, &format!("{at}/submit"), "")
            .await
            .is(200);
        app.post(&app.alice, &format!("{at}/verify"), "")
            .await
            .is(200);
        app.clock.advance(1);
        made.insert(0, id);
    }
    let (entries, sizes) = walk(&app, &app.alice, "/api/credits/ledger?limit=2").await;
    assert_eq!(sizes, [2, 2]);
    assert_eq!(
        entries[0],
        json!({
            "id": 4, "delta": -2, "balance": 44, "reason": format!("job:{}", made[0]),
            "created_at": "2025-01-01T00:00:00.002Z",
        })
    );
    assert_eq!(entries[3]["reason"], "admin:gift");
    let (none, _) = walk(&app, &app.eve, "/api/credits/ledger").await;
    assert_eq!(none, Vec::<Value>::new());

    let (payouts, sizes) = walk(&app, &app.bob, "/api/payouts?limit=1").await;
    assert_eq!(sizes, [1, 1, 1]);
    let jobs: Vec<_> = payouts.iter().map(|payout| &payout["job"]).collect();
    assert_eq!(json!(jobs), json!(made));
    let mut payout = payouts[0].clone();
    assert!(payout["id"].take().is_string());
    assert_eq!(
        payout,
        json!({
            "id": null, "job": made[0], "amount_cents": 100, "currency": "usd", "status": "owed",
            "transfer": null, "created_at": "2025-01-01T00:00:00.002Z",
        })
    );
    let (none, _) = walk(&app, &app.alice, "/api/payouts").await;
    assert_eq!(none, Vec::<Value>::new());
}

#[tokio::test]
async fn skills_say_what_they_do_and_cost() {
    let (app, _) = app().await;
    let skills = app.get(&app.eve, "/api/skills").await.is(200).json();
    assert_eq!(skills[0]["name"], "research");
    assert_eq!(skills[0]["credit_cost"], 2);
    let odd = json!({
        "name": "odd", "description": "Does what a skill should not.", "credit_cost": 1,
    });
    assert_eq!(skills[1], odd);
    app.get("", "/api/skills")
        .await
        .refused(401, "authentication_required");
}

#[tokio::test]
async fn a_history_is_shown_to_those_who_may_see_the_job() {
    let app = App::new().await;
    let id = app.accepted("Anything").await;
    let path = format!("/api/jobs/{id}/events");
    let history = app.get(&app.alice, &path).await;
    let event = |seq, kind, actor| {
        json!({
            "seq": seq, "type": kind, "actor": actor, "at": "2025-01-01T00:00:00.000Z",
            "attempt": seq - 1,
        })
    };
    let expected = [
        event(1, "created", "user:alice"),
        event(2, "accepted", "user:bob"),
    ];
    assert_eq!(history.is(200).json(), json!(expected));
    let behind = app.get(&app.bob, &format!("{path}?after=1")).await;
    assert_eq!(behind.is(200).json(), json!([expected[1]]));
    for after in ["2", "3", "18446744073709551615"] {
        let none = app.get(&app.bob, &format!("{path}?after={after}")).await;
        assert_eq!(none.is(200).json(), json!([]), "{after}");
    }
    for after in ["-1", "x", "", "18446744073709551616", "1&after=1"] {
        let refused = app.get(&app.bob, &format!("{path}?after={after}")).await;
        refused.refused(400, "invalid_request");
    }
    let foreign = app.get(&app.eve, &path).await;
    foreign.refused(404, "job_not_found");
    for absent in ["none", "%ff", &"0".repeat(26)] {
        let absent = app
            .get(&app.eve, &format!("/api/jobs/{absent}/events"))
            .await;
        assert_eq!(absent.body, foreign.body);
    }
}

#[tokio::test]
async fn a_long_history_goes_on_behind_a_link() {
    let app = App::new().await;
    let id = app.job("Anything").await;
    for _ in 0..600 {
        for verb in ["accept", "release"] {
            let path = format!("/api/jobs/{id}/{verb}");
            app.post(&app.bob, &path, "").await.is(200);
        }
    }
    let (events, sizes) = walk(&app, &app.alice, &format!("/api/jobs/{id}/events")).await;
    assert_eq!(sizes, [1_000, 201]);
    let seqs: Vec<_> = events.iter().map(|event| &event["seq"]).collect();
    assert_eq!(json!(seqs), json!((1..=1_201).collect::<Vec<_>>()));
}
