//! The life of a job.

mod event;
mod record;
mod state;
mod terms;
mod verification;

pub use event::{Actor, Event, EventKind};
pub use record::JobRecord;
pub use state::{Run, State, Status};
pub use terms::{OnRejected, Terms};
pub use verification::Verification;
