//! The skills that an exchange has.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::money::Credits;
use crate::skill::{Research, Skill, cost};

/// What users are told about a skill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkillInfo {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// What a job that asks for it costs.
    pub credit_cost: Credits,
}

/// The skills that jobs may ask for, in the order they were registered. `research` is always
/// among them.
#[derive(Debug, Clone)]
pub struct Skills {
    skills: Vec<Arc<dyn Skill>>,
}

impl Default for Skills {
    fn default() -> Skills {
        Skills {
            skills: vec![Arc::new(Research)],
        }
    }
}

impl Skills {
    /// Adds a skill; one of the same name gives way.
    pub fn register(&mut self, skill: Arc<dyn Skill>) {
        match self
            .skills
            .iter_mut()
            .find(|known| known.name() == skill.name())
        {
            Some(known) => *known = skill,
            None => self.skills.push(skill),
        }
    }

    /// The skill of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Skill>> {
        self.skills.iter().find(|skill| skill.name() == name)
    }

    /// What users are told.
    pub fn infos(&self) -> Vec<SkillInfo> {
        let info = |skill: &Arc<dyn Skill>| SkillInfo {
            name: skill.name().to_owned(),
            description: skill.description().to_owned(),
            credit_cost: cost(skill.as_ref()),
        };
        self.skills.iter().map(info).collect()
    }

    /// The price of the cheapest skill.
    pub(crate) fn cheapest(&self) -> Credits {
        self.skills
            .iter()
            .map(|skill| cost(skill.as_ref()))
            .min()
            .unwrap_or_default()
    }

    /// The first skill that the prompt names as a word of its own, else the first of all.
    pub(crate) fn named_in(&self, prompt: &str) -> Option<&Arc<dyn Skill>> {
        let prompt = prompt.to_lowercase();
        let words: Vec<&str> = prompt
            .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
            .collect();
        let named = self
            .skills
            .iter()
            .find(|skill| words.contains(&skill.name()));
        named.or_else(|| self.skills.first())
    }
}
