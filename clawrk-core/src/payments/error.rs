//! What can go wrong with a provider, told by what it means for money.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A provider gave no answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{failure}: {detail}")]
pub struct PaymentsError {
    /// What it means.
    pub failure: Failure,
    /// What the provider or the network said, for an operator. Holds no secret.
    pub detail: String,
    /// The provider's id of the request.
    pub request_id: Option<String>,
}

/// What it means that there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// No byte was sent: no address, no connection, no TLS.
    #[error("the payment provider could not be reached")]
    NotSent,
    /// The provider did not begin with it: too many requests, or another one under the same key.
    #[error("the payment provider is busy")]
    NotBegun {
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// The key is not accepted, or may not do this. Nothing was done.
    #[error("the payment provider does not accept the key")]
    Unauthorized,
    /// The provider will not do it, and did not.
    #[error("the payment provider declined ({code})")]
    Declined {
        /// Who can mend it.
        class: DeclineClass,
        /// The provider's code, such as `balance_insufficient`.
        code: String,
    },
    /// There is no such thing.
    #[error("the payment provider does not know it")]
    NotFound,
    /// The key stands for another request.
    #[error("the payment provider knows the idempotency key from another request")]
    KeyReused,
    /// The clock here is not the provider's, so that no time can be relied on. Core finds that out;
    /// no provider says so.
    #[error("the clocks here and at the payment provider differ")]
    ClocksDiffer,
    /// Whether it was done cannot be told.
    #[error("the outcome at the payment provider is unknown")]
    Unknown,
}

/// Who can mend what was declined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclineClass {
    /// The exchange: its balance is too low.
    Platform,
    /// The receiver: the account cannot be paid.
    Account,
    /// A person has to look.
    Person,
}

/// A webhook that is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// No secret is configured that it could be checked with.
    #[error("no webhook secret is configured")]
    NoSecret,
    /// The signature is missing, malformed, wrong, or too old.
    #[error("the signature {0}")]
    Signature(&'static str),
    /// Signed, but not an event.
    #[error("the body is not an event: {0}")]
    Body(String),
}
