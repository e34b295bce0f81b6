//! Why the server does not start.

use std::error::Error;
use std::fmt;

/// A setting that cannot be used. Its text is one line that names the setting.
#[derive(Debug)]
pub(crate) struct Wrong {
    /// The setting, as whoever runs the server knows it.
    setting: String,
    cause: String,
}

impl Wrong {
    pub(crate) fn new(setting: impl fmt::Display, cause: impl fmt::Display) -> Wrong {
        Wrong {
            setting: setting.to_string(),
            cause: one_line(&cause.to_string()),
        }
    }

    /// With an error and all its sources as the cause.
    pub(crate) fn because(setting: impl fmt::Display, error: &dyn Error) -> Wrong {
        Wrong::new(setting, chain(error))
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.cause)
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An error with all its sources.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    text
}
