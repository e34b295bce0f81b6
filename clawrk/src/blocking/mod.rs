//! The same exchange for programs without `async`.
//!
//! Each verb of [`Engine`] is the one of [`clawrk::Engine`](crate::Engine), waited for; no rule is
//! written twice.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use clawrk::{Status, UserId};
//!
//! let engine = clawrk::blocking::open("memory:")?;
//! let (alice, bob) = (UserId::new("alice")?, UserId::new("bob")?);
//! let job = engine.create_job(&alice, "Sum up RFC 9110 in ten lines")?;
//! engine.accept_job(&bob, &job.id)?;
//! engine.submit_output(&bob, &job.id, None)?;
//! assert_eq!(engine.verify_job(&alice, &job.id)?.status, Status::Verified);
//! # Ok(())
//! # }
//! ```
//!
//! Inside an async task, waiting like this would block whatever else the thread has to do. There,
//! every call is refused:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let refused = clawrk::blocking::open("memory:").unwrap_err();
//! assert!(matches!(refused, clawrk::OpenError::InsideAsync));
//! # }
//! ```

mod engine;
mod error;
mod runtime;

use crate::{EngineBuilder, OpenError};

pub use engine::Engine;
pub use error::Error;

use runtime::Runtime;

/// Opens the exchange that a URI names, as [`clawrk::open`](crate::open) does.
///
/// # Errors
/// Every [`OpenError`]; [`OpenError::InsideAsync`] on a thread that belongs to a tokio runtime,
/// those of `spawn_blocking` included.
pub fn open(uri: &str) -> Result<Engine, OpenError> {
    open_with(uri, |builder| builder)
}

/// Opens the exchange that a URI names, with settings.
///
/// ```
/// # fn main() -> Result<(), clawrk::OpenError> {
/// let mut policy = clawrk::Policy::default();
/// policy.credits = true;
/// let engine = clawrk::blocking::open_with("memory:", |builder| builder.policy(policy))?;
/// assert!(engine.policy().credits);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`open`].
pub fn open_with(
    uri: &str,
    settings: impl FnOnce(EngineBuilder) -> EngineBuilder,
) -> Result<Engine, OpenError> {
    let runtime = Runtime::start()?;
    let builder = runtime
        .wait(crate::builder(uri))
        .ok_or(OpenError::InsideAsync)??;
    Ok(Engine::new(settings(builder).build(), runtime))
}
