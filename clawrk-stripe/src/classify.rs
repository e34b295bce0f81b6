//! What it means for money that a request was not simply done: one table, in one place.
//!
//! | answer | meaning |
//! |---|---|
//! | no connection: no address, refused, no TLS | not sent |
//! | anything cut off, late or unreadable, once there was a connection | unknown |
//! | an error that is not in Stripe's form; 3xx; 5xx; any status not named here | unknown |
//! | 429; 409 | not begun |
//! | 401; 403 but for `account_invalid` | unauthorized |
//! | `idempotency_error`, but for the 409 of a key in use | the key stands for another request |
//! | 404 to a look at something, with a `Request-Id` | not found |
//! | 400, 402, 404, 403 `account_invalid`, with a `Request-Id` | declined |
//! | the same without a `Request-Id`: who answered is not known | unknown |

use std::time::Duration;

use clawrk_core::payments::{DeclineClass, Failure};
use serde_json::Value;

use crate::shape::text;

const ACCOUNT_INVALID: &str = "account_invalid";
const KEY_ERROR: &str = "idempotency_error";
const KEY_IN_USE: &str = "idempotency_key_in_use";

/// Codes that say that the exchange's own balance is too low.
const PLATFORM_CODES: [&str; 1] = ["balance_insufficient"];
/// Codes that say that the receiver's account cannot be paid.
const ACCOUNT_CODES: [&str; 2] = [ACCOUNT_INVALID, "insufficient_capabilities_for_transfer"];

/// Whether a request changes something or looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Change,
    Look,
}

/// An error in Stripe's own form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Envelope {
    kind: String,
    code: Option<String>,
    pub(crate) message: Option<String>,
}

impl Envelope {
    /// The error that a body holds: an object `error` with at least a `type`.
    pub(crate) fn find(body: Option<&Value>) -> Option<Envelope> {
        let error = body?.get("error")?;
        Some(Envelope {
            kind: text(error, "type")?,
            code: text(error, "code"),
            message: text(error, "message"),
        })
    }

    fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    fn declined(&self) -> Failure {
        let code = self.code.as_ref().unwrap_or(&self.kind);
        let class = if PLATFORM_CODES.contains(&code.as_str()) {
            DeclineClass::Platform
        } else if ACCOUNT_CODES.contains(&code.as_str()) {
            DeclineClass::Account
        } else {
            DeclineClass::Person
        };
        Failure::Declined {
            class,
            code: code.clone(),
        }
    }
}

/// What an answer means that is no success.
pub(crate) fn refused(
    verb: Verb,
    status: u16,
    error: Option<&Envelope>,
    has_request_id: bool,
    retry_after: Option<Duration>,
) -> Failure {
    let Some(error) = error else {
        return Failure::Unknown;
    };
    match status {
        409 if error.kind != KEY_ERROR || error.is(KEY_IN_USE) => Failure::NotBegun { retry_after },
        400..=499 if error.kind == KEY_ERROR => Failure::KeyReused,
        429 => Failure::NotBegun { retry_after },
        401 => Failure::Unauthorized,
        403 if !error.is(ACCOUNT_INVALID) => Failure::Unauthorized,
        404 if has_request_id && verb == Verb::Look => Failure::NotFound,
        400 | 402 | 403 | 404 if has_request_id => error.declined(),
        _ => Failure::Unknown,
    }
}

/// What it means that there was no whole answer. Whoever sets up connections says so of its own
/// failures, and no byte of a request is written before it is done.
pub(crate) fn unanswered(error: &reqwest::Error) -> Failure {
    if error.is_connect() || error.is_builder() {
        Failure::NotSent
    } else {
        Failure::Unknown
    }
}

