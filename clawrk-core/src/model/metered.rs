//! What is counted of a model, for whoever installed a recorder of the crate `metrics`.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Completion, LanguageModel, ModelError, Request};
use crate::clock::Clock;
use crate::time::Timestamp;

/// A model whose calls are counted and timed. Without a recorder, nothing is kept.
#[derive(Debug)]
pub(crate) struct Metered {
    model: Arc<dyn LanguageModel>,
    clock: Arc<dyn Clock>,
}

impl Metered {
    pub(crate) fn new(model: Arc<dyn LanguageModel>, clock: Arc<dyn Clock>) -> Metered {
        Metered { model, clock }
    }
}

#[async_trait]
impl LanguageModel for Metered {
    fn name(&self) -> &str {
        self.model.name()
    }

    async fn complete(&self, request: &Request) -> Result<Completion, ModelError> {
        let mut running = Running {
            provider: provider(self.name()),
            clock: self.clock.as_ref(),
            since: self.clock.now(),
            outcome: "dropped",
        };
        let answer = self.model.complete(request).await;
        match &answer {
            Ok(completion) => {
                running.outcome = "done";
                // Of several models, the one that answered is counted.
                running.provider = provider(&completion.model);
                let usage = completion.usage;
                for (direction, tokens) in
                    [("in", usage.input_tokens), ("out", usage.output_tokens)]
                {
                    metrics::counter!("clawrk_model_tokens_total",
                        "provider" => running.provider.clone(), "direction" => direction)
                    .increment(tokens);
                }
            }
            Err(error) => running.outcome = error.failure.as_str(),
        }
        answer
    }
}

/// A call that was begun. It counts when it ends, also where nobody waited for that.
struct Running<'a> {
    provider: String,
    clock: &'a dyn Clock,
    since: Timestamp,
    outcome: &'static str,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let (provider, outcome) = (self.provider.clone(), self.outcome);
        metrics::counter!("clawrk_model_calls_total",
            "provider" => provider.clone(), "outcome" => outcome)
        .increment(1);
        let took = self.clock.now().since(self.since);
        metrics::histogram!("clawrk_model_call_seconds", "provider" => provider)
            .record(took.as_secs_f64());
    }
}

/// What stands before the colon of a model's name.
fn provider(name: &str) -> String {
    let (provider, _) = name.split_once(':').unwrap_or((name, ""));
    provider.to_owned()
}
