//! Lists with filters, and the board.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use clawrk_core::Engine;
use clawrk_core::engine::{JobFilter, Jobs, PageRequest};
use clawrk_core::error::Error;
use clawrk_core::id::UserId;
use clawrk_core::job::{Job, Status};
use clawrk_core::skill::{Skill, SkillContext, SkillError};

use crate::counting::Counting;
use crate::support::{GOOD, ManualClock, user};

/// A second skill, for a board on which not all jobs are alike.
#[derive(Debug)]
struct Translate;

#[async_trait]
impl Skill for Translate {
    fn name(&self) -> &str {
        "translate"
    }

    fn description(&self) -> &str {
        "Translates."
    }

    fn credit_cost(&self) -> u32 {
        1
    }

    async fn run(&self, intent: &str, _: &SkillContext) -> Result<String, SkillError> {
        Ok(intent.to_owned())
    }
}

fn exchange() -> (Engine, Arc<Counting>, Arc<ManualClock>) {
    let (store, clock) = (Arc::new(Counting::default()), ManualClock::new());
    let engine = Engine::builder(store.clone(), clock.clone()).skill(Translate);
    (engine.build(), store, clock)
}

/// Takes a new job as far as `n` says, so that there are jobs of every kind.
async fn job(engine: &Engine, n: usize) -> Job {
    let (sender, receiver) = (user(["ann", "bob"][n % 2]), user(["bob", "eve"][n % 3 % 2]));
    let skill = ["research", "translate"][n % 5 % 2];
    let job = engine.create_job(&sender, &format!("{skill} {n}")).await;
    let job = job.unwrap();
    let output = if n.is_multiple_of(4) { "short" } else { GOOD };
    let steps = n % 6;
    if steps == 5 {
        return engine.cancel_job(&sender, &job.id).await.unwrap();
    }
    let mut now = job.clone();
    if steps > 0 {
        now = engine.accept_job(&receiver, &job.id).await.unwrap();
    }
    if steps > 1 {
        now = engine
            .submit_output(&receiver, &job.id, Some(output))
            .await
            .unwrap();
    }
    if steps > 2 {
        now = engine.verify_job(&sender, &job.id).await.unwrap();
    }
    now
}

/// All that a list shows, page by page.
async fn all(rows: usize, ask: impl AsyncFn(&PageRequest) -> Result<Jobs, Error>) -> Vec<Job> {
    let (mut jobs, mut page) = (Vec::new(), PageRequest::first());
    page.rows = rows;
    loop {
        let found = ask(&page).await.unwrap();
        assert!(found.items.len() <= rows);
        jobs.extend(found.items);
        page.after = found.next;
        if page.after.is_none() {
            return jobs;
        }
    }
}

#[test]
fn lists_show_what_their_filters_say_on_pages_of_any_size() {
    pollster::block_on(async {
        let (engine, _, clock) = exchange();
        let mut made = Vec::new();
        for n in 0..60 {
            made.push(job(&engine, n).await);
            clock.advance(std::time::Duration::from_millis(n as u64 % 3));
        }
        let newest: Vec<&Job> = made.iter().rev().collect();
        let statuses = Status::ALL.map(Some).into_iter().chain([None]);
        let mut shown = 0;
        for (who, status) in ["ann", "bob", "eve"]
            .into_iter()
            .flat_map(|who| statuses.clone().map(move |status| (user(who), status)))
        {
            let wanted = |job: &&&Job| status.is_none_or(|status| job.status == status);
            let sent: Vec<Job> = newest
                .iter()
                .filter(|job| job.sender == who)
                .filter(wanted)
                .map(|job| (*job).clone())
                .collect();
            let received: Vec<Job> = newest
                .iter()
                .filter(|job| job.receiver.as_ref() == Some(&who))
                .filter(wanted)
                .map(|job| (*job).clone())
                .collect();
            shown += sent.len() + received.len();
            for (filter, expected) in [(JobFilter::sent(), sent), (JobFilter::received(), received)]
            {
                let filter = match status {
                    Some(status) => filter.status(status),
                    None => filter,
                };
                for rows in [1, 2, 7, 100] {
                    let found = all(rows, async |page| engine.jobs(&who, &filter, page).await);
                    assert_eq!(found.await, expected, "{who} {filter:?} by {rows}");
                }
            }
        }
        assert!(shown > 100, "{shown}");
        for skill in [None, Some("research"), Some("translate")] {
            let on_board = made.iter().filter(|job| job.status == Status::Queued);
            let expected: Vec<Job> = on_board
                .filter(|job| skill.is_none_or(|skill| job.skill == skill))
                .cloned()
                .collect();
            assert!(!expected.is_empty());
            for rows in [1, 3, 100] {
                let found = all(rows, async |page| engine.board(skill, page).await);
                assert_eq!(found.await, expected, "{skill:?} by {rows}");
            }
        }
    });
}

