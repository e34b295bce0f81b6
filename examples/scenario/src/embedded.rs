//! An exchange in this process.

use clawrk::blocking::{self, Engine};
use clawrk::{Call, Credits, Job, Policy, UserId};

use crate::{Answer, Exchange, Failure};

/// An empty exchange in memory in which jobs take credits.
#[derive(Debug)]
pub struct Embedded {
    engine: Engine,
}

impl Embedded {
    /// Opens it.
    ///
    /// # Errors
    /// Inside an async task, where it must not wait.
    pub fn open() -> Result<Embedded, Failure> {
        let mut policy = Policy::default();
        policy.credits = true;
        let engine = blocking::open_with("memory:", |builder| builder.policy(policy))?;
        Ok(Embedded { engine })
    }

    fn by_admin(&self, verb: &str, words: &[&str]) -> Result<Answer, Failure> {
        let credits = match (verb, words) {
            ("create_user", [id]) => self.engine.create_user(Some(id), None)?.user.credits,
            ("grant_credits", [user, credits, reason]) => {
                let (user, credits) = (UserId::new(*user)?, Credits::new(credits.parse()?));
                self.engine
                    .grant_credits(Call::by_admin(), &user, credits, reason)?
            }
            _ => return Err("the operator has no such verb".into()),
        };
        Ok(Answer::Credits(credits.units()))
    }

    fn by_user(&self, user: &UserId, verb: &str, words: &[&str]) -> Result<Answer, Failure> {
        let engine = &self.engine;
        let job = match (verb, words) {
            ("create_job", [prompt]) => engine.create_job(user, prompt)?,
            ("accept_job", [id]) => engine.accept_job(user, &id.parse()?)?,
            ("submit_output", [id]) => engine.submit_output(user, &id.parse()?, None)?,
            ("submit_output", [id, output]) => {
                engine.submit_output(user, &id.parse()?, Some(output))?
            }
            ("verify_job", [id]) => engine.verify_job(user, &id.parse()?)?,
            ("cancel_job", [id]) => engine.cancel_job(user, &id.parse()?)?,
            ("release_job", [id]) => engine.release_job(user, &id.parse()?)?,
            ("job", [id]) => engine.job(user, &id.parse()?)?,
            ("user", []) => return Ok(Answer::Credits(engine.user(user)?.credits.units())),
            _ => return Err("users have no such verb".into()),
        };
        Ok(shown(job))
    }
}

impl Exchange for Embedded {
    fn give(&mut self, who: &str, verb: &str, words: &[&str]) -> Result<Answer, Failure> {
        let answer = match who {
            "admin" => self.by_admin(verb, words),
            user => self.by_user(&UserId::new(user)?, verb, words),
        };
        answer.or_else(refused)
    }
}

fn shown(job: Job) -> Answer {
    Answer::Job {
        id: job.id.to_string(),
        status: job.status.to_string(),
        receiver: job.receiver.map(|user| user.to_string()),
        passed: job.verification.map(|verdict| verdict.passed),
    }
}

/// A rejection is an answer.
fn refused(failure: Failure) -> Result<Answer, Failure> {
    let error = failure.downcast_ref::<blocking::Error>();
    let Some(rejection) = error.and_then(blocking::Error::rejection) else {
        return Err(failure);
    };
    let code = rejection.code();
    Ok(Answer::Refused {
        status: code.info().status,
        code: code.to_string(),
    })
}
