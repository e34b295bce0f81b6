//! Several models, of which the first that answers is taken.

use std::sync::Arc;

use async_trait::async_trait;
use clawrk_core::model::{Completion, LanguageModel, ModelError, ModelFailure, Request};

use crate::setting::InvalidSetting;

/// How many models a list can have.
pub const MODELS_MAX: usize = 8;

/// Models in an order: the next is asked where one fails, whatever the failure, a refused key
/// included. One that answered is taken at its word, also where it would not do what it was asked.
///
/// Each failure that another model makes good for is logged as a warning. Where all fail, the
/// error is the last one's, with what each had to say.
///
/// The models share the time that core gives a question
/// ([`model_timeout`](field@clawrk_core::policy::Policy::model_timeout)): a first one that takes
/// all of it leaves none to the next. So give each its part as its
/// [`timeout`](crate::Builder::timeout), such as [`TIMEOUT`](crate::TIMEOUT) divided by their
/// number.
#[derive(Debug, Clone)]
pub struct Fallbacks {
    models: Vec<Arc<dyn LanguageModel>>,
}

impl Fallbacks {
    /// These models, the best one first.
    ///
    /// # Errors
    /// [`InvalidSetting::Models`] for none, and for more than [`MODELS_MAX`].
    pub fn new(models: Vec<Arc<dyn LanguageModel>>) -> Result<Fallbacks, InvalidSetting> {
        match models.len() {
            1..=MODELS_MAX => Ok(Fallbacks { models }),
            number => Err(InvalidSetting::Models(number)),
        }
    }
}

#[async_trait]
impl LanguageModel for Fallbacks {
    /// The first one's name. Which has answered is in the completion.
    fn name(&self) -> &str {
        self.models.first().map_or("", |model| model.name())
    }

    async fn complete(&self, request: &Request) -> Result<Completion, ModelError> {
        let mut failures: Vec<ModelError> = Vec::new();
        for (index, model) in self.models.iter().enumerate() {
            let error = match model.complete(request).await {
                Ok(completion) => return Ok(completion),
                Err(error) => error,
            };
            if let Some(next) = self.models.get(index + 1) {
                tracing::warn!(
                    model = model.name(),
                    failure = error.failure.as_str(),
                    detail = error.detail,
                    next = next.name(),
                    "a language model failed, the next one is asked"
                );
            }
            failures.push(error);
        }
        let failure = failures.last().map(|last| last.failure);
        let details: Vec<String> = failures.into_iter().map(|it| it.detail).collect();
        Err(ModelError::new(
            failure.unwrap_or(ModelFailure::NotFound),
            details.join("; then "),
        ))
    }
}
