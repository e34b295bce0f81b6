//! Money from a card to a receiver's account: the real server, with Stripe's books behind HTTP, and
//! killed wherever it hurts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod exchange;
mod start;
mod story;

use std::time::Duration;

use clawrk_testkit::books::{Fault, Method, Target};
use tokio::task::{JoinSet, LocalSet};

use story::Story;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_pays_for_credits_and_a_job_pays_its_receiver() {
    let story = Story::begin().await;
    for step in 0..Story::STEPS {
        story.step(step).await;
    }
    story.is_over().await;
    let scrape = story.exchange.scrape().await;
    for line in [
        r#"clawrk_payments_calls_total{call="send_transfer",outcome="done"} 1"#,
        r#"clawrk_payments_calls_total{call="create_checkout",outcome="done"} 1"#,
        r#"clawrk_payments_call_seconds_count{call="send_transfer"} 1"#,
        r#"clawrk_payouts{status="paid"} 1"#,
        "clawrk_outbox_stopped 0",
        "clawrk_invoices_parked 0",
    ] {
        assert!(
            scrape.lines().any(|found| found == line),
            "{line} is not in\n{scrape}"
        );
    }
    assert!(
        scrape.contains(r#"clawrk_webhooks_total{outcome="granted"} 1"#),
        "{scrape}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_after_any_step_goes_on_to_the_same_end() {
    let mut story = Story::begin().await;
    for step in 0..Story::STEPS {
        story.step(step).await;
        story.exchange.kill();
        story.exchange.start();
    }
    story.is_over().await;
}

/// Every request to Stripe that the story makes, by method, path, and the step that makes it.
const REQUESTS: [(Method, &str, usize); 7] = [
    (Method::Post, "/v1/customers", 0),
    (Method::Post, "/v1/checkout/sessions", 0),
    (Method::Post, "/v1/accounts", 2),
    (Method::Post, "/v1/account_links", 2),
    (Method::Get, "/v1/accounts/*", 3),
    (Method::Get, "/v1/transfers", 7),
    (Method::Post, "/v1/transfers", 7),
];

/// The step in which the receiver is paid, by a tick of the server: one comes each second.
const PAYING: usize = 7;

/// Killed while it waits for Stripe, which has done what it was asked, or has not. A payout that
/// was on its way is left to its lease for a minute, so this takes more than one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_killed_inside_any_request_to_stripe_goes_on_to_the_same_end() {
    let stories = LocalSet::new();
    let mut running = JoinSet::new();
    for (method, path, at) in REQUESTS {
        for fault in [Fault::Hangs, Fault::HangsUndone] {
            let target = Target::new(method, path);
            running.spawn_local_on(killed_inside(at, target, fault), &stories);
        }
    }
    stories.await;
    let mut ended = 0;
    while let Some(story) = running.join_next().await {
        story.unwrap();
        ended += 1;
    }
    assert_eq!(ended, REQUESTS.len() * 2);
}

async fn killed_inside(at: usize, target: Target, fault: Fault) {
    let mut story = Story::begin().await;
    for step in 0..Story::STEPS {
        if step == at {
            story
                .killed_inside(step, target.clone(), fault.clone())
                .await;
        }
        story.step(step).await;
    }
    story.is_over().await;
}

/// The same seed kills at the same times, as far as a machine does the same twice.
/// `CLAWRK_MONEY_KILLS` says how often (16).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_at_random_goes_on_to_the_same_end() {
    let kills = std::env::var("CLAWRK_MONEY_KILLS").ok();
    let mut kills: u64 = kills.map_or(16, |text| text.parse().unwrap());
    let (mut inside, mut drawn) = (0, 7_u64);
    while kills > 0 {
        let mut story = Story::begin().await;
        let mut step = 0;
        while step < Story::STEPS {
            if kills == 0 {
                story.step(step).await;
                step += 1;
                continue;
            }
            kills -= 1;
            drawn = drawn
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let longest = if step == PAYING { 2_500_000 } else { 40_000 };
            let wait = Duration::from_micros((drawn >> 33) % longest);
            println!("in step {step}, after {wait:?}, {kills} kills to come");
            match story.killed_after(step, wait).await {
                true => step += 1,
                false => inside += 1,
            }
        }
        story.is_over().await;
    }
    assert!(inside > 0, "no step was broken off");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_copy_of_the_store_is_told_so_and_sends_nothing_by_itself() {
    let mut story = Story::begin().await;
    // As far as the job, but nobody can be paid for it.
    for step in [0, 1, 4, 5, 6] {
        story.step(step).await;
    }
    story.verify().await;
    story.exchange.stop();
    let said = story.exchange.restored();
    assert!(said.starts_with("1 payout is unknown now"), "{said}");
    let said = story.exchange.restored();
    assert!(said.starts_with("no payout waits to be sent"), "{said}");
    story.exchange.start();
    story.step(2).await;
    story.step(3).await;
    let listed = story
        .exchange
        .get(support::ADMIN, "/api/admin/payouts")
        .await;
    assert_eq!(listed[0]["status"], "unknown", "{listed}");
    let id = listed[0]["id"].as_str().unwrap();
    let retry = format!("/api/admin/payouts/{id}/retry");
    let url = story.exchange.url(&retry);
    let refused = story.exchange.client.post(support::ADMIN, &url, "").await;
    assert_eq!(refused.json()["code"], "wrong_status");
    assert_eq!(story.exchange.book(|book| book.transfers().count()), 0);
}
