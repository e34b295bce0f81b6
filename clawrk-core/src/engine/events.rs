//! The history of a job.

use std::time::Duration;

use crate::engine::Engine;
use crate::engine::transition::corrupt;
use crate::engine::within::{Lost, within};
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

    /// The same, but where there is none yet, once one comes; an empty list where none does within
    /// `timeout`. The wait is one of the clock that the engine was given.
    ///
    /// Whether the viewer may see the job is looked at anew whenever it changes: who watches a
    /// queued job that somebody else takes gets [`Rejection::JobNotFound`], and not the event.
    ///
    /// # Errors
    /// As [`Engine::job`].
    ///
    /// [`Rejection::JobNotFound`]: crate::Rejection::JobNotFound
    pub async fn wait_events(
        &self,
        viewer: &UserId,
        job: &JobId,
        after: u64,
        timeout: Duration,
    ) -> Result<Vec<Event>, Error> {
        let clock = self.inner.clock.as_ref();
        let until = clock.now().after(timeout);
        loop {
            let events = self.events(viewer, job, after).await?;
            if !events.is_empty() {
                return Ok(events);
            }
            // The store may wake early, and then it is only asked again.
            match within(clock, until, self.inner.store.changed(job, after)).await {
                Ok(()) => {}
                Err(Lost::Overdue) => return Ok(events),
                Err(Lost::Panicked) => {
                    let text = "the store panicked where it waited for a job to change";
                    return Err(Error::Internal(text.to_owned()));
                }
            }
        }
    }
}
