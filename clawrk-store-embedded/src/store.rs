//! The store over an engine.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use async_trait::async_trait;
use clawrk_core::id::JobId;
use clawrk_core::record::Record;
use clawrk_core::store::{
    Batch, CommitError, Counts, Cursor, Index, Key, Page, PageLimit, Store, StoreError,
};
use futures_channel::oneshot;

use crate::committer::{self, Commit, QUEUE_BATCHES_MAX, QUEUE_BYTES_MAX};
use crate::latch::Latch;
use crate::measured::Waiting;
use crate::prepared::Prepared;
use crate::queue::Queue;
use crate::scan::{self, Found, INLINE_ROWS_MAX, QUEUE_SCANS_MAX, Request, Scan};
use crate::shared::{CallError, Shared};
use crate::stats::Stats;
use crate::{EmbeddedEngine, HEAD_KEY, Head, Op, OpenError, Space, Write};

/// A [`Store`] over an [`EmbeddedEngine`].
///
/// Dropping it does what [`close`](Store::close) does, and blocks until it is done: at most as long
/// as what is queued takes to be written. Only where it is dropped by a thread of its own, with the
/// waker of a caller, is it done after that.
pub struct EmbeddedStore<E: EmbeddedEngine> {
    shared: Arc<Shared<E>>,
    commits: Arc<Queue<Commit>>,
    scans: Arc<Queue<Scan>>,
    end: Arc<End>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// How closing went.
#[derive(Debug, Default)]
struct End {
    closed: Latch,
    result: Mutex<Option<StoreError>>,
}

impl<E: EmbeddedEngine> EmbeddedStore<E> {
    /// A store over an engine that was just opened; a new one where the engine is empty.
    ///
    /// # Errors
    /// [`OpenError::LaterFormat`] where a later release wrote it, [`OpenError::Damaged`] where what
    /// it says about itself is not readable, else what the engine says.
    pub fn open(engine: E) -> Result<EmbeddedStore<E>, OpenError> {
        let shared = Arc::new(Shared::new(engine));
        let head = match shared.head().map_err(OpenError::from_call)? {
            Some(bytes) => Head::decode(&bytes)?,
            None => begin(&shared).map_err(OpenError::from_call)?,
        };
        shared.begin(head.counts);
        let store = EmbeddedStore {
            shared,
            commits: Arc::new(Queue::new(QUEUE_BATCHES_MAX, QUEUE_BYTES_MAX)),
            scans: Arc::new(Queue::new(QUEUE_SCANS_MAX, usize::MAX)),
            end: Arc::default(),
            threads: Mutex::default(),
        };
        store.start(head).map_err(OpenError::Io)?;
        Ok(store)
    }

    fn start(&self, head: Head) -> std::io::Result<()> {
        let (shared, queue) = (Arc::clone(&self.shared), Arc::clone(&self.scans));
        let reader = thread::Builder::new()
            .name("clawrk-reader".to_owned())
            .spawn(move || scan::run(&shared, &queue))?;
        self.threads().push(reader);
        let (shared, queue) = (Arc::clone(&self.shared), Arc::clone(&self.commits));
        let end = Arc::clone(&self.end);
        let committer = thread::Builder::new()
            .name("clawrk-committer".to_owned())
            .spawn(move || {
                committer::run(&shared, &queue, head);
                // Whoever closes a store that was poisoned must not take it for well kept.
                let poisoned = shared.view().err();
                shared.end(StoreError::Closed);
                *end.result() = shared.close_engine().err().or(poisoned);
                end.closed.release();
            })?;
        self.threads().push(committer);
        Ok(())
    }

