//! What a journal is to be.

use std::fmt;
use std::str::FromStr;

use crate::journal::Day;
use crate::time::Timestamp;

/// Which tool is to read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// beancount, 2 or 3.
    Beancount,
    /// hledger, 1.25 or later.
    Hledger,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 2] = [Format::Beancount, Format::Hledger];

    /// The stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Format::Beancount => "beancount",
            Format::Hledger => "hledger",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no format of journals; they are beancount and hledger")]
pub struct InvalidFormat;

impl FromStr for Format {
    type Err = InvalidFormat;

    fn from_str(text: &str) -> Result<Format, InvalidFormat> {
        let mut all = Format::ALL.into_iter();
        all.find(|format| format.as_str() == text)
            .ok_or(InvalidFormat)
    }
}

/// What a journal is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Which tool is to read it.
    pub format: Format,
    /// The first day; none for the first one on which anything happened.
    pub from: Option<Day>,
    /// The last day, all of it; none for the last one on which anything happened.
    pub to: Option<Day>,
    /// The currency of money, as a lower-case ISO 4217 code, which the ledger itself does not say:
    /// [`Policy::currency`](field@crate::policy::Policy::currency). Default: `usd`.
    pub currency: String,
}

impl Options {
    /// All of the ledger in that format.
    pub fn new(format: Format) -> Options {
        Options {
            format,
            from: None,
            to: None,
            currency: "usd".to_owned(),
        }
    }
}

/// The time that a journal is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) from: Option<Day>,
    pub(super) to: Option<Day>,
}

impl Span {
    /// Whether that moment is before it.
    pub(super) fn is_before(self, at: Timestamp) -> bool {
        self.from.is_some_and(|from| Day::of(at) < from)
    }

    /// Whether that moment is in it.
    pub(super) fn holds(self, at: Timestamp) -> bool {
        !self.is_before(at) && self.to.is_none_or(|to| Day::of(at) <= to)
    }
}