#[test]
fn a_job_that_was_taken_leaves_the_board_and_one_given_up_returns() {
    pollster::block_on(async {
        let (engine, _, _) = exchange();
        let (ann, bob) = (user("ann"), user("bob"));
        let first = engine.create_job(&ann, "First").await.unwrap();
        let second = engine.create_job(&ann, "Second").await.unwrap();
        let board = async || {
            let found = engine.board(None, &PageRequest::first()).await.unwrap();
            found
                .items
                .into_iter()
                .map(|job| job.id)
                .collect::<Vec<_>>()
        };
        assert_eq!(board().await, [first.id, second.id]);
        engine.accept_job(&bob, &first.id).await.unwrap();
        assert_eq!(board().await, [second.id]);
        engine.release_job(&bob, &first.id).await.unwrap();
        assert_eq!(board().await, [first.id, second.id], "as old as ever");
        let (filter, page) = (JobFilter::received(), PageRequest::first());
        let received = engine.jobs(&bob, &filter, &page).await.unwrap();
        assert_eq!(received.items, []);
    });
}

#[test]
fn a_skill_that_is_not_there_is_refused_with_those_that_are() {
    pollster::block_on(async {
        let (engine, _, _) = exchange();
        for skill in ["", "Research", "cook", "research "] {
            let refused = engine.board(Some(skill), &PageRequest::first()).await;
            let refused = refused.unwrap_err();
            assert_eq!(refused.code().as_str(), "invalid_request");
            let text = refused.to_string();
            assert!(text.contains("`research`, `translate`"), "{text}");
        }
    });
}

const MANY: usize = 2_500;

/// A sender with many queued jobs, of which only the very first, and so the last on the list, was
/// cancelled.
async fn many() -> (Engine, Arc<Counting>, UserId) {
    let (engine, store, _) = exchange();
    let ann = user("ann");
    let first = engine.create_job(&ann, "translate").await.unwrap();
    engine.cancel_job(&ann, &first.id).await.unwrap();
    for n in 1..MANY {
        engine.create_job(&ann, &n.to_string()).await.unwrap();
    }
    (engine, store, ann)
}

#[test]
fn a_page_that_finds_nothing_ends_after_so_many_looks_and_leads_on() {
    pollster::block_on(async {
        let (engine, store, ann) = many().await;
        let cancelled = JobFilter::sent().status(Status::Cancelled);
        let (mut page, mut sizes) = (PageRequest::first(), Vec::new());
        page.rows = 10;
        loop {
            store.rows.store(0, Ordering::SeqCst);
            let found = engine.jobs(&ann, &cancelled, &page).await.unwrap();
            let rows = store.rows.load(Ordering::SeqCst);
            assert!(rows <= 1_000, "{rows} rows for a page");
            sizes.push(found.items.len());
            page.after = found.next;
            if page.after.is_none() {
                break;
            }
        }
        assert_eq!(sizes, [0, 0, 1]);
        // Without a limit of its own, a page finds it at once, and reads one text.
        store.keys.store(0, Ordering::SeqCst);
        let found = engine.jobs(&ann, &cancelled, &PageRequest::first()).await;
        let found = found.unwrap();
        assert_eq!((found.items.len(), found.next), (1, None));
        assert_eq!(store.keys.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_page_of_a_list_without_filter_looks_at_no_more_than_it_shows() {
    pollster::block_on(async {
        let (engine, store, ann) = many().await;
        let page = PageRequest {
            rows: 50,
            ..PageRequest::first()
        };
        // The first cursor of all costs a look at the secret, and its making.
        engine.board(None, &page).await.unwrap();
        for n in 0..2 {
            store.rows.store(0, Ordering::SeqCst);
            store.keys.store(0, Ordering::SeqCst);
            let found = match n {
                0 => engine.jobs(&ann, &JobFilter::sent(), &page).await,
                _ => engine.board(None, &page).await,
            };
            let found = found.unwrap();
            assert_eq!((found.items.len(), found.next.is_some()), (50, true));
            assert_eq!(store.rows.load(Ordering::SeqCst), 50);
            assert_eq!(store.keys.load(Ordering::SeqCst), 50);
        }
    });
}