    fn threads(&self) -> std::sync::MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the committer has done since the store was opened.
    pub fn stats(&self) -> Stats {
        *self
            .shared
            .stats
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks for a page, at most twice.
    async fn find(&self, mut request: Request) -> Result<Page, StoreError> {
        loop {
            let found = if request.limit.rows <= INLINE_ROWS_MAX {
                scan::find(&self.shared, &request)
            } else {
                self.ask(&request).await
            };
            match found? {
                Found::Page(page) => return Ok(page),
                Found::InFlight(group) => {
                    group.landed.wait().await;
                    request.waited = true;
                }
            }
        }
    }

    /// Queues what is to be committed, and awaits what came of it.
    async fn submit(&self, prepared: Prepared) -> Result<(), CommitError> {
        let bytes = prepared.bytes;
        let (answer, done) = oneshot::channel();
        let commit = Commit {
            prepared,
            answer,
            waiting: Waiting::begin(),
        };
        self.commits
            .put(commit, bytes)
            .await
            .map_err(|_| CommitError::Refused(StoreError::Closed))?;
        // The committer answers everybody, unless it panicked.
        done.await.unwrap_or_else(|_| {
            let error = self.shared.view().err().unwrap_or(StoreError::Closed);
            Err(CommitError::Ambiguous(error))
        })
    }

    /// Asks the reader thread.
    async fn ask(&self, request: &Request) -> Result<Found, StoreError> {
        let (answer, found) = oneshot::channel();
        let scan = Scan {
            request: request.clone(),
            answer,
        };
        // The items are bounded, not their bytes.
        self.scans
            .put(scan, 0)
            .await
            .map_err(|_| StoreError::Closed)?;
        found.await.map_err(|_| StoreError::Closed)?
    }

    fn stop(&self) {
        self.commits.close();
        self.scans.close();
    }
}

impl End {
    fn result(&self) -> std::sync::MutexGuard<'_, Option<StoreError>> {
        self.result.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Marks an empty engine as a store of this format.
fn begin<E: EmbeddedEngine>(shared: &Shared<E>) -> Result<Head, CallError> {
    let head = Head::default();
    let write = Write {
        ops: vec![Op {
            space: Space::Meta,
            key: HEAD_KEY.to_vec(),
            value: Some(head.encode()),
            replaces: false,
        }],
    };
    shared.call(|engine| engine.apply(&write))?;
    shared.call(|engine| engine.sync(&head))?;
    Ok(head)
}

impl<E: EmbeddedEngine> fmt::Debug for EmbeddedStore<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedStore")
            .field("engine", &std::any::type_name::<E>())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

impl<E: EmbeddedEngine> Drop for EmbeddedStore<E> {
    fn drop(&mut self) {
        self.stop();
        let this = thread::current().id();
        for thread in self.threads().drain(..) {
            // Whoever answers a caller drops its waker, and with it maybe all that the caller had:
            // then this is the thread itself, which ends as soon as it is back.
            if thread.thread().id() != this {
                // A thread that panicked has said so; there is nobody to tell here.
                let _ = thread.join();
            }
        }
    }
}

#[async_trait]
impl<E: EmbeddedEngine> Store for EmbeddedStore<E> {
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        let bytes: Vec<_> = keys.iter().map(Key::to_bytes).collect();
        let mut waited = false;
        loop {
            let generation = self.shared.view()?.generation;
            let mut records = Vec::with_capacity(keys.len());
            for key in &bytes {
                records.push(self.shared.record(key));
            }
            // Looked at after reading: whatever was read of a group that is in flight no more is
            // durable, and of one that still is, it is among its keys.
            let view = self.shared.view()?;
            // A value that an engine keeps in several places may have changed while it was read.
            let failed = records.iter().any(Result::is_err);
            if failed && view.generation != generation {
                continue;
            }
            if let Some(group) = view.in_flight {
                let met = bytes.iter().any(|key| group.records.contains_key(key));
                if met && !waited {
                    group.landed.wait().await;
                    waited = true;
                    continue;
                }
                // Groups that follow each other may hold a key all the time. Who waited once gets
                // what was there before this one, which was durable after the one waited for.
                for (record, key) in records.iter_mut().zip(&bytes) {
                    if let Some(before) = group.records.get(key) {
                        *record = Ok(before.clone());
                    }
                }
            }
            return records.into_iter().collect();
        }
    }

    async fn scan(
        &self,
        index: &Index,
        after: Option<&Cursor>,
        limit: PageLimit,
    ) -> Result<Page, StoreError> {
        self.shared.view()?;
        self.find(Request {
            index: index.clone(),
            after: after.cloned(),
            limit,
            waited: false,
        })
        .await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.shared.counts()
    }

    async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        self.shared.view().map_err(CommitError::Refused)?;
        self.submit(Prepared::batch(batch)?).await
    }

    async fn restore(&self, records: &[Record]) -> Result<(), CommitError> {
        self.shared.view().map_err(CommitError::Refused)?;
        self.submit(Prepared::restore(records)?).await
    }

    async fn changed(&self, job: &JobId, seen: u64) {
        loop {
            let listener = self.shared.shard(job).listen();
            match self.read(&[Key::Job(*job)]).await {
                Ok(records) => {
                    let version = records
                        .into_iter()
                        .next()
                        .flatten()
                        .map_or(0, |record| record.version);
                    if version > seen {
                        return;
                    }
                }
                // Whoever waits reads again, and gets the error.
                Err(_) => return,
            }
            listener.await;
        }
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.stop();
        self.end.closed.wait().await;
        match self.end.result().clone() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}
