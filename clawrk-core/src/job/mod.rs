//! The life of a job.

pub(crate) mod decide;
mod event;
mod record;
mod state;
mod terms;
mod transition;
mod verification;
mod view;

#[cfg(test)]
mod tests;

pub use event::{Actor, Event, EventKind};
pub use record::JobRecord;
pub use state::{InvalidStatus, Run, State, Status};
pub use terms::{OnRejected, Terms};
pub use transition::{CommandKind, Role, TRANSITIONS, Transition};
pub use verification::{CriterionVerdict, Verification};
pub(crate) use view::Brief;
pub use view::Job;
