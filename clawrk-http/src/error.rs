//! Every refusal, in its one form.

use std::error::Error as _;
use std::time::Duration;

use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use clawrk_core::error::Code;
use clawrk_core::{Error, Rejection};
use serde::Serialize;

use crate::auth::AuthError;
use crate::repeated::Repeated;
use crate::reply;

/// When to try again where nothing better is known.
const RETRY_AFTER_DEFAULT: Duration = Duration::from_secs(1);

/// A refusal on its way out. Its text is for a person and tells nothing of the inside.
#[derive(Debug)]
pub(crate) struct ApiError {
    code: Code,
    text: String,
    retry_after: Option<Duration>,
}

/// When to try again at the latest: a reservation lasts as long as its request might, and most
/// requests end much sooner.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(5);

/// What is sent.
#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
    code: &'static str,
}

impl ApiError {
    pub(crate) fn new(code: Code, text: impl Into<String>) -> ApiError {
        ApiError {
            code,
            text: sentence(text.into()),
            retry_after: None,
        }
    }

    /// A refusal that may be no more in a while.
    pub(crate) fn retry(code: Code, text: impl Into<String>) -> ApiError {
        ApiError {
            retry_after: Some(RETRY_AFTER_DEFAULT),
            ..ApiError::new(code, text)
        }
    }

    /// The answer to whoever does something too often.
    pub(crate) fn rate_limited(wait: Duration, text: impl Into<String>) -> ApiError {
        ApiError {
            retry_after: Some(wait),
            ..ApiError::new(Code::RateLimited, text)
        }
    }

    /// The one answer to whoever has no valid token.
    pub(crate) fn authentication_required() -> ApiError {
        ApiError::new(Code::AuthenticationRequired, "Authentication required")
    }

    pub(crate) fn internal() -> ApiError {
        ApiError::new(
            Code::Internal,
            "the exchange failed inside; the operator's log says how",
        )
    }

    /// This, where it is that refusal; else a failure inside, for callers who are told no more.
    pub(crate) fn or_internal(self, code: Code) -> ApiError {
        match self.code == code {
            true => self,
            false => ApiError::internal(),
        }
    }

    /// Its stable code.
    pub(crate) fn code(&self) -> Code {
        self.code
    }

    pub(crate) fn too_large(text: impl Into<String>) -> ApiError {
        ApiError::new(Code::PayloadTooLarge, text)
    }

    pub(crate) fn malformed(text: impl Into<String>) -> ApiError {
        ApiError::new(Code::MalformedBody, text)
    }

    pub(crate) fn from_auth(error: AuthError) -> ApiError {
        match error.downcast::<Error>() {
            Ok(error) => ApiError::from(*error),
            Err(error) => {
                tracing::error!(%error, "it cannot be told who is calling");
                let text = "it cannot be checked for now who you are; try again";
                ApiError::retry(Code::StoreUnavailable, text)
            }
        }
    }

    fn failure(error: &Error) -> ApiError {
        let mut causes = String::new();
        let mut source = error.source();
        while let Some(cause) = source {
            causes.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        log(error.code(), &format!("{error}{causes}"));
        match (error.code(), error) {
            (Code::SkillFailed, Error::Provider { provider, .. }) => ApiError::new(
                Code::SkillFailed,
                format!("the skill {provider} failed; the job is the receiver's again, try again"),
            ),
            (code @ Code::LanguageModelUnavailable, _) => ApiError::new(
                code,
                "the language model gave no answer that can be used; nothing was changed, try \
                 again",
            ),
            (code @ Code::PaymentsUnavailable, _) => ApiError::new(
                code,
                "Stripe cannot be reached just now, or gave no answer that can be used; try again",
            ),
            (code @ Code::Busy, _) => ApiError::retry(
                code,
                "too many others change the same thing at once; try again",
            ),
            (code @ Code::StoreUnavailable, _) => ApiError::retry(
                code,
                "the store cannot answer for now; nothing was changed, try again",
            ),
            (code @ Code::OutcomeUnknown, _) => ApiError::retry(
                code,
                "it is unknown whether this was done; look, or repeat it with the same \
                 Idempotency-Key",
            ),
            (code @ Code::StorePoisoned, _) => ApiError::retry(
                code,
                "a write failed half-way, so nothing is answered until the store is opened \
                 again; nothing was changed",
            ),
            (code @ Code::Closed, _) => {
                ApiError::retry(code, "the exchange was closed, as when it stops; try again")
            }
            (code @ Code::StoreCorrupt, _) => ApiError::new(
                code,
                "what is stored is damaged; nothing was changed, the operator's log says more",
            ),
            _ => ApiError::internal(),
        }
    }
}

/// Logs a failure. What every request meets is logged once in a while, for all stores of the
/// program together.
fn log(code: Code, text: &str) {
    static POISONED: Repeated = Repeated::new();
    static CLOSED: Repeated = Repeated::new();
    static UNAVAILABLE: Repeated = Repeated::new();
    let held_back = match code {
        Code::StorePoisoned => POISONED.held_back(),
        Code::Closed => CLOSED.held_back(),
        Code::StoreUnavailable => UNAVAILABLE.held_back(),
        _ => Some(0),
    };
    match held_back {
        None => tracing::debug!(%code, "{text}"),
        Some(0) => tracing::error!(%code, "{text}"),
        Some(held_back) => tracing::error!(%code, held_back, "{text}"),
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> ApiError {
        match error {
            Error::Rejected(rejection) => rejection.into(),
            failure => ApiError::failure(&failure),
        }
    }
}

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> ApiError {
        let retry_after = match &rejection {
            Rejection::RequestInProgress { retry_after } => {
                Some((*retry_after).min(RETRY_AFTER_MAX))
            }
            _ => None,
        };
        ApiError {
            retry_after,
            ..ApiError::new(rejection.code(), rejection.to_string())
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code.info().status)
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = Body {
            error: &self.text,
            code: self.code.as_str(),
        };
        let mut response = reply::json(status, &body);
        response.extensions_mut().insert(self.code);
        let headers = response.headers_mut();
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Seconds, rounded up, and one at least: `Retry-After: 0` would be an invitation to spin.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0 || wait.is_zero())
}

/// The text with a capital letter in front.
fn sentence(text: String) -> String {
    let mut rest = text.chars();
    match rest.next() {
        Some(first) if first.is_lowercase() => first.to_uppercase().chain(rest).collect(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_whole_seconds_rounded_up() {
        let seconds = [0, 1, 999, 1_000, 1_001].map(|ms| whole_seconds(Duration::from_millis(ms)));
        assert_eq!(seconds, [1, 1, 1, 1, 2]);
    }

    #[test]
    fn texts_begin_with_a_capital_letter() {
        assert_eq!(sentence("there is none".to_owned()), "There is none");
        assert_eq!(
            sentence("`prompt` is blank".to_owned()),
            "`prompt` is blank"
        );
        assert_eq!(sentence(String::new()), "");
    }
}
