//! The one table of error codes.

use std::fmt;

/// Whether and how a call that failed may be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retry {
    /// The same call will fail again.
    Never,
    /// The same call may work in a while.
    SameRequest,
    /// The call may work once something else has changed.
    AfterChange,
    /// It may have been done: look first, or repeat it under the same idempotency key.
    CheckFirst,
}

impl Retry {
    /// The stable text, such as `same_request`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Retry::Never => "never",
            Retry::SameRequest => "same_request",
            Retry::AfterChange => "after_change",
            Retry::CheckFirst => "check_first",
        }
    }
}

/// What a code means to each of the outside worlds.
#[derive(Debug, Clone, Copy)]
pub struct CodeInfo {
    /// The code's stable text.
    pub name: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// Whether and how the call may be made again.
    pub retry: Retry,
    /// The exception in Python, and the variant of `ClawrkError` in Kotlin and Swift.
    pub exception: &'static str,
    /// What it means, for the reference.
    pub meaning: &'static str,
}

macro_rules! codes {
    ($(
        $variant:ident $name:literal $status:literal $retry:ident $exception:ident
        $meaning:literal;
    )*) => {
        /// A stable name for a kind of error, in order of precedence: where several apply, the
        /// first one is the answer.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $meaning] $variant,)*
        }

        /// Every code, in order of precedence.
        pub const CODES: &[Code] = &[$(Code::$variant,)*];

        impl Code {
            /// What the code means to each of the outside worlds.
            pub const fn info(self) -> CodeInfo {
                match self {
                    $(Code::$variant => CodeInfo {
                        name: $name,
                        status: $status,
                        retry: Retry::$retry,
                        exception: stringify!($exception),
                        meaning: $meaning,
                    },)*
                }
            }
        }
    };
}

codes! {
    RateLimited "rate_limited" 429 SameRequest RateLimited
        "Too many requests; wait as long as `Retry-After` says.";
    AuthenticationRequired "authentication_required" 401 AfterChange Unauthenticated
        "No valid bearer token came with the request.";
    RouteNotFound "route_not_found" 404 Never NotFound
        "There is no such route.";
    MethodNotAllowed "method_not_allowed" 405 Never InvalidRequest
        "The route exists, but not with this method.";
    AdminOnly "admin_only" 403 Never Forbidden
        "Only the operator may do this.";
    UserOnly "user_only" 403 Never Forbidden
        "Only a user may do this; the operator's key is no user.";
    NotConfigured "not_configured" 503 AfterChange Unavailable
        "The feature is not configured on this server.";
    PayloadTooLarge "payload_too_large" 413 Never TooLarge
        "The body, or a text in it, is over its limit.";
    IdempotencyUnsupported "idempotency_unsupported" 400 Never InvalidRequest
        "The answer holds a secret, which is not kept, so it cannot be given again.";
    InvalidIdempotencyKey "invalid_idempotency_key" 400 Never InvalidRequest
        "An idempotency key is 1 to 255 visible ASCII characters.";
    IdempotencyKeyReused "idempotency_key_reused" 409 Never Conflict
        "The idempotency key was used for another request.";
    RequestInProgress "request_in_progress" 409 SameRequest Conflict
        "The first request under this idempotency key is still being worked on.";
    MalformedBody "malformed_body" 400 Never InvalidRequest
        "The body is not the JSON that the route takes.";
    InvalidRequest "invalid_request" 400 Never InvalidRequest
        "A field is missing, or its value cannot be used; the text says which and why.";
    LoginCodeInvalid "login_code_invalid" 400 Never InvalidRequest
        "The login code is unknown, used or expired.";
    WebhookInvalid "webhook_invalid" 400 Never InvalidRequest
        "The webhook was not signed by the payment provider, or not now, or is no event.";
    TierNotConfigured "tier_not_configured" 503 AfterChange Unavailable
        "The plan exists, but has no price on this server.";
    JobNotFound "job_not_found" 404 Never NotFound
        "There is no such job, or none that the caller may see.";
    UserNotFound "user_not_found" 404 Never NotFound
        "There is no such user.";
    KeyNotFound "key_not_found" 404 Never NotFound
        "There is no such API key, or none of the caller's.";
    PayoutNotFound "payout_not_found" 404 Never NotFound
        "There is no such payout.";
    SkillRunning "skill_running" 400 SameRequest WrongStatus
        "The job's skill is running; wait for it, or hand in output.";
    TransferMismatch "transfer_mismatch" 409 AfterChange Conflict
        "What the payment provider has does not agree with what the operator says of a payout.";
    WrongStatus "wrong_status" 400 AfterChange WrongStatus
        "The status of the job or the payout forbids this.";
    NotSender "not_sender" 403 Never Forbidden
        "Only the job's sender may do this.";
    NotReceiver "not_receiver" 403 Never Forbidden
        "Only the job's receiver may do this.";
    NotYourself "not_yourself" 403 Never Forbidden
        "A user may see only their own account.";
    UserExists "user_exists" 409 Never Conflict
        "The user id is taken.";
    TooManyKeys "too_many_keys" 409 AfterChange Conflict
        "The user has as many API keys as there may be; revoke one.";
    InsufficientCredits "insufficient_credits" 402 AfterChange InsufficientCredits
        "The account has fewer credits than this takes.";
    SkillFailed "skill_failed" 502 SameRequest ProviderFailed
        "The skill failed or took too long; the job is the receiver's again.";
    LanguageModelUnavailable "language_model_unavailable" 502 SameRequest ProviderFailed
        "The language model gave no answer that can be used; nothing was changed.";
    PaymentsUnavailable "payments_unavailable" 502 SameRequest ProviderFailed
        "The payment provider gave no answer that can be used.";
    Busy "busy" 503 SameRequest Unavailable
        "Too many others change the same record at once.";
    StorePoisoned "store_poisoned" 503 AfterChange Unavailable
        "A write failed half-way, so the store answers nothing until it is opened again.";
    Closed "closed" 503 AfterChange Unavailable
        "The exchange was closed; open it again.";
    StoreUnavailable "store_unavailable" 503 SameRequest Unavailable
        "The store cannot answer for now; nothing was changed.";
    OutcomeUnknown "outcome_unknown" 503 CheckFirst OutcomeUnknown
        "The store could not tell whether the change was made.";
    StoreCorrupt "store_corrupt" 500 Never Internal
        "What is stored is damaged; nothing was changed.";
    Internal "internal" 500 Never Internal
        "An error inside the exchange; nothing was changed.";
}

impl Code {
    /// The code's stable text, such as `job_not_found`.
    pub const fn as_str(self) -> &'static str {
        self.info().name
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_different_and_snake_case() {
        let names: BTreeSet<_> = CODES.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), CODES.len());
        for name in names {
            assert!(
                name.chars().all(|c| c.is_ascii_lowercase() || c == '_'),
                "{name}"
            );
        }
    }

    #[test]
    fn precedence_is_the_order_of_the_table() {
        assert!(CODES.is_sorted());
    }
}
