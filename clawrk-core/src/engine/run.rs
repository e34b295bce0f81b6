//! Handing in output, or having the job's skill make it.

use crate::engine::once::{LEASE_MARGIN, Recalled, Slot};
use crate::engine::within::within;
use crate::engine::{Call, DECISIONS_MAX, Engine, limits, measured};
use crate::error::{Error, Rejection};
use crate::id::{CommitId, JobId};
use crate::job::decide::Command;
use crate::job::{Actor, Job, JobRecord, Run};
use crate::record::Answer;
use crate::skill::{SkillContext, SkillError};
use crate::store::Batch;

/// The most that is kept of what a skill says about its failure, in characters.
const CAUSE_CHARS_MAX: usize = 500;

impl Engine {
    /// Hands in output; without one (or with an empty one), the job's skill makes it here and now.
    ///
    /// While the skill runs the job is `in_progress`; output handed in meanwhile wins. A skill that
    /// fails or takes longer than [`skill_timeout`](crate::policy::Policy::skill_timeout) leaves
    /// the job accepted. If the caller goes away during the run, the job returns to its receiver
    /// when the run's lease ends.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] or [`Rejection::TooLong`] for the output,
    /// [`Rejection::JobNotFound`], [`Rejection::SkillRunning`], [`Rejection::WrongStatus`],
    /// [`Rejection::NotReceiver`]; [`Error::Provider`] where the skill fails;
    /// [`Error::OutcomeUnknown`] where the store fails once the skill has run.
    pub async fn submit_output(
        &self,
        call: impl Into<Call<'_>>,
        job: &JobId,
        output: Option<&str>,
    ) -> Result<Job, Error> {
        let call = call.into().to("submit", job);
        let Some(output) = output.filter(|output| !output.is_empty()) else {
            return measured::command("submit", self.run_skill(&call, job).await);
        };
        if let Recalled::Done(answer) = self.recall(&call).await? {
            return self.replay(&call, answer).await;
        }
        limits::text("output", output, self.output_bytes_max())?;
        let submit = Command::Submit {
            output: output.to_owned(),
        };
        self.transition("submit", &call, job, submit).await
    }

    async fn run_skill(&self, call: &Call<'_>, id: &JobId) -> Result<Job, Error> {
        let (job, run, slot) = match self.start_run(call, id).await? {
            Started::Replayed(job) => return Ok(*job),
            Started::Running { job, run, slot } => (job, run, slot),
        };
        let (command, failure) = match self.output_of_skill(&job, &run).await {
            Ok(output) => (
                Command::FinishRun {
                    run: run.id,
                    output,
                },
                None,
            ),
            Err(failure) => {
                let cause = cause(&failure);
                (Command::FailRun { run: run.id, cause }, Some(failure))
            }
        };
        let ended = self.end_run(id, command, slot).await;
        match failure {
            None => ended,
            Some(source) => {
                ended?;
                let source = Box::new(source);
                Err(Error::Provider {
                    provider: job.skill,
                    op: "run",
                    source,
                })
            }
        }
    }

    /// Commits that the run begins, and reserves the call's idempotency key for as long.
    async fn start_run(&self, call: &Call<'_>, id: &JobId) -> Result<Started, Error> {
        for _ in 0..DECISIONS_MAX {
            let recalled = match self.recall(call).await? {
                Recalled::Done(answer) => {
                    return Ok(Started::Replayed(Box::new(
                        self.replay(call, answer).await?,
                    )));
                }
                Recalled::New(slot) => Some(slot),
                Recalled::Unkeyed => None,
            };
            let now = self.inner.clock.now();
            let until = now
                .after(self.inner.policy.skill_timeout)
                .after(LEASE_MARGIN);
            let run = Run {
                id: CommitId::new(self.inner.ids.as_ref())?,
                until,
            };
            let start = Command::StartRun { run: run.clone() };
            let mut reserved = None;
            let reserve = |batch: &mut Batch, _: &JobRecord| {
                reserved = recalled.map(|slot| Box::new(slot.reserve(batch, until)));
            };
            match self
                .attempt_and_view("submit", &call.actor, id, &start, reserve)
                .await
            {
                Ok(Some(job)) => {
                    return Ok(Started::Running {
                        job: Box::new(job),
                        run,
                        slot: reserved,
                    });
                }
                Ok(None) => {}
                Err(error) => {
                    let answer = self.recall_or(call, error).await?;
                    let job = self.replay(call, answer).await?;
                    return Ok(Started::Replayed(Box::new(job)));
                }
            }
        }
        Err(Error::Busy { op: "submit" })
    }

    /// Runs the skill, bounded by time and by what an output may be.
    async fn output_of_skill(&self, job: &Job, run: &Run) -> Result<String, SkillError> {
        let skill = self.inner.skills.get(&job.skill);
        let skill = skill.ok_or_else(|| {
            SkillError::new(format!("the skill `{}` is not registered here", job.skill))
        })?;
        let deadline = self
            .inner
            .clock
            .now()
            .after(self.inner.policy.skill_timeout);
        let deadline = deadline.min(run.until);
        let context = SkillContext {
            job: job.id,
            deadline,
            criteria: job.criteria.clone(),
            model: self.skill_model(),
        };
        // Called inside the bound as well: a skill may fall over before it gives its future.
        let work = async { skill.run(&job.intent, &context).await };
        let output = within(self.inner.clock.as_ref(), deadline, work).await;
        let output = output.map_err(|lost| SkillError::new(lost.to_string()))??;
        limits::text("output", &output, self.output_bytes_max())?;
        Ok(output)
    }

    /// Commits how the run ended, unless the job has moved on without it.
    async fn end_run(
        &self,
        id: &JobId,
        command: Command,
        mut slot: Option<Box<Slot>>,
    ) -> Result<Job, Error> {
        let finished = matches!(command, Command::FinishRun { .. });
        for _ in 0..DECISIONS_MAX {
            let settle = |batch: &mut Batch, job: &JobRecord| match &slot {
                Some(slot) if finished => {
                    slot.remember(batch, Answer::Job(Box::new(job.clone())));
                }
                Some(slot) => slot.forget(batch),
                None => {}
            };
            match self
                .attempt_and_view("submit", &Actor::System, id, &command, settle)
                .await
            {
                Ok(Some(job)) => return Ok(job),
                Ok(None) => slot = self.still_held("submit", slot).await?,
                Err(Error::Rejected(rejection)) => {
                    self.abandon(slot).await;
                    return Err(rejection.into());
                }
                // The run was committed before: nobody may say that nothing was changed.
                Err(Error::Store { op, source }) => {
                    return Err(Error::OutcomeUnknown { op, source });
                }
                Err(error) => return Err(error),
            }
        }
        Err(Error::Busy { op: "submit" })
    }
}

/// How a request to run a skill begins.
enum Started {
    /// It was made before.
    Replayed(Box<Job>),
    /// The run is committed.
    Running {
        job: Box<Job>,
        run: Run,
        slot: Option<Box<Slot>>,
    },
}

/// What a job's history keeps of a failure: short, and a text like any other.
fn cause(failure: &SkillError) -> String {
    let text = failure.to_string().replace('\0', "\u{fffd}");
    text.chars().take(CAUSE_CHARS_MAX).collect()
}

impl From<Rejection> for SkillError {
    fn from(rejection: Rejection) -> SkillError {
        SkillError::new(rejection.to_string())
    }
}
