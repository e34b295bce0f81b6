//! Looking at jobs.

use crate::engine::Engine;
use crate::engine::PageRequest;
use crate::error::{Error, Rejection};
use crate::id::{JobId, UserId};
use crate::job::{Job, JobRecord, Status};
use crate::policy::Visibility;
use crate::record::Record;
use crate::store::{Cursor, Index, Page, PageLimit, index_entries};

/// How many jobs are looked up at once for a page.
const CHUNK_ROWS: usize = 100;

/// What a job takes in JSON besides its texts, about.
const FRAME_BYTES: usize = 512;

/// A page of jobs.
#[derive(Debug, Clone, PartialEq)]
pub struct Jobs {
    /// The jobs.
    pub items: Vec<Job>,
    /// The cursor of the next page; none at the end.
    pub next: Option<String>,
}

impl Engine {
    /// A job, for somebody who may see it: its sender, its receiver, and any user while it is
    /// queued (every user always, under [`Visibility::Everyone`]).
    ///
    /// # Errors
    /// [`Rejection::JobNotFound`], also where the job exists but not for this viewer.
    pub async fn job(&self, viewer: &UserId, job: &JobId) -> Result<Job, Error> {
        let (_, record) = self.job_record("job", job).await?;
        self.check_visible(viewer, &record)?;
        self.view(&record).await
    }

    /// The jobs that a user posted, newest first.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] for a cursor that is none.
    pub async fn jobs(&self, sender: &UserId, page: &PageRequest) -> Result<Jobs, Error> {
        let index = Index::JobsBySender(sender.clone());
        let prefix = index.entry_prefix().unwrap_or_default();
        let mut jobs = Jobs {
            items: Vec::new(),
            next: None,
        };
        let mut after = self.place_before("jobs", &index, page).await?;
        let mut bytes = 0;
        let rows_max = page.rows.clamp(1, PageRequest::ROWS_MAX);
        loop {
            // One more than is wanted tells whether there is a next page.
            let missing = rows_max - jobs.items.len() + 1;
            let limit = PageLimit::rows(missing.min(CHUNK_ROWS));
            let scanned = self.inner.store.scan(&index, after.as_ref(), limit).await;
            let scanned = scanned.and_then(Page::whole);
            let scanned = scanned.map_err(|source| Error::Store { op: "jobs", source })?;
            let views = self.views(&scanned.rows).await?;
            for (record, job) in scanned.rows.iter().zip(views) {
                bytes += size(&job);
                let full = jobs.items.len() >= rows_max || bytes > page.bytes;
                if full && !jobs.items.is_empty() {
                    jobs.next = self.cursor_at("jobs", &index, after).await?;
                    return Ok(jobs);
                }
                after = place(&prefix, record);
                jobs.items.push(job);
            }
            match scanned.next {
                Some(next) => after = Some(next),
                None => return Ok(jobs),
            }
        }
    }

    pub(crate) fn check_visible(&self, viewer: &UserId, job: &JobRecord) -> Result<(), Rejection> {
        let visible = self.inner.policy.visibility == Visibility::Everyone
            || *viewer == job.sender
            || Some(viewer) == job.state.receiver()
            || job.state.status() == Status::Queued;
        if visible {
            Ok(())
        } else {
            Err(Rejection::JobNotFound)
        }
    }
}

fn size(job: &Job) -> usize {
    let output = job.output.as_ref().map_or(0, String::len);
    FRAME_BYTES + job.prompt.len() + job.intent.len() + job.criteria.len() + output
}

/// The place of a record in the index with this prefix.
fn place(prefix: &[u8], record: &Record) -> Option<Cursor> {
    index_entries(record)
        .into_iter()
        .find(|entry| entry.starts_with(prefix))
        .map(Cursor)
}
