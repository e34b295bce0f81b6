//! Who calls, and whether the call is one that happens once.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};

use crate::error::Rejection;
use crate::id::UserId;
use crate::job::Actor;
use crate::record::Scope;

/// The longest idempotency key, in characters.
const KEY_CHARS_MAX: usize = 255;

/// A request that has its effect once, however often it is made.
///
/// Give the same key and the same request again after a lost answer, and the first answer comes
/// back without a second effect. Remembered for [`idempotency_retention`]; a refusal is not
/// remembered, since it changed nothing.
///
/// [`idempotency_retention`]: field@crate::policy::Policy::idempotency_retention
pub struct Once {
    pub(crate) key: String,
    pub(crate) request: [u8; 32],
    replayed: AtomicBool,
}

impl Once {
    /// A key of 1 to 255 visible ASCII characters, and whatever tells this request from another
    /// one, such as the bytes of its body.
    ///
    /// # Errors
    /// [`Rejection::InvalidIdempotencyKey`].
    pub fn new(key: impl Into<String>, request: &[u8]) -> Result<Once, Rejection> {
        let key = key.into();
        let fits = (1..=KEY_CHARS_MAX).contains(&key.len());
        if !fits || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Rejection::InvalidIdempotencyKey);
        }
        let request = Sha256::digest(request).into();
        Ok(Once {
            key,
            request,
            replayed: AtomicBool::new(false),
        })
    }

    /// Whether the answer was one given before.
    pub fn was_replayed(&self) -> bool {
        self.replayed.load(Ordering::Acquire)
    }

    pub(crate) fn mark_replayed(&self) {
        self.replayed.store(true, Ordering::Release);
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}

/// Who gives a command, and under which idempotency key.
///
/// A `&UserId` is a call by that user without a key.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    pub(crate) actor: Actor,
    pub(crate) once: Option<&'a Once>,
    /// What the call does to what; empty until a verb takes the call.
    pub(crate) command: String,
}

impl<'a> Call<'a> {
    /// A call by a user.
    pub fn by(user: &UserId) -> Call<'a> {
        Call {
            actor: Actor::User(user.clone()),
            once: None,
            command: String::new(),
        }
    }

    /// A call by the operator.
    pub fn by_admin() -> Call<'a> {
        Call {
            actor: Actor::Admin,
            once: None,
            command: String::new(),
        }
    }

    /// The same call, to have its effect once.
    #[must_use]
    pub fn once(mut self, once: &'a Once) -> Call<'a> {
        self.once = Some(once);
        self
    }

    /// The same call, as a command on a job or a user: under one key, another command is another
    /// request, whatever the caller takes for the request itself.
    pub(crate) fn to(mut self, op: &str, subject: impl fmt::Display) -> Call<'a> {
        self.command = format!("{op} {subject}");
        self
    }

    /// The user who calls.
    pub(crate) fn user(&self) -> Result<&UserId, Rejection> {
        self.actor.user().ok_or(Rejection::UserOnly)
    }

    /// Nobody but the operator may go on.
    pub(crate) fn admin(&self) -> Result<(), Rejection> {
        if self.actor == Actor::Admin {
            Ok(())
        } else {
            Err(Rejection::AdminOnly)
        }
    }

    /// Within what the call's key is unique.
    pub(crate) fn scope(&self) -> Scope {
        match &self.actor {
            Actor::User(user) => Scope::User(user.clone()),
            Actor::Admin => Scope::Admin,
            Actor::System => Scope::Commit,
        }
    }
}

impl From<&UserId> for Call<'_> {
    fn from(user: &UserId) -> Self {
        Call::by(user)
    }
}
