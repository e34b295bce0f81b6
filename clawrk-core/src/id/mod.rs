//! The names of things.

mod digits;
mod job;
mod key;
mod user;

pub use job::{CommitId, JobId, PayoutId};
pub use key::KeyId;
pub use user::UserId;

/// A text that cannot be the id it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {0}")]
pub struct InvalidId(pub(crate) &'static str);
