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
    /// Credits and reason of each entry.
    Ledger(Vec<(i64, String)>),
    /// What happened, and who did it.
    Events(Vec<(String, String)>),
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
            Answer::Ledger(entries) => {
                let entry = |(delta, reason): &(i64, String)| format!("{delta:+} {reason}");
                f.write_str(&join(entries, entry))
            }
            Answer::Events(events) => {
                let event = |(kind, actor): &(String, String)| format!("{kind} {actor}");
                f.write_str(&join(events, event))
            }
            Answer::Refused { status, code } => write!(f, "refused, {status} {code}"),
        }
    }
}

fn join<T>(items: &[T], text: impl Fn(&T) -> String) -> String {
    items.iter().map(text).collect::<Vec<_>>().join(", ")
}
