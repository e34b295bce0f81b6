//! Errors of the exchange as one exception with a class for each kind.

use clawrk::host::explain;
use clawrk::{Code, Error};

/// Whether and how a call that failed may be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
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

impl From<clawrk::Retry> for Retry {
    fn from(retry: clawrk::Retry) -> Retry {
        match retry {
            clawrk::Retry::Never => Retry::Never,
            clawrk::Retry::SameRequest => Retry::SameRequest,
            clawrk::Retry::AfterChange => Retry::AfterChange,
            clawrk::Retry::CheckFirst => Retry::CheckFirst,
        }
    }
}

macro_rules! exceptions {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Why a call gave no answer.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
        pub enum ClawrkError {
            $(
                $(#[$doc])*
                #[error("{text}")]
                $name {
                    /// A stable name in snake_case, such as `job_not_found`.
                    code: String,
                    /// Whether and how the call may be made again.
                    retry: Retry,
                    /// The cause and what would help, for a person.
                    text: String,
                },
            )*
        }

        fn exception(code: Code, text: String) -> ClawrkError {
            let info = code.info();
            let (code, retry) = (info.name.to_owned(), info.retry.into());
            match info.exception {
                $(stringify!($name) => ClawrkError::$name { code, retry, text },)*
                _ => ClawrkError::Internal { code, retry, text },
            }
        }

        #[cfg(test)]
        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

exceptions! {
    /// An argument cannot be used; the text says which and why.
    InvalidRequest,
    /// A text is over its limit.
    TooLarge,
    /// There is no such thing, or none that the caller may see.
    NotFound,
    /// The job's status forbids this.
    WrongStatus,
    /// The caller has the wrong role for this.
    Forbidden,
    /// Nobody known is calling.
    Unauthenticated,
    /// Something else already has the name or the key.
    Conflict,
    /// The account has fewer credits than this takes.
    InsufficientCredits,
    /// Too many calls in too short a time.
    RateLimited,
    /// A skill or a service that the exchange asks has failed.
    ProviderFailed,
    /// The exchange cannot answer: its store is closed, busy or out of reach.
    Unavailable,
    /// The change may have been made or not; look before making it again.
    OutcomeUnknown,
    /// An error inside the exchange, or damage in its store. Nothing was changed.
    Internal,
}

impl From<Error> for ClawrkError {
    fn from(error: Error) -> ClawrkError {
        exception(error.code(), explain(&error))
    }
}

impl ClawrkError {
    pub(crate) fn internal(text: &str) -> ClawrkError {
        exception(Code::Internal, text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use clawrk::{CODES, Rejection};

    use super::*;

    #[test]
    fn every_code_has_a_class() {
        for code in CODES {
            assert!(NAMES.contains(&code.info().exception), "{code}");
        }
    }

    #[test]
    fn an_error_keeps_its_code_its_advice_and_its_text() {
        let error = ClawrkError::from(Error::from(Rejection::JobNotFound));
        let text = "there is no such job".to_owned();
        assert_eq!(error.to_string(), text);
        assert_eq!(
            error,
            ClawrkError::NotFound {
                code: "job_not_found".to_owned(),
                retry: Retry::Never,
                text
            }
        );
    }
}
