//! Pages of lists, asked for with limits and cursors of any kind.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use clawrk_core::engine::PageRequest;
use clawrk_core::id::{JobId, UserId};
use clawrk_core::record::Record;
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::store::{
    Batch, CommitError, Counts, Cursor, Index, Key, Page, PageLimit, Store, StoreError,
};
use clawrk_core::{Engine, Error};

use crate::support::{ManualClock, rich, with_credits};

/// A memory store that counts the keys that are read.
#[derive(Debug, Default)]
struct Counting {
    inner: MemoryStore,
    keys: AtomicUsize,
}

#[async_trait]
impl Store for Counting {
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        self.keys.fetch_add(keys.len(), Ordering::SeqCst);
        self.inner.read(keys).await
    }

    async fn scan(
        &self,
        index: &Index,
        after: Option<&Cursor>,
        limit: PageLimit,
    ) -> Result<Page, StoreError> {
        self.inner.scan(index, after, limit).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.inner.counts().await
    }

    async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        self.inner.commit(batch).await
    }

    async fn changed(&self, job: &JobId, seen: u64) {
        self.inner.changed(job, seen).await;
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.inner.close().await
    }
}

const JOBS: usize = 7;

async fn exchange() -> (Engine, Arc<Counting>, UserId) {
    let store = Arc::new(Counting::default());
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
        let found = engine.jobs(alice, &page(after, rows, bytes)).await.unwrap();
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

#[test]
fn a_short_page_reads_no_more_jobs_than_it_shows_and_one() {
    pollster::block_on(async {
        let (engine, store, alice) = exchange().await;
        store.keys.store(0, Ordering::SeqCst);
        let found = engine.jobs(&alice, &page(None, 2, usize::MAX)).await;
        assert_eq!(found.unwrap().items.len(), 2);
        assert_eq!(store.keys.load(Ordering::SeqCst), 3);
    });
}

#[test]
fn a_cursor_that_was_not_given_out_leads_nowhere_else() {
    pollster::block_on(async {
        let (engine, _, alice) = exchange().await;
        let bob = rich(&engine, "bob", 10).await;
        let mine = engine.jobs(&alice, &page(None, 2, usize::MAX)).await;
        let cursor = mine.unwrap().next.unwrap();
        // Somebody else's cursor is only a place among one's own.
        for after in [cursor.clone(), "00".to_owned(), "ff".repeat(50_000)] {
            let page = page(Some(after), 10, usize::MAX);
            assert_eq!(engine.jobs(&bob, &page).await.unwrap().items, []);
            let entries = engine.ledger(&bob, &page).await.unwrap().items;
            assert!(
                entries
                    .iter()
                    .all(|entry| entry.reason.as_str() == "admin:gift")
            );
        }
        for after in ["", "0", "xyz", "+f", "0g", "é0", "0\0", &cursor[1..]] {
            let page = page(Some(after.to_owned()), 10, usize::MAX);
            let refused = [
                engine.jobs(&alice, &page).await.map(drop),
                engine.ledger(&alice, &page).await.map(drop),
            ];
            for refused in refused {
                let code = refused.as_ref().map_err(Error::code).unwrap_err();
                assert_eq!(code.as_str(), "invalid_request", "{after:?}");
            }
        }
    });
}
