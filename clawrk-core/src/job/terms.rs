//! What was agreed when a job was made.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::money::{Cents, Credits};

/// What a rejection does with the credits held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnRejected {
    /// The sender has them back.
    #[default]
    Refund,
    /// They are forfeited.
    Keep,
    /// The job is offered again, until `max_attempts` outputs were rejected; then it fails and the
    /// sender has them back.
    Requeue,
}

/// The terms of a job, frozen when it is made: later settings never change them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The skill's price.
    pub cost: Credits,
    /// What is held while the job is open: the cost while credits are enforced, else nothing.
    pub held: Credits,
    /// What the receiver is paid once the job is verified. Zero unless credits are held and
    /// payments are configured.
    pub payout: Cents,
    /// The payout's currency, as a lower-case ISO 4217 code.
    pub currency: String,
    /// What a rejection does.
    pub on_rejected: OnRejected,
    /// How many outputs may be rejected before a requeued job fails.
    pub max_attempts: u32,
    /// How long a receiver may hold the job before it returns to the queue.
    pub accept_timeout: Option<Duration>,
    /// How long output waits for the sender before the system verifies it.
    pub review_timeout: Option<Duration>,
}
