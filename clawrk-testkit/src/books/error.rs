//! Stripe's error answers.

use serde_json::{Value, json};

/// An error as Stripe's envelope tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StripeError {
    /// The HTTP status.
    pub status: u16,
    /// The type, such as `invalid_request_error`.
    pub kind: &'static str,
    /// The code, such as `resource_missing`.
    pub code: Option<String>,
    /// For people.
    pub message: String,
    /// The parameter that is at fault.
    pub param: Option<String>,
}

const INVALID: &str = "invalid_request_error";

impl StripeError {
    /// A request that cannot be carried out.
    pub fn invalid(status: u16, code: &str, message: impl Into<String>) -> StripeError {
        StripeError {
            status,
            kind: INVALID,
            code: Some(code.to_owned()),
            message: message.into(),
            param: None,
        }
    }

    /// The same, with the parameter that is at fault.
    #[must_use]
    pub fn of(mut self, param: impl Into<String>) -> StripeError {
        self.param = Some(param.into());
        self
    }

    /// The same, without a code.
    #[must_use]
    fn without_code(mut self) -> StripeError {
        self.code = None;
        self
    }

    /// A parameter has a value that it cannot have.
    pub(super) fn value(param: &str, message: impl Into<String>) -> StripeError {
        StripeError::invalid(400, "", message)
            .without_code()
            .of(param)
    }

    /// A parameter names something that is not there.
    pub(super) fn missing_in(param: &str, what: &str, id: &str) -> StripeError {
        let message = format!("No such {what}: '{id}'");
        StripeError::invalid(400, "resource_missing", message).of(param)
    }

    /// The path names something that is not there.
    pub(super) fn missing(what: &str, id: &str) -> StripeError {
        let message = format!("No such {what}: '{id}'");
        StripeError::invalid(404, "resource_missing", message).of("id")
    }

    /// The account is not one of the platform's, or is no more.
    pub(super) fn no_access(account: &str) -> StripeError {
        let message = format!(
            "The provided key does not have access to account '{account}' (or that account does \
             not exist). Application access may have been revoked."
        );
        StripeError::invalid(403, "account_invalid", message)
    }

    /// The secret key is not accepted.
    pub(super) fn unauthorized(secret: Option<&str>) -> StripeError {
        let message = match secret {
            None => "You did not provide an API key.".to_owned(),
            Some(secret) => format!("Invalid API Key provided: {}", masked(secret)),
        };
        StripeError::invalid(401, "", message).without_code()
    }

    /// The secret key may not do this.
    pub(super) fn forbidden() -> StripeError {
        let message = "The provided key does not have the required permissions for this endpoint.";
        StripeError::invalid(403, "", message).without_code()
    }

    /// Nothing is there.
    pub(super) fn unrecognized(method: &str, path: &str) -> StripeError {
        let message = format!("Unrecognized request URL ({method}: {path}).");
        StripeError::invalid(404, "", message).without_code()
    }

    /// The key stands for another request.
    pub(super) fn key_reused(message: String) -> StripeError {
        StripeError {
            kind: "idempotency_error",
            ..StripeError::invalid(400, "", message).without_code()
        }
    }

    /// Another request with that key is being carried out.
    pub(super) fn key_in_use(key: &str) -> StripeError {
        let message = format!(
            "There is currently another in-progress request using this Idempotent Key: {key}. \
             Please try again later."
        );
        StripeError {
            kind: "idempotency_error",
            ..StripeError::invalid(409, "idempotency_key_in_use", message)
        }
    }

    /// A customer's card does not pay.
    pub(super) fn card_declined() -> StripeError {
        StripeError {
            kind: "card_error",
            ..StripeError::invalid(402, "card_declined", "Your card was declined.")
        }
    }

    /// Too many requests.
    pub(super) fn busy() -> StripeError {
        let message = "Request rate limit exceeded.";
        StripeError::invalid(429, "rate_limit", message)
    }

    /// Something is wrong at Stripe.
    pub(super) fn internal() -> StripeError {
        StripeError {
            kind: "api_error",
            ..StripeError::invalid(500, "", "An unknown error occurred.").without_code()
        }
    }

    /// The envelope.
    pub(super) fn json(&self, request_id: &str) -> Value {
        let mut error = json!({
            "type": self.kind,
            "message": self.message,
            "request_log_url": format!("https://dashboard.stripe.com/logs/{request_id}"),
        });
        if let Some(code) = &self.code {
            let page = code.replace('_', "-");
            error["code"] = code.as_str().into();
            error["doc_url"] = format!("https://stripe.com/docs/error-codes/{page}").into();
        }
        if let Some(param) = &self.param {
            error["param"] = param.as_str().into();
        }
        json!({ "error": error })
    }
}

/// A secret key with all but its ends hidden.
fn masked(secret: &str) -> String {
    let chars: Vec<char> = secret.chars().collect();
    if chars.len() < 16 {
        return "*".repeat(chars.len());
    }
    let start: String = chars[..8].iter().collect();
    let end: String = chars[chars.len() - 4..].iter().collect();
    format!("{start}{}{end}", "*".repeat(chars.len() - 12))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_key_is_not_said_again() {
        let error = StripeError::unauthorized(Some("sk_test_0123456789abcdef"));
        assert_eq!(
            error.message,
            "Invalid API Key provided: sk_test_************cdef"
        );
        let short = StripeError::unauthorized(Some("sk_test_1"));
        assert_eq!(short.message, "Invalid API Key provided: *********");
    }

    #[test]
    fn the_envelope_has_what_clients_read() {
        let error = StripeError::missing_in("destination", "destination", "acct_1");
        let json = error.json("req_1");
        assert_eq!(json["error"]["type"], "invalid_request_error");
        assert_eq!(json["error"]["code"], "resource_missing");
        assert_eq!(json["error"]["param"], "destination");
        assert_eq!(json["error"]["message"], "No such destination: 'acct_1'");
    }
}
