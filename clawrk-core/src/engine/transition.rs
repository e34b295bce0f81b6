//! Every change of a job that exists: read, decide, commit.

use crate::engine::commit::CommitFailure;
use crate::engine::once::Recalled;
use crate::engine::{Call, DECISIONS_MAX, Engine, measured};
use crate::error::{Error, Rejection};
use crate::id::JobId;
use crate::job::decide::{Command, Decision, decide};
use crate::job::{Actor, Event, Job, JobRecord};
use crate::record::{Answer, Body, Record, TextRecord};
use crate::store::{Batch, Guard, Key, StoreError};

impl Engine {
    /// Takes a queued job; the caller becomes its receiver.
    ///
    /// # Errors
    /// [`Rejection::JobNotFound`], [`Rejection::WrongStatus`]: of many callers at once, one gets
    /// the job. [`Rejection::UserOnly`] for the operator.
    pub async fn accept_job(&self, call: impl Into<Call<'_>>, job: &JobId) -> Result<Job, Error> {
        let call = call.into().to("accept", job);
        let receiver = call.user()?.clone();
        self.transition("accept", &call, job, Command::Accept { receiver })
            .await
    }

    /// Takes a queued job back; held credits return to the sender.
    ///
    /// # Errors
    /// [`Rejection::JobNotFound`], [`Rejection::WrongStatus`], [`Rejection::NotSender`].
    pub async fn cancel_job(&self, call: impl Into<Call<'_>>, job: &JobId) -> Result<Job, Error> {
        self.transition(
            "cancel",
            &call.into().to("cancel", job),
            job,
            Command::Cancel,
        )
        .await
    }

    /// Gives a job up that the caller accepted; it is offered again.
    ///
    /// # Errors
    /// [`Rejection::JobNotFound`], [`Rejection::WrongStatus`], [`Rejection::NotReceiver`].
    pub async fn release_job(&self, call: impl Into<Call<'_>>, job: &JobId) -> Result<Job, Error> {
        self.transition(
            "release",
            &call.into().to("release", job),
            job,
            Command::Release,
        )
        .await
    }

    /// Does it, and counts how it ended.
    pub(crate) async fn transition(
        &self,
        op: &'static str,
        call: &Call<'_>,
        job: &JobId,
        command: Command,
    ) -> Result<Job, Error> {
        measured::command(op, self.settle(op, call, job, &command).await)
    }

    /// Does it, deciding afresh whenever somebody else was quicker.
    async fn settle(
        &self,
        op: &'static str,
        call: &Call<'_>,
        job: &JobId,
        command: &Command,
    ) -> Result<Job, Error> {
        for _ in 0..DECISIONS_MAX {
            let slot = match self.recall(call).await? {
                Recalled::Done(answer) => return self.replay(call, answer).await,
                Recalled::New(slot) => Some(slot),
                Recalled::Unkeyed => None,
            };
            let remember = |batch: &mut Batch, job: &JobRecord| {
                if let Some(slot) = slot {
                    slot.remember(batch, Answer::Job(Box::new(job.clone())));
                }
            };
            match self
                .attempt_and_view(op, &call.actor, job, command, remember)
                .await
            {
                Ok(Some(job)) => return Ok(job),
                Ok(None) => {}
                Err(error) => {
                    let answer = self.recall_or(call, error).await?;
                    return self.replay(call, answer).await;
                }
            }
        }
        Err(Error::Busy { op })
    }

    /// One round: none where somebody else was quicker.
    pub(crate) async fn attempt(
        &self,
        op: &'static str,
        actor: &Actor,
        id: &JobId,
        command: &Command,
        attach: impl FnOnce(&mut Batch, &JobRecord) + Send,
    ) -> Result<Option<JobRecord>, Error> {
        let decided = self.decide(op, actor, id, command).await?;
        let job = decided.decision.job.clone();
        let written = self.write(op, actor, decided, attach).await?;
        Ok(written.then_some(job))
    }

