//! The history of a job.

use crate::engine::Engine;
use crate::error::Error;
use crate::id::{JobId, UserId};
use crate::job::Event;
use crate::record::Body;
use crate::store::{Index, PageLimit};

impl Engine {
    /// A job's history, oldest first, for somebody who may see the job.
    ///
    /// # Errors
    /// As [`Engine::job`].
    pub async fn events(&self, viewer: &UserId, job: &JobId) -> Result<Vec<Event>, Error> {
        let (_, record) = self.job_record("events", job).await?;
        self.check_visible(viewer, &record)?;
        let (index, mut after, mut events) = (Index::EventsOf(*job), None, Vec::new());
        loop {
            let limit = PageLimit::rows(PageLimit::ROWS_MAX);
            let page = self.inner.store.scan(&index, after.as_ref(), limit).await;
            let page = page.map_err(|source| Error::Store {
                op: "events",
                source,
            })?;
            events.extend(
                page.rows
                    .into_iter()
                    .filter_map(|record| match record.body {
                        Body::Event(event) => Some(event),
                        _ => None,
                    }),
            );
            after = page.next;
            if after.is_none() {
                return Ok(events);
            }
        }
    }
}
