//! The verdict on an output.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::Usage;

/// What came of judging an output against a job's criteria.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verification {
    /// Whether the output meets the criteria.
    pub passed: bool,
    /// Why, for a person.
    pub reasoning: String,
    /// Figures behind the verdict, by name.
    pub scores: BTreeMap<String, Value>,
    /// What judged: `mock`; `gates`, where no model had to be asked; or the model, with its
    /// provider, such as `anthropic:claude-sonnet-4-5`.
    pub model: String,
    /// What was said of each criterion; nothing where no model judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub criteria: Vec<CriterionVerdict>,
    /// The SHA-256 of the instructions that the model was given and of the form of its answer to
    /// one criterion, as `sha256:` and 64 hexadecimal digits. They differ between releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_hash: Option<String>,
    /// What the model took for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

impl Verification {
    /// Without the passages of the output, for those who may not see that.
    #[must_use]
    pub(crate) fn without_quotes(mut self) -> Verification {
        for criterion in &mut self.criteria {
            criterion.quote = None;
        }
        self
    }
}

/// What came of judging an output against one criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CriterionVerdict {
    /// The criterion.
    pub criterion: String,
    /// Whether it is met.
    pub passed: bool,
    /// Why, in the judge's words.
    pub reason: String,
    /// The passage that shows it. It stands in the output; what is met has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
}
