//! The history of a job.

use crate::engine::Engine;
use crate::engine::transition::corrupt;
use crate::error::Error;
use crate::id::{JobId, UserId};
use crate::job::Event;
use crate::record::{Body, Record};
use crate::store::Key;

impl Engine {
    /// The most events that [`Engine::events`] answers at once.
    pub const EVENTS_MAX: u64 = 1_000;

    /// A job's history behind the event number `after`, oldest first, for somebody who may see the
    /// job: 0 for all of it. A long history comes in parts of [`Engine::EVENTS_MAX`].
    ///
    /// # Errors
    /// As [`Engine::job`].
    pub async fn events(
        &self,
        viewer: &UserId,
        job: &JobId,
        after: u64,
    ) -> Result<Vec<Event>, Error> {
        let (version, record) = self.job_record("events", job).await?;
        self.check_visible(viewer, &record)?;
        // Every version has its event, and events are never rewritten.
        let last = version.min(after.saturating_add(Self::EVENTS_MAX));
        let seqs = after.saturating_add(1)..=last;
        let keys: Vec<Key> = seqs.map(|seq| Key::Event(*job, seq)).collect();
        let found = self.read("events", &keys).await?;
        let events = found.into_iter().map(|record| match record {
            Some(Record {
                body: Body::Event(event),
                ..
            }) => Ok(event),
            _ => Err(corrupt(
                "events",
                format!("an event of job {job} is missing"),
            )),
        });
        events.collect()
    }
}
