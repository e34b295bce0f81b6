//! Looking at jobs.

use crate::engine::listing::Jobs;
use crate::engine::{Engine, PageRequest};
use crate::error::{Error, Rejection};
use crate::id::{JobId, UserId};
use crate::job::{Job, JobRecord, Status};
use crate::policy::Visibility;
use crate::store::Index;

/// Which of a user's jobs a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobFilter {
    side: Side,
    status: Option<Status>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Sent,
    Received,
}

impl JobFilter {
    /// The jobs that the user posted.
    pub const fn sent() -> JobFilter {
        JobFilter {
            side: Side::Sent,
            status: None,
        }
    }

    /// The jobs that the user works or worked on. One that was given up is not among them.
    pub const fn received() -> JobFilter {
        JobFilter {
            side: Side::Received,
            status: None,
        }
    }

    /// Only those of that status.
    #[must_use]
    pub fn status(mut self, status: Status) -> JobFilter {
        self.status = Some(status);
        self
    }
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

    /// A user's jobs, newest first: those sent or those received, all or those of a status.
    ///
    /// A page whose filter leaves little ends after 1,000 jobs looked at, or 20 for each row that
    /// it may have, whichever is more, and leads on.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] for a cursor that was not given out for this list.
    pub async fn jobs(
        &self,
        user: &UserId,
        filter: &JobFilter,
        page: &PageRequest,
    ) -> Result<Jobs, Error> {
        let index = match filter.side {
            Side::Sent => Index::JobsBySender(user.clone()),
            Side::Received => Index::JobsByReceiver(user.clone()),
        };
        let wanted = |job: &JobRecord| {
            let status = job.state.status();
            filter.status.is_none_or(|wanted| status == wanted)
        };
        self.list_jobs("jobs", &index, wanted, page).await
    }

    /// The queued jobs of all senders, oldest first: all, or those for a skill. How a receiver
    /// finds work.
    ///
    /// A page looks at no more jobs than one of [`Engine::jobs`].
    ///
    /// # Errors
    /// [`Rejection::Invalid`] for a skill that is not registered here, or a cursor that was not
    /// given out for the board.
    pub async fn board(&self, skill: Option<&str>, page: &PageRequest) -> Result<Jobs, Error> {
        if skill.is_some_and(|skill| self.inner.skills.get(skill).is_none()) {
            return Err(self.unknown_skill().into());
        }
        let wanted = |job: &JobRecord| skill.is_none_or(|skill| job.skill == skill);
        self.list_jobs("board", &Index::Board, wanted, page).await
    }

    /// The refusal of a skill that is not there, with those that are.
    fn unknown_skill(&self) -> Rejection {
        let infos = self.inner.skills.infos();
        let names: Vec<_> = infos
            .iter()
            .map(|info| format!("`{}`", info.name))
            .collect();
        let cause = format!("is not registered here; there is {}", names.join(", "));
        Rejection::invalid("skill", cause)
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
