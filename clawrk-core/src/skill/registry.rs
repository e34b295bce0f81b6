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
        let mut skills = self.skills.iter();
        let named = skills.find(|skill| is_word_of(prompt, skill.name()));
        named.or_else(|| self.skills.first())
    }
}

/// Whether the text has this word, in capitals or not.
fn is_word_of(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let places = text.as_bytes().windows(word.len().max(1)).enumerate();
    let mut found = places.filter(|(_, bytes)| bytes.eq_ignore_ascii_case(word.as_bytes()));
    found.any(|(at, bytes)| {
        let (before, behind) = (text.get(..at), text.get(at + bytes.len()..));
        before.is_some_and(|text| !text.ends_with(part))
            && behind.is_some_and(|text| !text.starts_with(part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stands_alone() {
        for text in [
            "research",
            "RESEARCH it",
            "do (Research)!",
            "é research é",
            "re research",
        ] {
            assert!(is_word_of(text, "research"), "{text}");
        }
        for text in [
            "",
            "researches",
            "re-research",
            "research_",
            "éresearch",
            "researché",
            "re",
        ] {
            assert!(!is_word_of(text, "research"), "{text}");
        }
        assert!(is_word_of("a wéb-search2, please", "please"));
    }
}
