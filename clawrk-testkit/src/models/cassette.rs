//! A tape of what a model was asked and what it said: written while a real one is there, played
//! where none is.
//!
//! A line is a JSON object: `by` (the model's name), `request`, and `completion` or `failure` with
//! its `detail`. Nonces are blanked, so that two tapes of the same run are the same.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use clawrk_core::model::{Completion, LanguageModel, ModelError, ModelFailure, Request};
use serde_json::{Value, json};

use super::frames::blanked;

/// How much of a question is told that is not on the tape, in characters.
const TOLD_CHARS_MAX: usize = 500;

const FAILURES: [ModelFailure; 9] = [
    ModelFailure::Unreachable,
    ModelFailure::TimedOut,
    ModelFailure::Busy,
    ModelFailure::Unauthorized,
    ModelFailure::NotFound,
    ModelFailure::Refused,
    ModelFailure::Failed,
    ModelFailure::TooLong,
    ModelFailure::Unusable,
];

/// A model whose exchanges are written down. A call that nobody waits for any longer is not.
pub struct Recorder {
    model: Arc<dyn LanguageModel>,
    tape: Mutex<Box<dyn Write + Send>>,
}

impl Recorder {
    /// That model, on a tape.
    pub fn new(model: Arc<dyn LanguageModel>, tape: impl Write + Send + 'static) -> Recorder {
        let tape: Mutex<Box<dyn Write + Send>> = Mutex::new(Box::new(tape));
        Recorder { model, tape }
    }

    /// That model, on a file; what was in it is gone.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn create(model: Arc<dyn LanguageModel>, path: impl AsRef<Path>) -> io::Result<Recorder> {
        Ok(Recorder::new(model, File::create(path)?))
    }

    fn write(&self, request: &Request, answer: &Result<Completion, ModelError>) -> io::Result<()> {
        let mut line = json!({"by": self.model.name(), "request": blanked(request)});
        match answer {
            Ok(completion) => line["completion"] = json!(completion),
            Err(error) => {
                line["failure"] = json!(error.failure.as_str());
                line["detail"] = json!(error.detail);
            }
        }
        let mut tape = lock(&self.tape);
        tape.write_all(format!("{line}\n").as_bytes())?;
        tape.flush()
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl LanguageModel for Recorder {
    fn name(&self) -> &str {
        self.model.name()
    }

    async fn complete(&self, request: &Request) -> Result<Completion, ModelError> {
        let answer = self.model.complete(request).await;
        match self.write(request, &answer) {
            Ok(()) => answer,
            Err(error) => {
                let detail = format!("the tape cannot be written: {error}");
                Err(ModelError::new(ModelFailure::Failed, detail))
            }
        }
    }
}

#[derive(Debug)]
struct Exchange {
    request: Request,
    answer: Result<Completion, ModelError>,
    played: bool,
}

/// A tape, as a model. Each exchange is played once: a question that was asked several times has
/// its answers in the order in which they came.
#[derive(Debug)]
pub struct Player {
    name: String,
    tape: Mutex<Vec<Exchange>>,
}

impl Player {
    /// The tape in that file.
    ///
    /// # Errors
    /// The file cannot be read, or a line of it is no exchange.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Player> {
        Player::read(&std::fs::read_to_string(path)?)
    }

    /// The tape with that text.
    ///
    /// # Errors
    /// A line is no exchange.
    pub fn read(text: &str) -> io::Result<Player> {
        let mut name = None;
        let mut tape = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let Some((by, exchange)) = exchange(line) else {
                let what = format!("line {number} of the tape is no exchange: {line}");
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            };
            name.get_or_insert(by);
            tape.push(exchange);
        }
        Ok(Player {
            name: name.unwrap_or_else(|| "tape:empty".to_owned()),
            tape: Mutex::new(tape),
        })
    }

    /// How many exchanges were not played.
    pub fn left(&self) -> usize {
        let tape = lock(&self.tape);
        tape.iter().filter(|exchange| !exchange.played).count()
    }
}

fn exchange(line: &str) -> Option<(String, Exchange)> {
    let line: Value = serde_json::from_str(line).ok()?;
    let answer = match line.get("completion") {
        Some(completion) => Ok(serde_json::from_value(completion.clone()).ok()?),
        None => {
            let failure = line["failure"].as_str()?;
            let failure = FAILURES.into_iter().find(|it| it.as_str() == failure)?;
            Err(ModelError::new(failure, line["detail"].as_str()?))
        }
    };
    let exchange = Exchange {
        request: serde_json::from_value(line["request"].clone()).ok()?,
        answer,
        played: false,
    };
    Some((line["by"].as_str()?.to_owned(), exchange))
}

#[async_trait]
impl LanguageModel for Player {
    fn name(&self) -> &str {
        &self.name
    }

    async fn complete(&self, request: &Request) -> Result<Completion, ModelError> {
        let asked = blanked(request);
        let mut tape = lock(&self.tape);
        let mut left = tape.iter_mut().filter(|exchange| !exchange.played);
        match left.find(|exchange| exchange.request == asked) {
            Some(exchange) => {
                exchange.played = true;
                exchange.answer.clone()
            }
            None => Err(ModelError::new(ModelFailure::Unusable, not_on_tape(&asked))),
        }
    }
}

/// Made for a test that fails, whose texts are no secret: so this says what was asked.
fn not_on_tape(asked: &Request) -> String {
    let last = asked.messages.last();
    let last = last.map_or("", |message| message.text.as_str());
    let told: String = last.chars().take(TOLD_CHARS_MAX).collect();
    format!(
        "this is not on the tape, or not once more: a question for `{}`, as message {}: {told}",
        asked.schema.name,
        asked.messages.len()
    )
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
