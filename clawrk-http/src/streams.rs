//! Streams of events that are open: how many there may be, and their end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clawrk_core::error::Code;
use clawrk_core::id::UserId;
use tokio_util::sync::CancellationToken;

use crate::error::ApiError;
use crate::limits::Limits;

/// The streams of events that are open.
///
/// A stream lasts as long as its job does, so a program that wants to stop ends them itself.
#[derive(Debug, Clone, Default)]
pub struct Streams(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    ended: CancellationToken,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    of: HashMap<UserId, usize>,
}

impl Streams {
    /// Ends every stream, at once and in order, and refuses new ones. Their clients come back with
    /// the last event that they saw, to whoever serves them next.
    pub fn end_all(&self) {
        self.0.ended.cancel();
    }

    /// A place among the streams, for as long as what is given lives.
    pub(crate) fn take(&self, user: &UserId, limits: &Limits) -> Result<Place, ApiError> {
        if self.0.ended.is_cancelled() {
            let text = "the server is stopping; come back in a moment";
            return Err(ApiError::retry(Code::Closed, text));
        }
        let mut open = self.0.open();
        let own = open.of.get(user).copied().unwrap_or(0);
        if own >= limits.streams_per_user_max {
            return Err(too_many(format!("you have {own} streams of events open")));
        }
        if open.all >= limits.streams_max {
            let text = format!("{} streams of events are open", open.all);
            return Err(too_many(text));
        }
        open.all += 1;
        open.of.insert(user.clone(), own + 1);
        Ok(Place {
            shared: Arc::clone(&self.0),
            user: user.clone(),
        })
    }
}

fn too_many(found: String) -> ApiError {
    let text = format!("{found}, which is the most; end one, or try again later");
    ApiError::retry(Code::RateLimited, text)
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among the streams.
#[derive(Debug)]
pub(crate) struct Place {
    shared: Arc<Shared>,
    user: UserId,
}

impl Place {
    /// What the work gives, unless all streams are ended first.
    pub(crate) async fn unless_ended<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.shared.ended.run_until_cancelled(work).await
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.shared.open();
        open.all -= 1;
        if let Some(own) = open.of.get_mut(&self.user) {
            *own -= 1;
            if *own == 0 {
                open.of.remove(&self.user);
            }
        }
    }
}
