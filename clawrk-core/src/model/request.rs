//! What a model is asked.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A question to a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// What it is to do, from the exchange.
    pub system: String,
    /// What was said, the oldest first. The last one is the user's.
    pub messages: Vec<Message>,
    /// The form of the answer. A provider is held to it in its own way; core checks it in any case.
    pub schema: Schema,
    /// The most tokens that the answer may take.
    pub answer_tokens_max: u32,
    /// The most bytes that the provider's answer may have, with all that it wraps around the text.
    pub answer_bytes_max: usize,
}

/// A part of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who said it.
    pub role: Role,
    /// What.
    pub text: String,
}

/// Who says something in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The exchange, for whoever it works for.
    User,
    /// The model, earlier.
    Assistant,
}

/// The form of an answer: a JSON object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// What it is called: 1 to 64 of `[a-z0-9_]`.
    pub name: String,
    /// A JSON Schema of the subset that all providers take strictly: `type`, `properties`,
    /// `required` (all of them), `additionalProperties: false`, `items`, `enum`, `description`.
    /// Ranges and lengths are checked by core.
    pub schema: Value,
}