    /// One round that gives the job as it then is. Its texts are read before the commit: what
    /// fails after it would look as if nothing had been done.
    pub(crate) async fn attempt_and_view(
        &self,
        op: &'static str,
        actor: &Actor,
        id: &JobId,
        command: &Command,
        attach: impl FnOnce(&mut Batch, &JobRecord) + Send,
    ) -> Result<Option<Job>, Error> {
        let decided = self.decide(op, actor, id, command).await?;
        let Decision { job, text, .. } = &decided.decision;
        let job = self.view_with(job, text.clone()).await?;
        let written = self.write(op, actor, decided, attach).await?;
        Ok(written.then_some(job))
    }

    async fn decide(
        &self,
        op: &'static str,
        actor: &Actor,
        id: &JobId,
        command: &Command,
    ) -> Result<Decided, Error> {
        let (version, job) = self.job_record(op, id).await?;
        let decision = decide(&job, command.clone(), actor, self.inner.clock.now())?;
        Ok(Decided { version, decision })
    }

    /// Whether it was written; not where somebody else was quicker.
    async fn write(
        &self,
        op: &'static str,
        actor: &Actor,
        decided: Decided,
        attach: impl FnOnce(&mut Batch, &JobRecord) + Send,
    ) -> Result<bool, Error> {
        let Decided { version, decision } = decided;
        let job = decision.job.clone();
        let mut batch = self.batch()?;
        write_change(&mut batch, version, decision, actor);
        attach(&mut batch, &job);
        match self.commit(op, batch).await {
            Ok(()) => Ok(true),
            Err(CommitFailure::Conflict) => Ok(false),
            Err(failure) => Err(failure.into_error(op)),
        }
    }

    /// A job's record with its version.
    pub(crate) async fn job_record(
        &self,
        op: &'static str,
        id: &JobId,
    ) -> Result<(u64, JobRecord), Error> {
        match self.read_one(op, Key::Job(*id)).await? {
            Some(Record {
                version,
                body: Body::Job(job),
                ..
            }) => Ok((version, job)),
            Some(_) => Err(corrupt(op, format!("job {id} is something else"))),
            None => Err(Rejection::JobNotFound.into()),
        }
    }

    /// The answer of a call that had its effect before.
    pub(crate) async fn replay(&self, call: &Call<'_>, answer: Answer) -> Result<Job, Error> {
        if let Some(once) = call.once {
            once.mark_replayed();
        }
        match answer {
            Answer::Job(job) => self.view(&job).await,
            _ => Err(Rejection::IdempotencyKeyReused.into()),
        }
    }
}

/// A decision, and the version of the job that it is about.
struct Decided {
    version: u64,
    decision: Decision,
}

/// Puts a decision into a batch: the job, its history, and what moves with it.
pub(crate) fn write_change(batch: &mut Batch, version: u64, decision: Decision, actor: &Actor) {
    let job = decision.job;
    let id = job.id;
    let event = Event {
        job: id,
        seq: version + 1,
        kind: decision.event,
        actor: actor.clone(),
        at: job.updated_at,
        attempt: job.attempt,
        commit: batch.id,
    };
    batch.guards.push(Guard::At(Key::Job(id), version));
    batch.guards.push(Guard::Absent(Key::Event(id, event.seq)));
    batch.puts.push(Record::new(1, Body::Event(event)));
    batch.puts.push(Record::new(version + 1, Body::Job(job)));
    if let Some(text) = decision.text {
        batch
            .puts
            .push(Record::new(1, Body::Text(TextRecord { job: id, text })));
    }
    if let Some(payout) = decision.payout {
        batch.guards.push(Guard::Absent(Key::Payout(payout.id)));
        batch.puts.push(Record::new(1, Body::Payout(payout)));
    }
    batch.postings.extend(decision.postings);
}

pub(crate) fn corrupt(op: &'static str, detail: String) -> Error {
    Error::Store {
        op,
        source: StoreError::corrupt(detail),
    }
}
