//! A model that says what a test has it say.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use clawrk_core::model::{
    Completion, LanguageModel, ModelError, ModelFailure, Request, StopReason,
};
use event_listener::Event;
use serde_json::Value;

use super::said;

const NAME: &str = "scripted:one";

/// What a [`ScriptedModel`] does when it is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Turn {
    /// It answers.
    Say(Completion),
    /// It fails.
    Fail(ModelError),
    /// It panics.
    Panic,
    /// It waits until it is [released](ScriptedModel::release), and then does that.
    Held(Box<Turn>),
}

impl Turn {
    /// A whole answer with that text.
    pub fn text(text: impl Into<String>) -> Turn {
        Turn::Say(said(NAME, text))
    }

    /// A whole answer: that value in JSON.
    pub fn json(value: &Value) -> Turn {
        Turn::text(value.to_string())
    }

    /// An answer with that text that ended for that reason.
    pub fn stopped(stop: StopReason, text: impl Into<String>) -> Turn {
        Turn::Say(Completion {
            stop,
            ..said(NAME, text)
        })
    }

    /// That failure.
    pub fn fail(failure: ModelFailure) -> Turn {
        Turn::Fail(ModelError::new(failure, "as a test planned it"))
    }

    /// The same, but only once the model is released.
    #[must_use]
    pub fn held(self) -> Turn {
        Turn::Held(Box::new(self))
    }
}

type Script = dyn Fn(&Request) -> Turn + Send + Sync;

/// A model that does what a list says, and then what a function says of the request. It notes what
/// it is asked. Clones are the same model.
#[derive(Clone)]
pub struct ScriptedModel {
    inner: Arc<Inner>,
}

struct Inner {
    script: Box<Script>,
    state: Mutex<State>,
    changed: Event,
}

#[derive(Debug, Default)]
struct State {
    turns: VecDeque<Turn>,
    requests: Vec<Request>,
    released: bool,
    running: usize,
    most_at_once: usize,
}

impl ScriptedModel {
    /// A model that takes these turns; whatever is asked after them fails.
    pub fn new(turns: impl IntoIterator<Item = Turn>) -> ScriptedModel {
        let model = ScriptedModel::by(|request| {
            let detail = format!("nothing more was to be asked, and was: {request:?}");
            Turn::Fail(ModelError::new(ModelFailure::Refused, detail))
        });
        model.then(turns);
        model
    }

    /// A model that does what the function says.
    pub fn by(script: impl Fn(&Request) -> Turn + Send + Sync + 'static) -> ScriptedModel {
        ScriptedModel {
            inner: Arc::new(Inner {
                script: Box::new(script),
                state: Mutex::default(),
                changed: Event::new(),
            }),
        }
    }

    /// Has these turns taken next, behind those that are planned already.
    pub fn then(&self, turns: impl IntoIterator<Item = Turn>) {
        self.state().turns.extend(turns);
    }

    /// What it was asked, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.state().requests.len()
    }

    /// How many it was asked by at once, at the most.
    pub fn most_at_once(&self) -> usize {
        self.state().most_at_once
    }

    /// Lets those go on that are [held](Turn::Held), now and from now on.
    pub fn release(&self) {
        self.state().released = true;
        self.inner.changed.notify(usize::MAX);
    }

    /// Holds again who comes from now on.
    pub fn hold(&self) {
        self.state().released = false;
    }

    /// Returns once it was asked so often.
    pub async fn reached(&self, asked: usize) {
        self.wait(|state| state.requests.len() >= asked).await;
    }

    async fn wait(&self, until: impl Fn(&State) -> bool) {
        loop {
            let listener = self.inner.changed.listen();
            if until(&self.state()) {
                return;
            }
            listener.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let state = self.inner.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, request: &Request) -> Turn {
        let planned = {
            let mut state = self.state();
            state.requests.push(request.clone());
            state.running += 1;
            state.most_at_once = state.most_at_once.max(state.running);
            state.turns.pop_front()
        };
        self.inner.changed.notify(usize::MAX);
        planned.unwrap_or_else(|| (self.inner.script)(request))
    }
}

/// Is there while a question is answered, however that ends.
struct Running<'a>(&'a ScriptedModel);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.state().running -= 1;
    }
}

impl fmt::Debug for ScriptedModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedModel")
            .field("asked", &self.asked())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl LanguageModel for ScriptedModel {
    fn name(&self) -> &str {
        NAME
    }

    async fn complete(&self, request: &Request) -> Result<Completion, ModelError> {
        let mut turn = self.begin(request);
        let _running = Running(self);
        loop {
            match turn {
                Turn::Say(completion) => return Ok(completion),
                Turn::Fail(error) => return Err(error),
                Turn::Panic => panic!("as a test planned it"),
                Turn::Held(then) => {
                    self.wait(|state| state.released).await;
                    turn = *then;
                }
            }
        }
    }
}
