//! The texts of a job. Each is written once.

use serde::{Deserialize, Serialize};

use crate::id::JobId;
use crate::job::Verification;
use crate::store::{Key, Part};

/// A text of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Text {
    /// What has to be done.
    Brief {
        /// The prompt as sent.
        prompt: String,
        /// A short title.
        title: String,
        /// What has to be done.
        intent: String,
        /// What the output must meet.
        criteria: String,
    },
    /// The output of an attempt.
    Output {
        /// Which attempt, from 1.
        attempt: u32,
        /// The output as handed in.
        output: String,
    },
    /// The verdict on an attempt's output.
    Verdict {
        /// Which attempt, from 1.
        attempt: u32,
        /// The verdict.
        verification: Verification,
    },
}

/// A text with the job that it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextRecord {
    /// The job.
    pub job: JobId,
    /// The text.
    pub text: Text,
}

impl TextRecord {
    /// The key that it is stored under.
    pub fn key(&self) -> Key {
        let part = match &self.text {
            Text::Brief { .. } => Part::Brief,
            Text::Output { attempt, .. } => Part::Output(*attempt),
            Text::Verdict { attempt, .. } => Part::Verdict(*attempt),
        };
        Key::Text(self.job, part)
    }
}
