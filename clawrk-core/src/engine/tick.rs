//! What happens by itself.

use crate::engine::transition::Ask;
use crate::engine::{Engine, measured};
use crate::error::Error;
use crate::id::JobId;
use crate::job::decide::Command;
use crate::job::{Actor, JobRecord, State};
use crate::record::{Body, Record};
use crate::store::{Batch, CommitError, Cursor, Guard, Index, Page, PageLimit, StoreError};
use crate::time::Timestamp;

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
        let (mut done, mut after) = (0, None);
        loop {
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
                if due > now || done >= budget {
                    let next = Some(due);
                    return Ok(Progress { done, next });
                }
                // What is damaged stays due, so it must not count: others come after it.
                done += usize::from(self.do_due(&job).await?);
            }
            after = due.next;
            if after.is_none() {
                return Ok(Progress { done, next: None });
            }
        }
    }

    /// Does what is due with a job, unless it is damaged. Whoever was quicker has settled it.
    async fn do_due(&self, job: &JobRecord) -> Result<bool, Error> {
        let ask = match &job.state {
            State::InProgress { run, .. } => {
                let cause = "the run was lost".to_owned();
                Ask::Give(Command::FailRun { run: run.id, cause })
            }
            State::Accepted { .. } => Ask::Give(Command::ExpireAccept),
            State::Submitted { .. } => Ask::Judge,
            _ => return Ok(true),
        };
        self.by_system(&job.id, &ask).await
    }

    async fn by_system(&self, job: &JobId, ask: &Ask) -> Result<bool, Error> {
        match self
            .attempt("tick", &Actor::System, job, ask, |_, _| {})
            .await
        {
            Ok(_) | Err(Error::Rejected(_)) => Ok(true),
            // One damaged job must not keep all the others waiting.
            Err(
                error @ Error::Store {
                    source: StoreError::Corrupt { .. },
                    ..
                },
            ) => {
                tracing::error!(%job, %error, "a job that is due is damaged");
                Ok(false)
            }
            Err(error) => Err(error),
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

/// Tells of what is due and cannot be read: one line for a page, whatever is wrong with it.
fn log_damaged(page: &Page) {
    if let Some(first) = page.damaged.first() {
        let (rows, first) = (page.damaged.len(), &first.detail);
        tracing::error!(rows, %first, "what is due cannot be read; the audit names all of it");
    }
}
