//! What happens by itself.

use crate::engine::together::{Work, together};
use crate::engine::{Engine, measured};
use crate::error::Error;
use crate::id::JobId;
use crate::job::decide::Command;
use crate::job::{Actor, JobRecord, State};
use crate::record::{Body, Record};
use crate::store::{Batch, CommitError, Cursor, Guard, Index, Page, PageLimit, StoreError};
use crate::time::Timestamp;

/// How many overdue outputs a language model is asked about at once.
const REVIEWS_AT_ONCE: usize = 8;

/// How far a tick came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// How many things were done.
    pub done: usize,
    /// When to call again: at once where it is past, or whenever something new comes due where
    /// there is none.
    pub next: Option<Timestamp>,
}

impl Engine {
    /// Does what is due: runs that were lost return to their receiver, overdue jobs to the queue,
    /// overdue outputs are verified, old idempotency records and webhooks are forgotten, uses of
    /// API keys are written, what is owed to receivers is sent, and the payment provider is asked
    /// what parked invoices and connected accounts wait for.
    ///
    /// Does at most `budget` things and says when to call again. Nothing happens by itself without
    /// somebody who calls this; several may at once.
    ///
    /// # Errors
    /// Only failures of the store. What was done until then stays done.
    pub async fn tick(&self, budget: usize) -> Result<Progress, Error> {
        measured::tick(self.inner.clock.now(), self.do_all_due(budget).await)
    }

    async fn do_all_due(&self, budget: usize) -> Result<Progress, Error> {
        let jobs = self.tick_jobs(budget).await?;
        let forgotten = self
            .forget_expired(budget.saturating_sub(jobs.done))
            .await?;
        let done = jobs.done + forgotten.done;
        let written = self.write_uses(budget.saturating_sub(done)).await?;
        let done = done + written.done;
        // Last, since it takes its time.
        let payouts = self.tick_payouts(budget.saturating_sub(done)).await?;
        let done = done + payouts.done;
        let outside = self.tick_outside(budget.saturating_sub(done)).await?;
        let next = [
            jobs.next,
            forgotten.next,
            written.next,
            payouts.next,
            outside.next,
        ];
        Ok(Progress {
            done: done + outside.done,
            next: next.into_iter().flatten().min(),
        })
    }

