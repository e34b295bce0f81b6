//! Posting a job.

use crate::engine::commit::CommitFailure;
use crate::engine::once::{Recalled, Slot};
use crate::engine::{Call, DECISIONS_MAX, Engine, limits, measured};
use crate::error::{Error, Rejection};
use crate::id::{JobId, UserId};
use crate::job::decide::hold;
use crate::job::{Actor, Event, EventKind, Job, JobRecord, State, Terms};
use crate::ledger::Account;
use crate::money::{Cents, Credits};
use crate::record::{Answer, Body, Record, Text, TextRecord};
use crate::skill::{Skill, cost};
use crate::store::{Batch, Guard, Key};
use crate::structuring::Structured;

impl Engine {
    /// Posts a job: the prompt is turned into title, intent, skill and criteria, and the skill's
    /// cost is set aside from the sender's credits while credits are on.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] or [`Rejection::TooLong`] for the prompt,
    /// [`Rejection::InsufficientCredits`]; [`Rejection::UserOnly`] for the operator.
    /// [`Error::Model`] where the language model gives no answer that can be used.
    pub async fn create_job(&self, call: impl Into<Call<'_>>, prompt: &str) -> Result<Job, Error> {
        let call = call.into().to("create", "job");
        measured::command("create", self.create(&call, prompt).await)
    }

    async fn create(&self, call: &Call<'_>, prompt: &str) -> Result<Job, Error> {
        let sender = call.user()?;
        for _ in 0..DECISIONS_MAX {
            let slot = match self.recall(call).await? {
                Recalled::Done(answer) => return self.replay(call, answer).await,
                Recalled::New(slot) => Some(slot),
                Recalled::Unkeyed => None,
            };
            limits::text("prompt", prompt, self.inner.policy.prompt_bytes_max)?;
            let cheapest = self.inner.skills.cheapest();
            if let Err(error) = self.can_afford(sender, cheapest).await {
                let answer = self.recall_or(call, error).await?;
                return self.replay(call, answer).await;
            }
            // Only jobs that take credits are paid.
            if self.inner.policy.credits {
                self.claim_money().await?;
            }
            let Some(slot) = self.hold("create", slot).await? else {
                continue;
            };
            let posted = match self.structured(prompt).await {
                Ok(structured) => self.post(sender, prompt, structured, slot.as_deref()).await,
                Err(error) => Err(error),
            };
            match posted {
                Ok(Some(job)) => return Ok(job),
                Ok(None) => {}
                Err(error) => {
                    self.abandon(slot).await;
                    return Err(error);
                }
            }
        }
        Err(Error::Busy { op: "create" })
    }

    /// Commits the job; none where somebody else was quicker.
    async fn post(
        &self,
        sender: &UserId,
        prompt: &str,
        structured: Structured,
        slot: Option<&Slot>,
    ) -> Result<Option<Job>, Error> {
        let (record, text) = self.draft(sender, prompt, structured)?;
        let job = self.view_with(&record, Some(text.clone())).await?;
        let mut batch = self.batch()?;
        write_job(&mut batch, &record, text);
        if let Some(slot) = slot {
            slot.remember(&mut batch, Answer::Job(Box::new(record.clone())));
        }
        let needed = record.terms.held;
        match self.commit("create", batch).await {
            Ok(()) => Ok(Some(job)),
            Err(CommitFailure::Conflict) => Ok(None),
            Err(CommitFailure::Short(_)) => Err(Rejection::InsufficientCredits { needed }.into()),
            Err(failure) => Err(failure.into_error("create")),
        }
    }

    /// Refuses who has too little before anything that costs is asked. The commit checks again.
    async fn can_afford(&self, user: &UserId, needed: Credits) -> Result<(), Error> {
        if self.inner.policy.credits && self.balance("create", user).await?.1 < needed {
            return Err(Rejection::InsufficientCredits { needed }.into());
        }
        Ok(())
    }

    /// The job as it will be, with its texts.
    fn draft(
        &self,
        sender: &UserId,
        prompt: &str,
        structured: Structured,
    ) -> Result<(JobRecord, Text), Error> {
        let Structured {
            title,
            intent,
            criteria,
            skill,
        } = structured;
        let skill = self.inner.skills.get(&skill);
        let skill =
            skill.ok_or_else(|| Error::Internal("the skill is not registered".to_owned()))?;
        let now = self.inner.clock.now();
        let record = JobRecord {
            id: JobId::new(now, self.inner.ids.as_ref())?,
            sender: sender.clone(),
            skill: skill.name().to_owned(),
            terms: self.terms(skill.as_ref())?,
            state: State::Queued,
            attempt: 0,
            rejections: 0,
            judged_attempt: None,
            created_at: now,
            updated_at: now,
        };
        let prompt = prompt.to_owned();
        Ok((
            record,
            Text::Brief {
                prompt,
                title,
                intent,
                criteria,
            },
        ))
    }

    /// What is agreed on a job that asks for this skill now.
    fn terms(&self, skill: &dyn Skill) -> Result<Terms, Error> {
        let policy = &self.inner.policy;
        let cost = cost(skill);
        let held = if policy.credits { cost } else { Credits::ZERO };
        let paid = held > Credits::ZERO && self.inner.payments.is_some();
        let rate = Cents::new(i64::from(policy.payout_cents_per_credit));
        let payout = if paid {
            cost.at_rate(rate)
        } else {
            Some(Cents::ZERO)
        };
        Ok(Terms {
            cost,
            held,
            payout: payout.ok_or_else(|| Error::Internal("a payout overflows".to_owned()))?,
            currency: policy.currency.clone(),
            on_rejected: policy.on_rejected,
            max_attempts: policy.max_attempts,
            accept_timeout: policy.accept_timeout(),
            review_timeout: policy.review_timeout(),
        })
    }

    /// The version of a user's account and its balance.
    pub(crate) async fn balance(
        &self,
        op: &'static str,
        user: &UserId,
    ) -> Result<(u64, Credits), Error> {
        match self
            .read_one(op, Key::Account(Account::User(user.clone())))
            .await?
        {
            None => Ok((0, Credits::ZERO)),
            Some(Record {
                version,
                body: Body::Account(account),
                ..
            }) => Ok((version, Credits::new(account.balance))),
            Some(_) => Err(super::transition::corrupt(op, format!("account of {user}"))),
        }
    }
}

fn write_job(batch: &mut Batch, job: &JobRecord, text: Text) {
    let id = job.id;
    let event = Event {
        job: id,
        seq: 1,
        kind: EventKind::Created,
        actor: Actor::User(job.sender.clone()),
        at: job.created_at,
        attempt: 0,
        commit: batch.id,
    };
    batch.guards.push(Guard::Absent(Key::Job(id)));
    batch.guards.push(Guard::Absent(Key::Event(id, 1)));
    batch.puts.push(Record::new(1, Body::Event(event)));
    batch.puts.push(Record::new(1, Body::Job(job.clone())));
    batch
        .puts
        .push(Record::new(1, Body::Text(TextRecord { job: id, text })));
    batch.postings.extend(hold(job));
}
