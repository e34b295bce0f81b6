//! What an exchange answers, and how it is printed.

use std::fmt;

/// What an exchange answers to a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A job.
    Job {
        /// Its id.
        id: String,
        /// Where it stands.
        status: String,
        /// Who works or worked on it.
        receiver: Option<String>,
        /// Whether the latest output passed.
        passed: Option<bool>,
    },
    /// A user's credits.
    Credits(i64),
    /// A refusal.
    Refused {
        /// The status over HTTP.
        status: u16,
        /// The stable code.
        code: String,
    },
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Job {
                status,
                receiver,
                passed,
                ..
            } => {
                f.write_str(status)?;
                if let Some(receiver) = receiver {
                    write!(f, ", receiver {receiver}")?;
                }
                match passed {
                    Some(true) => f.write_str(", passed"),
                    Some(false) => f.write_str(", failed"),
                    None => Ok(()),
                }
            }
            Answer::Credits(credits) => write!(f, "{credits} credits"),
            Answer::Refused { status, code } => write!(f, "refused, {status} {code}"),
        }
    }
}
