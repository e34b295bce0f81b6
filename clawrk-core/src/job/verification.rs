//! The verdict on an output.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What came of judging an output against a job's criteria.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verification {
    /// Whether the output meets the criteria.
    pub passed: bool,
    /// Why, for a person.
    pub reasoning: String,
    /// Figures behind the verdict, by name.
    pub scores: BTreeMap<String, Value>,
    /// What judged: `mock`, or the model's name.
    pub model: String,
}
