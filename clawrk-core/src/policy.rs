//! The settings of an exchange.

use std::time::Duration;

use crate::job::OnRejected;

/// A timeout that may be left to the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timeout {
    /// Off while credits are off, else the documented default.
    #[default]
    Auto,
    /// Never.
    Off,
    /// After that long.
    After(Duration),
}

impl Timeout {
    fn resolve(self, credits: bool, default: Duration) -> Option<Duration> {
        match self {
            Timeout::Auto => credits.then_some(default),
            Timeout::Off => None,
            Timeout::After(duration) => Some(duration),
        }
    }
}

/// Who may look at a job that is not queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Visibility {
    /// Its sender and its receiver.
    #[default]
    Participants,
    /// Every user.
    Everyone,
}

/// The settings of an exchange. What of them a job depends on is frozen in the job's terms when it
/// is made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// Whether making a job takes credits. Default: no.
    pub credits: bool,
    /// What a rejection does with held credits. Default: refund.
    pub on_rejected: OnRejected,
    /// How many outputs of a job may be rejected where rejected jobs are offered again. Default: 3.
    pub max_attempts: u32,
    /// How long a receiver may hold a job. Default where credits are on: 7 days.
    pub accept_timeout: Timeout,
    /// How long output waits for the sender. Default where credits are on: 72 hours.
    pub review_timeout: Timeout,
    /// How long a skill may run. Default: 60 seconds.
    pub skill_timeout: Duration,
    /// Who may look at a job that is not queued. Default: its participants.
    pub visibility: Visibility,
    /// The longest prompt in bytes. Default: 32 KiB.
    pub prompt_bytes_max: usize,
    /// The longest output in bytes. Default: 512 KiB.
    pub output_bytes_max: usize,
    /// What a receiver is paid for each credit of a job's cost, in cents. Default: 50.
    pub payout_cents_per_credit: u32,
    /// The currency of payouts, as a lower-case ISO 4217 code. Default: `usd`.
    pub currency: String,
    /// How long an idempotent request is remembered. Default: 30 days. Less than
    /// [`Policy::IDEMPOTENCY_RETENTION_MIN`] counts as that.
    pub idempotency_retention: Duration,
}

impl Policy {
    /// The documented default of [`Policy::accept_timeout`].
    pub const ACCEPT_TIMEOUT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
    /// The documented default of [`Policy::review_timeout`].
    pub const REVIEW_TIMEOUT: Duration = Duration::from_secs(72 * 60 * 60);

    /// The least of [`idempotency_retention`](field@Policy::idempotency_retention). The proofs of
    /// commits are kept as long, and are needed for as long as a commit may be in doubt.
    pub const IDEMPOTENCY_RETENTION_MIN: Duration = Duration::from_secs(60 * 60);

    /// How long a request made now is remembered.
    pub(crate) fn retention(&self) -> Duration {
        self.idempotency_retention
            .max(Self::IDEMPOTENCY_RETENTION_MIN)
    }

    /// How long a receiver may hold a job made now.
    pub fn accept_timeout(&self) -> Option<Duration> {
        self.accept_timeout
            .resolve(self.credits, Self::ACCEPT_TIMEOUT)
    }

    /// How long the output of a job made now waits for the sender.
    pub fn review_timeout(&self) -> Option<Duration> {
        self.review_timeout
            .resolve(self.credits, Self::REVIEW_TIMEOUT)
    }
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            credits: false,
            on_rejected: OnRejected::Refund,
            max_attempts: 3,
            accept_timeout: Timeout::Auto,
            review_timeout: Timeout::Auto,
            skill_timeout: Duration::from_secs(60),
            visibility: Visibility::Participants,
            prompt_bytes_max: 32 << 10,
            output_bytes_max: 512 << 10,
            payout_cents_per_credit: 50,
            currency: "usd".to_owned(),
            idempotency_retention: Duration::from_secs(30 * 24 * 60 * 60),
        }
    }
}