    async fn tick_jobs(&self, budget: usize) -> Result<Progress, Error> {
        let now = self.inner.clock.now();
        let (mut done, mut after, mut reviews) = (0, None, Vec::new());
        let next = 'all: loop {
            let left = budget.saturating_sub(done);
            let due = self.due(&Index::Due, after.as_ref(), left).await?;
            // They stay where they are, so they must not count either, nor be waited for.
            log_damaged(&due);
            for record in due.rows {
                let Body::Job(job) = record.body else {
                    continue;
                };
                let Some(due) = job.state.due_at() else {
                    continue;
                };
                if due > now || done + reviews.len() >= budget {
                    break 'all Some(due);
                }
                let asks =
                    matches!(job.state, State::Submitted { .. }) && self.inner.model.is_some();
                if !asks {
                    // What is damaged stays due, so it must not count: others come after it.
                    done += usize::from(self.do_due(&job).await?);
                } else if self.inner.mood.is_paused(now) {
                    // It is due for as long as the model does not answer, and keeps nobody waiting.
                } else if reviews.len() < REVIEWS_AT_ONCE {
                    reviews.push(job);
                } else {
                    break 'all Some(due);
                }
            }
            after = due.next;
            if after.is_none() {
                break None;
            }
        };
        done += self.review(reviews).await?;
        Ok(Progress { done, next })
    }

    /// Judges by a model what its senders have not, all at once. Gives how many are settled.
    async fn review(&self, jobs: Vec<JobRecord>) -> Result<usize, Error> {
        let reviews = jobs
            .iter()
            .map(|job| Box::pin(self.review_one(job)) as Work<'_, Result<bool, Error>>);
        let mut settled = 0;
        for reviewed in together(reviews.collect()).await {
            settled += usize::from(reviewed?);
        }
        Ok(settled)
    }

    async fn review_one(&self, job: &JobRecord) -> Result<bool, Error> {
        match self.verdict("tick", job).await {
            Ok(verdict) => {
                self.inner.mood.note(self.inner.clock.now(), true);
                self.by_system(&job.id, &verdict).await
            }
            // It is neither pass nor fail; it is asked again after a while.
            Err(Error::Model { .. }) => {
                self.inner.mood.note(self.inner.clock.now(), false);
                Ok(false)
            }
            Err(error @ Error::Rejected(_)) => {
                tracing::error!(job = %job.id, %error, "an overdue output cannot be judged");
                Ok(false)
            }
            Err(error) => spared(&job.id, error),
        }
    }

    /// Does what is due with a job, unless it is damaged. Whoever was quicker has settled it.
    async fn do_due(&self, job: &JobRecord) -> Result<bool, Error> {
        let command = match &job.state {
            State::InProgress { run, .. } => {
                let cause = "the run was lost".to_owned();
                Command::FailRun { run: run.id, cause }
            }
            State::Accepted { .. } => Command::ExpireAccept,
            State::Submitted { .. } => return self.review_one(job).await,
            _ => return Ok(true),
        };
        self.by_system(&job.id, &command).await
    }

    async fn by_system(&self, job: &JobId, command: &Command) -> Result<bool, Error> {
        let done = self.attempt("tick", &Actor::System, job, command, |_, _| {});
        match done.await {
            Ok(_) | Err(Error::Rejected(_)) => Ok(true),
            Err(error) => spared(job, error),
        }
    }

    async fn forget_expired(&self, budget: usize) -> Result<Progress, Error> {
        let now = self.inner.clock.now();
        let (mut done, mut after) = (0, None);
        loop {
            let left = budget.saturating_sub(done);
            let due = self.due(&Index::Expiring, after.as_ref(), left).await?;
            log_damaged(&due);
            for record in due.rows {
                let expires_at = match &record.body {
                    Body::Once(once) => once.expires_at,
                    Body::Inbox(inbox) => inbox.expires_at,
                    _ => continue,
                };
                if expires_at > now || done >= budget {
                    let next = Some(expires_at);
                    return Ok(Progress { done, next });
                }
                self.forget(&record).await?;
                done += 1;
            }
            after = due.next;
            if after.is_none() {
                return Ok(Progress { done, next: None });
            }
        }
    }

    /// Forgets a record, unless it changed.
    async fn forget(&self, record: &Record) -> Result<(), Error> {
        let mut batch = self.batch()?;
        batch.guards.push(Guard::At(record.key(), record.version));
        batch.deletes.push(record.key());
        self.commit_repeatable(&batch).await.map(drop)
    }

    /// Commits what does no harm when it is done again, and so needs no proof. Says whether it
    /// passed; else what it relied on has changed.
    pub(crate) async fn commit_repeatable(&self, batch: &Batch) -> Result<bool, Error> {
        match self.inner.store.commit(batch).await {
            Ok(()) => Ok(true),
            Err(CommitError::Conflict(_)) => Ok(false),
            Err(CommitError::Ambiguous(source) | CommitError::Refused(source)) => {
                Err(Error::Store { op: "tick", source })
            }
            Err(error) => Err(Error::Internal(error.to_string())),
        }
    }

    /// The first records of an index by time, one more than the budget.
    async fn due(
        &self,
        index: &Index,
        after: Option<&Cursor>,
        budget: usize,
    ) -> Result<Page, Error> {
        let limit = PageLimit::rows(budget.saturating_add(1));
        let page = self.inner.store.scan(index, after, limit).await;
        page.map_err(|source| Error::Store { op: "tick", source })
    }
}

/// Nothing was done with a job that is damaged: it must not keep all the others waiting.
fn spared(job: &JobId, error: Error) -> Result<bool, Error> {
    match error {
        Error::Store {
            source: StoreError::Corrupt { .. },
            ..
        } => {
            tracing::error!(%job, %error, "a job that is due is damaged");
            Ok(false)
        }
        error => Err(error),
    }
}

/// Tells of what is due and cannot be read: one line for a page, whatever is wrong with it.
fn log_damaged(page: &Page) {
    if let Some(first) = page.damaged.first() {
        let (rows, first) = (page.damaged.len(), &first.detail);
        tracing::error!(rows, %first, "what is due cannot be read; the audit names all of it");
    }
}
