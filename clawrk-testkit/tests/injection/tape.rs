//! What the model said, word for word.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use clawrk_core::model::LanguageModel;
use clawrk_testkit::models::Recorder;
use serde_json::Value;

/// A tape in memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tape(Arc<Mutex<Vec<u8>>>);

impl Write for Tape {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Tape {
    /// The model, with this tape in it.
    pub(crate) fn of(&self, model: impl LanguageModel + 'static) -> Arc<dyn LanguageModel> {
        Arc::new(Recorder::new(Arc::new(model), self.clone()))
    }

    /// The exchanges so far.
    pub(crate) fn exchanges(&self) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.collect()
    }

    /// The text of the last answer.
    pub(crate) fn last_said(&self) -> String {
        let last = self.exchanges().pop().unwrap();
        last["completion"]["text"].as_str().unwrap().to_owned()
    }
}