/// Whether the failure says that an account is none of ours, or no more.
pub(crate) fn is_account_gone(failure: &Failure) -> bool {
    matches!(failure, Failure::Declined { code, .. } if code == ACCOUNT_INVALID)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SOON: Option<Duration> = Some(Duration::from_secs(7));

    fn envelope(kind: &str, code: Option<&str>) -> Option<Envelope> {
        let body = json!({"error": {"type": kind, "code": code, "message": "no"}});
        Envelope::find(Some(&body))
    }

    /// What each verb is told: of an error of that type and code, with and without a request id.
    fn told(status: u16, kind: &str, code: &str) -> [Failure; 3] {
        let error = envelope(kind, (!code.is_empty()).then_some(code));
        let error = error.as_ref();
        [
            refused(Verb::Change, status, error, true, SOON),
            refused(Verb::Look, status, error, true, SOON),
            refused(Verb::Change, status, error, false, SOON),
        ]
    }

    #[test]
    fn the_table() {
        use DeclineClass::{Account, Person, Platform};
        use Failure::{KeyReused, NotFound, Unauthorized, Unknown};
        let busy = || Failure::NotBegun { retry_after: SOON };
        let no = |class, code: &str| Failure::Declined {
            class,
            code: code.to_owned(),
        };
        let declined = |class, code| [no(class, code), no(class, code), Unknown];
        let same = |failure: Failure| [failure.clone(), failure.clone(), failure];
        let (wrong, of_key) = ("invalid_request_error", "idempotency_error");
        for (status, kind, code, expected) in [
            (400, wrong, "", declined(Person, wrong)),
            (
                400,
                wrong,
                "parameter_missing",
                declined(Person, "parameter_missing"),
            ),
            (
                400,
                wrong,
                "balance_insufficient",
                declined(Platform, "balance_insufficient"),
            ),
            (
                402,
                wrong,
                "balance_insufficient",
                declined(Platform, "balance_insufficient"),
            ),
            (
                402,
                "card_error",
                "a_code_of_tomorrow",
                declined(Person, "a_code_of_tomorrow"),
            ),
            (
                400,
                wrong,
                "account_invalid",
                declined(Account, "account_invalid"),
            ),
            (
                403,
                wrong,
                "account_invalid",
                declined(Account, "account_invalid"),
            ),
            (
                400,
                wrong,
                "insufficient_capabilities_for_transfer",
                declined(Account, "insufficient_capabilities_for_transfer"),
            ),
            (
                404,
                wrong,
                "resource_missing",
                [no(Person, "resource_missing"), NotFound, Unknown],
            ),
            (401, wrong, "", same(Unauthorized)),
            (403, wrong, "", same(Unauthorized)),
            (403, wrong, "more_permissions_required", same(Unauthorized)),
            (409, of_key, "idempotency_key_in_use", same(busy())),
            (409, wrong, "idempotency_key_in_use", same(busy())),
            (409, wrong, "", same(busy())),
            (409, of_key, "", same(KeyReused)),
            (400, of_key, "", same(KeyReused)),
            (429, wrong, "rate_limit", same(busy())),
            (429, wrong, "lock_timeout", same(busy())),
            (405, wrong, "", same(Unknown)),
            (408, wrong, "", same(Unknown)),
            (410, wrong, "", same(Unknown)),
            (422, wrong, "", same(Unknown)),
            (424, "api_error", "", same(Unknown)),
            (302, wrong, "", same(Unknown)),
            (100, wrong, "", same(Unknown)),
            (500, "api_error", "", same(Unknown)),
            (500, of_key, "", same(Unknown)),
            (500, wrong, "balance_insufficient", same(Unknown)),
            (502, "api_error", "", same(Unknown)),
            (503, wrong, "account_invalid", same(Unknown)),
        ] {
            assert_eq!(told(status, kind, code), expected, "{status} {kind} {code}");
        }
    }

    #[test]
    fn without_stripes_form_nothing_is_known_whatever_the_status() {
        let bodies = [
            json!(null),
            json!("error"),
            json!([]),
            json!({}),
            json!({"error": "unauthorized"}),
            json!({"error": {"message": "slow down"}}),
            json!({"error": {"type": 429}}),
            json!({"error": {"type": ""}}),
            json!({"errors": [{"type": "invalid_request_error"}]}),
        ];
        for body in &bodies {
            assert_eq!(Envelope::find(Some(body)), None, "{body}");
        }
        assert_eq!(Envelope::find(None), None);
        for status in 100..=599 {
            for verb in [Verb::Change, Verb::Look] {
                let failure = refused(verb, status, None, true, SOON);
                assert_eq!(failure, Failure::Unknown, "{status}");
            }
        }
    }

    /// Money may only be sent again under another key if it was declined, so no status beside the
    /// four of the table may say that it was.
    #[test]
    fn only_four_statuses_decline() {
        for status in 100..=599 {
            for code in ["", "balance_insufficient", "account_invalid"] {
                let failure = &told(status, "invalid_request_error", code)[0];
                if matches!(failure, Failure::Declined { .. }) {
                    assert!([400, 402, 403, 404].contains(&status), "{status} {code}");
                }
            }
        }
    }
}
