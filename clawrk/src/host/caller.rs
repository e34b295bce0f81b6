//! Who calls, from texts.

use crate::{Call, Error, JobId, Once, Rejection, UserId};

/// Who calls, and under which idempotency key.
#[derive(Debug)]
pub(super) struct Caller {
    user: UserId,
    once: Option<Once>,
}

impl Caller {
    /// `request` is what tells this request from another one under the same key: the verb, the job
    /// and a text. A verb has no NUL, and what has one is no job, so that no two requests are
    /// joined to the same bytes.
    pub(super) fn new(user: &str, key: Option<&str>, request: [&str; 3]) -> Result<Caller, Error> {
        let once = key.map(|key| Once::new(key, request.join("\0").as_bytes()));
        Ok(Caller {
            user: user_id(user)?,
            once: once.transpose()?,
        })
    }

    pub(super) fn call(&self) -> Call<'_> {
        let call = Call::by(&self.user);
        match &self.once {
            Some(once) => call.once(once),
            None => call,
        }
    }
}

pub(super) fn user_id(text: &str) -> Result<UserId, Error> {
    UserId::new(text).map_err(|_| {
        let cause = format!(
            "must be 1 to {} bytes without control characters",
            UserId::BYTES_MAX
        );
        Error::Rejected(Rejection::Invalid {
            field: "user",
            cause,
        })
    })
}

/// What cannot be an id is the id of no job.
pub(super) fn job_id(text: &str) -> Result<JobId, Error> {
    text.parse()
        .map_err(|_| Error::Rejected(Rejection::JobNotFound))
}
