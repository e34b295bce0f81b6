//! Links that a payment provider gives out, under the idempotency keys of those who asked.

use std::future::Future;

use crate::engine::commit::CommitFailure;
use crate::engine::once::{Recalled, Slot};
use crate::engine::{Call, DECISIONS_MAX, Engine};
use crate::error::{Error, Rejection};
use crate::record::Answer;

/// How many answers of the provider a link may take: one to make whom it is for, one for the link,
/// and the same once more where that somebody was found to be gone.
const ANSWERS_MAX: u32 = 5;

impl Engine {
    /// The link that `making` comes to, or the one that the same call was given before. The key is
    /// reserved for as long as the provider may take; the same call meanwhile is refused.
    ///
    /// # Errors
    /// Those of `making`, after which the key is free, and those of idempotent calls.
    pub(super) async fn link_once(
        &self,
        op: &'static str,
        call: &Call<'_>,
        making: impl Future<Output = Result<String, Error>>,
    ) -> Result<String, Error> {
        let slot = match self.reserve_link(op, call).await? {
            Reserved::Unkeyed => return making.await,
            Reserved::Replayed(url) => return Ok(url),
            Reserved::Slot(slot) => slot,
        };
        let made = making.await;
        let mut batch = self.batch()?;
        match &made {
            Ok(url) => slot.remember(&mut batch, Answer::Url(url.clone())),
            Err(_) => slot.forget(&mut batch),
        }
        match (made, self.commit(op, batch).await) {
            (Ok(url), Ok(())) => Ok(url),
            // It took so long that the key went to the same call once more, or to another one.
            (Ok(url), Err(CommitFailure::Conflict)) => match self.recall(call).await? {
                Recalled::Done(answer) => replay(call, answer),
                _ => Ok(url),
            },
            (Ok(_), Err(failure)) => Err(failure.into_error(op)),
            (Err(error), freed) => {
                if let Err(failure) = freed {
                    tracing::debug!(
                        op,
                        ?failure,
                        "an idempotency key stays reserved for a while"
                    );
                }
                Err(error)
            }
        }
    }

    async fn reserve_link(&self, op: &'static str, call: &Call<'_>) -> Result<Reserved, Error> {
        for _ in 0..DECISIONS_MAX {
            let slot = match self.recall(call).await? {
                Recalled::Unkeyed => return Ok(Reserved::Unkeyed),
                Recalled::Done(answer) => return replay(call, answer).map(Reserved::Replayed),
                Recalled::New(slot) => slot,
            };
            let longest = self
                .inner
                .policy
                .payments_timeout
                .saturating_mul(ANSWERS_MAX);
            let mut batch = self.batch()?;
            let held = slot.reserve(&mut batch, self.inner.clock.now().after(longest));
            match self.commit(op, batch).await {
                Ok(()) => return Ok(Reserved::Slot(Box::new(held))),
                Err(CommitFailure::Conflict) => {}
                Err(failure) => return Err(failure.into_error(op)),
            }
        }
        Err(Error::Busy { op })
    }
}

/// How a call for a link begins.
enum Reserved {
    /// It carries no key.
    Unkeyed,
    /// It was made before, and given this link.
    Replayed(String),
    /// It is new, and its key is held.
    Slot(Box<Slot>),
}

fn replay(call: &Call<'_>, answer: Answer) -> Result<String, Error> {
    let Answer::Url(url) = answer else {
        return Err(Rejection::IdempotencyKeyReused.into());
    };
    if let Some(once) = call.once {
        once.mark_replayed();
    }
    Ok(url)
}
