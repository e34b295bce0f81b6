//! Language models for tests: one that says what it is told to, one that believes what it reads,
//! and a tape of what a real one said.

mod cassette;
mod frames;
mod honest;
mod obedient;
mod orders;
mod readings;
mod scripted;

use clawrk_core::model::{Completion, StopReason, Usage};

pub use cassette::{Player, Recorder};
pub use honest::honest;
pub use obedient::ObedientModel;
pub use scripted::{ScriptedModel, Turn};

/// A whole answer with that text, which took 100 tokens to read and 20 to write.
pub fn said(model: &str, text: impl Into<String>) -> Completion {
    Completion {
        text: text.into(),
        model: model.to_owned(),
        stop: StopReason::End,
        usage: Usage {
            input_tokens: 100,
            output_tokens: 20,
        },
    }
}
