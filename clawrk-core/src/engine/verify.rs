//! Judging what was handed in, and closing the job by the verdict.

use crate::engine::once::{Recalled, Slot};
use crate::engine::{Call, DECISIONS_MAX, Engine, measured};
use crate::error::Error;
use crate::id::JobId;
use crate::job::decide::{Command, check};
use crate::job::{Actor, CommandKind, Job, JobRecord};
use crate::record::Answer;
use crate::store::Batch;

impl Engine {
    /// Judges the output against the criteria and closes the job accordingly: verified, rejected,
    /// or, where its terms say so, offered again. Held credits move in the same commit.
    ///
    /// Of several at once each may have the output judged; one verdict counts.
    ///
    /// # Errors
    /// [`Rejection::JobNotFound`], [`Rejection::WrongStatus`], [`Rejection::NotSender`];
    /// [`Error::Model`] where the language model gives no answer that can be used: that is neither
    /// pass nor fail, and the job stays as it is.
    ///
    /// [`Rejection::JobNotFound`]: crate::Rejection::JobNotFound
    /// [`Rejection::WrongStatus`]: crate::Rejection::WrongStatus
    /// [`Rejection::NotSender`]: crate::Rejection::NotSender
    pub async fn verify_job(&self, call: impl Into<Call<'_>>, job: &JobId) -> Result<Job, Error> {
        let call = call.into().to("verify", job);
        measured::command("verify", self.verify(&call, job).await)
    }

    async fn verify(&self, call: &Call<'_>, id: &JobId) -> Result<Job, Error> {
        for _ in 0..DECISIONS_MAX {
            let slot = match self.recall(call).await? {
                Recalled::Done(answer) => return self.replay(call, answer).await,
                Recalled::New(slot) => Some(slot),
                Recalled::Unkeyed => None,
            };
            let job = match self.judgeable("verify", &call.actor, id).await {
                Ok(job) => job,
                Err(error) => {
                    let answer = self.recall_or(call, error).await?;
                    return self.replay(call, answer).await;
                }
            };
            let Some(slot) = self.hold("verify", slot).await? else {
                continue;
            };
            match self.judge_and_close(call, &job, slot.as_deref()).await {
                Ok(Some(job)) => return Ok(job),
                Ok(None) => {}
                Err(error) => {
                    self.abandon(slot).await;
                    // Another one may have used the key: without a model it was not held, and what
                    // holds it runs out.
                    let answer = self.recall_or(call, error).await?;
                    return self.replay(call, answer).await;
                }
            }
            // Whoever was quicker has settled it: the next look says how.
            self.abandon(slot).await;
        }
        Err(Error::Busy { op: "verify" })
    }

    /// The job, if the one who asks may have it judged as it stands. Looked at before anything that
    /// costs is asked; the commit looks again.
    pub(crate) async fn judgeable(
        &self,
        op: &'static str,
        actor: &Actor,
        id: &JobId,
    ) -> Result<JobRecord, Error> {
        let (_, job) = self.job_record(op, id).await?;
        check(&job, CommandKind::Verify, actor)?;
        Ok(job)
    }

    async fn judge_and_close(
        &self,
        call: &Call<'_>,
        job: &JobRecord,
        slot: Option<&Slot>,
    ) -> Result<Option<Job>, Error> {
        let verdict = self.verdict("verify", job).await?;
        let remember = |batch: &mut Batch, job: &JobRecord| {
            if let Some(slot) = slot {
                slot.remember(batch, Answer::Job(Box::new(job.clone())));
            }
        };
        self.attempt_and_view("verify", &call.actor, &job.id, &verdict, remember)
            .await
    }

    /// The command that the verdict comes to.
    pub(crate) async fn verdict(
        &self,
        op: &'static str,
        job: &JobRecord,
    ) -> Result<Command, Error> {
        Ok(Command::Verify {
            attempt: job.attempt,
            verification: self.judged(op, job).await?,
        })
    }
}
