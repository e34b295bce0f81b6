//! Pages of lists, asked for with limits and cursors of any kind.

use std::sync::Arc;

use clawrk_core::engine::{JobFilter, PageRequest};
use clawrk_core::id::UserId;
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::{Call, Engine, Error};

use crate::support::{ManualClock, rich, with_credits};

const JOBS: usize = 7;

async fn exchange() -> (Engine, Arc<MemoryStore>, UserId) {
    let store = Arc::new(MemoryStore::new());
    let engine = Engine::builder(store.clone(), ManualClock::new())
        .policy(with_credits())
        .build();
    let alice = rich(&engine, "alice", 100).await;
    for n in 0..JOBS {
        let made = engine.create_job(&alice, &format!("Job {n}")).await;
        made.unwrap();
    }
    (engine, store, alice)
}

fn page(after: Option<String>, rows: usize, bytes: usize) -> PageRequest {
    let mut page = PageRequest::first();
    (page.after, page.rows, page.bytes) = (after, rows, bytes);
    page
}

/// The prompts of all jobs, page by page, and how many pages that were.
async fn walk(engine: &Engine, alice: &UserId, rows: usize, bytes: usize) -> (Vec<String>, usize) {
    let (mut prompts, mut pages, mut after) = (Vec::new(), 0, None);
    loop {
        let found = engine
            .jobs(alice, &JobFilter::sent(), &page(after, rows, bytes))
            .await
            .unwrap();
        assert!(!found.items.is_empty() && found.items.len() <= rows.max(1));
        prompts.extend(found.items.into_iter().map(|job| job.prompt));
        pages += 1;
        after = found.next;
        if after.is_none() {
            return (prompts, pages);
        }
    }
}

#[test]
fn pages_of_any_size_show_each_job_once() {
    pollster::block_on(async {
        let (engine, _, alice) = exchange().await;
        let all: Vec<_> = (0..JOBS).rev().map(|n| format!("Job {n}")).collect();
        for rows in 0..=JOBS + 1 {
            let pages = JOBS.div_ceil(rows.max(1));
            assert_eq!(
                walk(&engine, &alice, rows, usize::MAX).await,
                (all.clone(), pages)
            );
        }
        let whole = (all.clone(), 1);
        assert_eq!(walk(&engine, &alice, usize::MAX, usize::MAX).await, whole);
        assert_eq!(walk(&engine, &alice, usize::MAX, 0).await, (all, JOBS));
    });
}

/// The code of what is refused.
fn refused<T>(answer: Result<T, Error>) -> &'static str {
    let error = answer.map(drop).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("begin again without one"), "{text}");
    error.code().as_str()
}

/// Each list's cursor behind its first row, with who asks and what the list is.
async fn cursors(engine: &Engine, user: &UserId) -> Vec<(&'static str, String)> {
    let first = page(None, 1, usize::MAX);
    let jobs = engine
        .jobs(user, &JobFilter::sent(), &first)
        .await
        .unwrap()
        .next;
    let ledger = engine.ledger(user, &first).await.unwrap().next;
    let users = engine.users(Call::by_admin(), &first).await.unwrap().next;
    let all = [("jobs", jobs), ("ledger", ledger), ("users", users)];
    all.map(|(list, cursor)| (list, cursor.unwrap())).into()
}

/// The code with which a list refuses a cursor; none where it goes on behind it.
async fn ask(engine: &Engine, user: &UserId, list: &str, cursor: &str) -> Option<&'static str> {
    let page = page(Some(cursor.to_owned()), 10, usize::MAX);
    let answer = match list {
        "jobs" => engine.jobs(user, &JobFilter::sent(), &page).await.map(drop),
        "ledger" => engine.ledger(user, &page).await.map(drop),
        _ => engine.users(Call::by_admin(), &page).await.map(drop),
    };
    answer.is_err().then(|| refused(answer))
}

#[test]
fn a_cursor_leads_on_in_its_own_list_of_its_own_user_and_exchange_alone() {
    pollster::block_on(async {
        let (engine, store, alice) = exchange().await;
        let bob = rich(&engine, "bob", 10).await;
        for n in 0..2 {
            let made = engine.create_job(&bob, &format!("Job {n}")).await;
            made.unwrap();
        }
        let again = Engine::builder(store, ManualClock::new()).build();
        let (other, _, _) = exchange().await;
        rich(&other, "bob", 10).await;
        for (list, cursor) in cursors(&engine, &alice).await {
            assert_eq!(ask(&engine, &alice, list, &cursor).await, None);
            assert_eq!(ask(&again, &alice, list, &cursor).await, None, "restarted");
            let anybodys = list == "users";
            let bobs = ask(&engine, &bob, list, &cursor).await;
            assert_eq!(bobs.is_none(), anybodys, "{list}");
            let elsewhere = ask(&other, &alice, list, &cursor).await;
            assert_eq!(
                elsewhere,
                Some("invalid_request"),
                "no cursor was given out"
            );
            for wrong in ["jobs", "ledger", "users"] {
                let answer = ask(&engine, &alice, wrong, &cursor).await;
                assert_eq!(answer.is_none(), wrong == list, "{list} in {wrong}");
            }
        }
        // Now the other exchange has a secret too, and it is another one.
        cursors(&other, &alice).await;
        for (list, cursor) in cursors(&engine, &alice).await {
            let elsewhere = ask(&other, &alice, list, &cursor).await;
            assert_eq!(elsewhere, Some("invalid_request"));
        }
    });
}

#[test]
fn a_cursor_that_was_not_given_out_is_refused() {
    pollster::block_on(async {
        let (engine, _, alice) = exchange().await;
        rich(&engine, "bob", 10).await;
        for (list, cursor) in cursors(&engine, &alice).await {
            for at in 0..cursor.len() {
                let mut flipped = cursor.clone();
                let digit = if cursor.as_bytes()[at] == b'0' {
                    "1"
                } else {
                    "0"
                };
                flipped.replace_range(at..=at, digit);
                for forged in [&flipped, &cursor[..at], &cursor[at + 1..]] {
                    let answer = ask(&engine, &alice, list, forged).await;
                    assert_eq!(answer, Some("invalid_request"), "{forged}");
                }
            }
            let longer = [format!("{cursor}00"), format!("00{cursor}")];
            let other = ["", "0", "00", "xyz", "+f", "é0", "0\0"].map(str::to_owned);
            let rest = [cursor.to_uppercase(), "ff".repeat(50_000)];
            for forged in longer.into_iter().chain(other).chain(rest) {
                let answer = ask(&engine, &alice, list, &forged).await;
                assert_eq!(answer, Some("invalid_request"), "{forged}");
            }
        }
    });
}
