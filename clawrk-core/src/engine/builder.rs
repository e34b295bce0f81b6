//! Putting an engine together.

use std::sync::{Arc, OnceLock};

use crate::clock::Clock;
use crate::engine::outbox::Memory;
use crate::engine::thinking::Mood;
use crate::engine::uses::Uses;
use crate::engine::{Engine, Inner};
use crate::ids::{Ids, RandomIds};
use crate::model::{self, LanguageModel};
use crate::payments::{Metered, Payments};
use crate::policy::Policy;
use crate::skill::{Skill, Skills};
use crate::store::Store;

/// An engine in the making. Everything but store and clock has a default.
#[derive(Debug)]
pub struct EngineBuilder {
    inner: Inner,
}

impl EngineBuilder {
    pub(crate) fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> EngineBuilder {
        let inner = Inner {
            store,
            clock,
            ids: Arc::new(RandomIds),
            payments: None,
            model: None,
            skills: Skills::default(),
            policy: Policy::default(),
            seal: OnceLock::new(),
            uses: Uses::default(),
            outbox: Memory::default(),
            mood: Mood::default(),
        };
        EngineBuilder { inner }
    }

    /// The settings. Default: [`Policy::default`].
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> EngineBuilder {
        self.inner.policy = policy;
        self
    }

    /// Adds a skill; one of the same name gives way. `research` is there by itself.
    #[must_use]
    pub fn skill(mut self, skill: impl Skill + 'static) -> EngineBuilder {
        self.inner.skills.register(Arc::new(skill));
        self
    }

    /// The payment provider. Default: none, and nothing is ever paid out.
    #[must_use]
    pub fn payments(mut self, payments: Arc<dyn Payments>) -> EngineBuilder {
        self.inner.payments = Some(payments);
        self
    }

    /// The language model that structures, researches and judges. Default: none; fixed rules do.
    #[must_use]
    pub fn language_model(mut self, model: Arc<dyn LanguageModel>) -> EngineBuilder {
        self.inner.model = Some(model);
        self
    }

    /// The source of random ids and secrets. Default: the operating system's.
    #[must_use]
    pub fn ids(mut self, ids: Arc<dyn Ids>) -> EngineBuilder {
        self.inner.ids = ids;
        self
    }

    /// The engine.
    pub fn build(self) -> Engine {
        let mut inner = self.inner;
        if let Some(provider) = inner.payments.take() {
            let metered = Metered::new(provider, inner.clock.clone());
            inner.payments = Some(Arc::new(metered));
        }
        if let Some(asked) = inner.model.take() {
            let metered = model::Metered::new(asked, inner.clock.clone());
            inner.model = Some(Arc::new(metered));
        }
        Engine {
            inner: Arc::new(inner),
        }
    }
}
