//! What users and the operator can ask for.

use clawrk_core::engine::{JobFilter, PageRequest};
use clawrk_core::error::Error;
use clawrk_core::id::{JobId, UserId};
use clawrk_core::job::{Actor, Job, Status};
use clawrk_core::money::Credits;
use clawrk_core::{Call, Engine, Once};

/// A command, given once or, under a key, again and again.
#[derive(Debug, Clone)]
pub(super) struct Command {
    /// Tells this request from all others; the same for repetitions under one key.
    pub(super) request: u64,
    pub(super) key: Option<String>,
    pub(super) by: Actor,
    pub(super) verb: Verb,
}

#[derive(Debug, Clone)]
pub(super) enum Verb {
    Create(String),
    Accept(JobId),
    Submit(JobId, String),
    RunSkill(JobId),
    Verify(JobId),
    Cancel(JobId),
    Release(JobId),
    Grant(UserId, i64),
    Look(JobId),
    List,
    SeeSelf,
    Tick,
}

/// What a command gave.
#[derive(Debug)]
pub(super) enum Answer {
    Job { job: Box<Job>, replayed: bool },
    Credits(Credits),
    Nothing,
    Failed(Error),
}

impl Command {
    pub(super) fn tick() -> Command {
        Command {
            request: 0,
            key: None,
            by: Actor::System,
            verb: Verb::Tick,
        }
    }

    pub(super) async fn give(&self, engine: &Engine) -> Answer {
        let key = self.key.clone();
        let once = key.map(|key| Once::new(key, &self.request.to_be_bytes()).unwrap());
        let answer = self.ask(engine, once.as_ref()).await;
        let was_replayed = once.is_some_and(|once| once.was_replayed());
        match answer {
            Ok(Answer::Job { job, .. }) => Answer::Job {
                job,
                replayed: was_replayed,
            },
            Ok(answer) => answer,
            Err(error) => Answer::Failed(error),
        }
    }

    async fn ask(&self, engine: &Engine, once: Option<&Once>) -> Result<Answer, Error> {
        let call = match &self.by {
            Actor::User(user) => Call::by(user),
            Actor::Admin | Actor::System => Call::by_admin(),
        };
        let call = match once {
            Some(once) => call.once(once),
            None => call,
        };
        let job = |job: Job| Answer::Job {
            job: Box::new(job),
            replayed: false,
        };
        Ok(match &self.verb {
            Verb::Create(prompt) => job(engine.create_job(call, prompt).await?),
            Verb::Accept(id) => job(engine.accept_job(call, id).await?),
            Verb::Submit(id, output) => job(engine.submit_output(call, id, Some(output)).await?),
            Verb::RunSkill(id) => job(engine.submit_output(call, id, None).await?),
            Verb::Verify(id) => job(engine.verify_job(call, id).await?),
            Verb::Cancel(id) => job(engine.cancel_job(call, id).await?),
            Verb::Release(id) => job(engine.release_job(call, id).await?),
            Verb::Grant(user, delta) => {
                let (delta, reason) = (Credits::new(*delta), format!("#{}", self.request));
                Answer::Credits(engine.grant_credits(call, user, delta, &reason).await?)
            }
            Verb::Tick => {
                engine.tick(3).await?;
                Answer::Nothing
            }
            Verb::Look(_) | Verb::List | Verb::SeeSelf => self.read(engine).await?,
        })
    }

    /// Asks for what a user may see, and checks that it is no more.
    async fn read(&self, engine: &Engine) -> Result<Answer, Error> {
        let Some(viewer) = self.by.user() else {
            return Ok(Answer::Nothing);
        };
        match &self.verb {
            Verb::Look(id) => {
                let job = engine.job(viewer, id).await?;
                let may = job.sender == *viewer
                    || job.receiver.as_ref() == Some(viewer)
                    || job.status == Status::Queued;
                assert!(may, "{viewer} sees {job:?}");
                for event in engine.events(viewer, id, 0).await? {
                    assert_eq!(event.job, *id);
                }
            }
            Verb::List => {
                // Small pages, so that cursors are given out.
                let (mut jobs, mut page) = (Vec::new(), PageRequest::first());
                page.rows = 3;
                loop {
                    let found = engine.jobs(viewer, &JobFilter::sent(), &page).await?;
                    jobs.extend(found.items);
                    page.after = found.next;
                    if page.after.is_none() {
                        break;
                    }
                }
                assert!(jobs.iter().all(|job| job.sender == *viewer));
                let newest_first = jobs.is_sorted_by(|a, b| a.created_at >= b.created_at);
                assert!(newest_first, "{jobs:?}");
            }
            _ => {
                let user = engine.user(viewer).await?;
                assert!(user.credits >= Credits::ZERO, "{user:?}");
            }
        }
        Ok(Answer::Nothing)
    }
}
