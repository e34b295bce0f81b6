//! The exchange says no.

use std::time::Duration;

use crate::error::Code;
use crate::id::UserId;
use crate::job::{CommandKind, Status};
use crate::money::Credits;
use crate::payments::{Mode, WebhookError};
use crate::record::PayoutStatus;

/// A refusal. Nothing was changed. Each text names the cause and what would help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// A field cannot be used.
    #[error("`{field}` {cause}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong with it and how to mend it.
        cause: String,
    },
    /// A text is over its limit.
    #[error("`{field}` is {bytes} bytes long; at most {limit} are accepted")]
    TooLong {
        /// The field.
        field: &'static str,
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// An idempotency key of the wrong form.
    #[error("an idempotency key is 1 to 255 visible ASCII characters")]
    InvalidIdempotencyKey,
    /// The idempotency key stands for another request.
    #[error("this idempotency key was used for another request; use a new key for a new request")]
    IdempotencyKeyReused,
    /// The first request under this key is still being worked on.
    #[error("the first request under this idempotency key is still being worked on; try again")]
    RequestInProgress {
        /// When to try again at the latest.
        retry_after: Duration,
    },
    /// The operator alone may do this.
    #[error("only the operator may do this")]
    AdminOnly,
    /// A user alone may do this.
    #[error("only a user may do this; the operator's key is no user")]
    UserOnly,
    /// A login code that is unknown, used or expired.
    #[error("the login code is unknown, used or expired; ask for a new one")]
    LoginCodeInvalid,
    /// No payment provider is configured.
    #[error("payments are not configured on this server")]
    PaymentsNotConfigured,
    /// The payment provider's key is for another kind of money than the exchange has.
    #[error(
        "this exchange has {store} money, and the key of the payment provider is for {key} money; \
         give that key a store of its own"
    )]
    OtherMoney {
        /// The money that the store knows.
        store: Mode,
        /// That of the key.
        key: Mode,
    },
    /// A webhook that is not taken.
    #[error("the webhook is not taken: {0}")]
    Webhook(WebhookError),
    /// A plan that has no price.
    #[error("the plan {0} has no price on this server; choose another")]
    TierNotConfigured(String),
    /// No such job, or none that the caller may see.
    #[error("there is no such job")]
    JobNotFound,
    /// No such user.
    #[error("there is no user {0}")]
    UserNotFound(UserId),
    /// No such API key, or none of that user's.
    #[error("there is no such key")]
    KeyNotFound,
    /// No such payout.
    #[error("there is no such payout")]
    PayoutNotFound,
    /// What the payment provider has does not agree with what the operator says of a payout.
    #[error("{0}")]
    TransferMismatch(String),
    /// The payout's status forbids the command.
    #[error("the payout is {}; {command} needs it to be {needed}", .status.as_str())]
    WrongPayoutStatus {
        /// The command.
        command: &'static str,
        /// Where the payout stands.
        status: PayoutStatus,
        /// Where it would have to stand.
        needed: String,
    },
    /// The job's skill is running.
    #[error("the job's skill is running; wait for it, or hand in output")]
    SkillRunning,
    /// The job's status forbids the command.
    #[error("the job is {status}; {command} needs it to be {needed}")]
    WrongStatus {
        /// The command.
        command: CommandKind,
        /// Where the job stands.
        status: Status,
        /// Where it would have to stand.
        needed: String,
    },
    /// Only the sender may do this.
    #[error("only the job's sender may do this")]
    NotSender,
    /// Only the receiver may do this.
    #[error("only the job's receiver may do this")]
    NotReceiver,
    /// The user id is taken.
    #[error("the user id {0} is taken; choose another")]
    UserExists(UserId),
    /// The user has as many API keys as there may be.
    #[error("the user has {limit} API keys, the most there may be; revoke one that is not used")]
    TooManyKeys {
        /// How many there may be.
        limit: usize,
    },
    /// Too few credits.
    #[error("the account has too few credits: this takes {needed}; ask for more")]
    InsufficientCredits {
        /// How many it takes.
        needed: Credits,
    },
}

impl Rejection {
    pub(crate) fn invalid(field: &'static str, cause: impl Into<String>) -> Rejection {
        Rejection::Invalid {
            field,
            cause: cause.into(),
        }
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Rejection::Invalid { .. } => Code::InvalidRequest,
            Rejection::TooLong { .. } => Code::PayloadTooLarge,
            Rejection::InvalidIdempotencyKey => Code::InvalidIdempotencyKey,
            Rejection::IdempotencyKeyReused => Code::IdempotencyKeyReused,
            Rejection::RequestInProgress { .. } => Code::RequestInProgress,
            Rejection::AdminOnly => Code::AdminOnly,
            Rejection::UserOnly => Code::UserOnly,
            Rejection::LoginCodeInvalid => Code::LoginCodeInvalid,
            Rejection::PaymentsNotConfigured | Rejection::OtherMoney { .. } => Code::NotConfigured,
            Rejection::Webhook(_) => Code::WebhookInvalid,
            Rejection::TierNotConfigured(_) => Code::TierNotConfigured,
            Rejection::PayoutNotFound => Code::PayoutNotFound,
            Rejection::TransferMismatch(_) => Code::TransferMismatch,
            Rejection::WrongPayoutStatus { .. } => Code::WrongStatus,
            Rejection::JobNotFound => Code::JobNotFound,
            Rejection::UserNotFound(_) => Code::UserNotFound,
            Rejection::KeyNotFound => Code::KeyNotFound,
            Rejection::SkillRunning => Code::SkillRunning,
            Rejection::WrongStatus { .. } => Code::WrongStatus,
            Rejection::NotSender => Code::NotSender,
            Rejection::NotReceiver => Code::NotReceiver,
            Rejection::UserExists(_) => Code::UserExists,
            Rejection::TooManyKeys { .. } => Code::TooManyKeys,
            Rejection::InsufficientCredits { .. } => Code::InsufficientCredits,
        }
    }
}
