//! The language model, as skills may ask it.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::ids::Ids;
use crate::model::{
    Completion, Flaw, Frame, LanguageModel, Limits, Message, ModelError, Request, Role, Schema, ask,
};
use crate::skill::SkillError;

/// The exchange's language model, for the run of a skill.
#[derive(Debug, Clone)]
pub struct SkillModel {
    pub(crate) model: Arc<dyn LanguageModel>,
    pub(crate) limits: Limits,
    pub(crate) ids: Arc<dyn Ids>,
}

impl SkillModel {
    /// The model's name, such as `anthropic:claude-sonnet-4-5`.
    pub fn name(&self) -> &str {
        self.model.name()
    }

    /// Asks the model for a JSON object of that form, within the limits of the exchange. The answer
    /// is the model's text and nothing about it was checked: read it with care, and treat what the
    /// intent says as material and not as orders.
    ///
    /// # Errors
    /// What the model failed with.
    pub async fn complete(
        &self,
        system: &str,
        user: &str,
        schema: Schema,
    ) -> Result<Completion, ModelError> {
        let request = self.request(system, user.to_owned(), schema);
        self.model.complete(&request).await
    }

    /// The same, with what the user says in a frame, and read into that form; once more where it
    /// cannot be.
    pub(crate) async fn ask_for<W: DeserializeOwned, T>(
        &self,
        what: &str,
        system: &str,
        user: &str,
        schema: Schema,
        read: impl Fn(W) -> Result<T, Flaw<T>> + Send + Sync,
    ) -> Result<T, SkillError> {
        let frame =
            Frame::new(self.ids.as_ref()).map_err(|error| SkillError::new(error.to_string()))?;
        let request = self.request(system, frame.around(what, user), schema);
        match ask(self.model.as_ref(), request, self.limits, read).await {
            Ok(answered) => Ok(answered.value),
            Err(error) => Err(SkillError::new(error.to_string())),
        }
    }

    fn request(&self, system: &str, user: String, schema: Schema) -> Request {
        Request {
            system: system.to_owned(),
            messages: vec![Message {
                role: Role::User,
                text: user,
            }],
            schema,
            answer_tokens_max: self.limits.answer_tokens_max,
            answer_bytes_max: self.limits.answer_bytes_max(),
        }
    }
}
