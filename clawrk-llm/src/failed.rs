//! What it means that there is no answer: one table, in one place.
//!
//! | answer | failure | asked again |
//! |---|---|---|
//! | no connection: no address, refused, no TLS; a connection that was cut | unreachable | yes |
//! | none in time | timed out | no time is left |
//! | 408, 504 | timed out | yes |
//! | 409, 429, 503, 529 | busy | yes |
//! | 500, 502 | failed | yes |
//! | any other 5xx | failed | no |
//! | 401, 402, 403 | unauthorized | no |
//! | 3xx, 404, 405, 410 | not found | no |
//! | any other status that is no success | refused | no |
//! | a success that is too long | too long | no |
//! | a success that is no JSON, or not in the provider's form, or has no text | unusable | no |
//!
//! Where the provider says `x-should-retry: false`, it is not asked again.

use std::error::Error as _;
use std::time::Duration;

use clawrk_core::model::ModelFailure;

use crate::answer::Cut;

/// Why one try gave no answer.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) failure: ModelFailure,
    /// What happened, as it came from outside.
    pub(crate) what: String,
    pub(crate) again: Again,
}

/// Whether asking again may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    Never,
    Soon,
    /// After the time that the provider asks for.
    After(Duration),
    /// At once, since the next request is another one.
    Otherwise,
}

impl Failed {
    pub(crate) fn new(failure: ModelFailure, what: impl Into<String>) -> Failed {
        Failed {
            failure,
            what: what.into(),
            again: Again::Never,
        }
    }

    pub(crate) fn asking(self, again: Again) -> Failed {
        Failed { again, ..self }
    }
}

/// What a status means that is no success.
pub(crate) fn of_status(status: u16) -> (ModelFailure, Again) {
    match status {
        408 | 504 => (ModelFailure::TimedOut, Again::Soon),
        409 | 429 | 503 | 529 => (ModelFailure::Busy, Again::Soon),
        500 | 502 => (ModelFailure::Failed, Again::Soon),
        501.. => (ModelFailure::Failed, Again::Never),
        401..=403 => (ModelFailure::Unauthorized, Again::Never),
        300..=399 | 404 | 405 | 410 => (ModelFailure::NotFound, Again::Never),
        _ => (ModelFailure::Refused, Again::Never),
    }
}

impl From<reqwest::Error> for Failed {
    fn from(error: reqwest::Error) -> Failed {
        // Whoever takes too long to connect can be asked again; whoever takes too long to answer
        // has had all the time.
        if error.is_timeout() && !error.is_connect() {
            return Failed::new(ModelFailure::TimedOut, "no whole answer in time");
        }
        Failed::new(ModelFailure::Unreachable, chain(&error)).asking(Again::Soon)
    }
}

impl From<Cut> for Failed {
    fn from(cut: Cut) -> Failed {
        match cut {
            Cut::TooLong => Failed::new(ModelFailure::TooLong, "it was not read to its end"),
            Cut::Broken(error) => Failed::from(error),
        }
    }
}

/// The causes of an error in one line. The error itself only adds the address.
fn chain(error: &reqwest::Error) -> String {
    let mut text = "the request failed".to_owned();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        use Again::{Never, Soon};
        use ModelFailure::{Busy, Failed, NotFound, Refused, TimedOut, Unauthorized};
        for (statuses, expected) in [
            (&[408, 504][..], (TimedOut, Soon)),
            (&[409, 429, 503, 529], (Busy, Soon)),
            (&[500, 502], (Failed, Soon)),
            (&[501, 505, 520, 599, 999], (Failed, Never)),
            (&[401, 402, 403], (Unauthorized, Never)),
            (
                &[300, 301, 302, 307, 308, 399, 404, 405, 410],
                (NotFound, Never),
            ),
            (
                &[100, 400, 406, 413, 415, 418, 422, 424, 451],
                (Refused, Never),
            ),
        ] {
            for status in statuses {
                assert_eq!(of_status(*status), expected, "{status}");
            }
        }
    }

    #[test]
    fn only_eight_statuses_are_worth_another_try() {
        let again = (100..=999).filter(|status| of_status(*status).1 == Again::Soon);
        let expected = [408, 409, 429, 500, 502, 503, 504, 529];
        assert_eq!(again.collect::<Vec<u16>>(), expected);
    }
}
