//! The built-in skill.

use async_trait::async_trait;

use crate::skill::{Skill, SkillContext, SkillError};

/// Writes a structured summary in Markdown. Without a language model it orders what the intent
/// itself says, and says so; the same intent gives the same text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Research;

#[async_trait]
impl Skill for Research {
    fn name(&self) -> &str {
        "research"
    }

    fn description(&self) -> &str {
        "Looks into a question and writes a structured summary in Markdown."
    }

    fn credit_cost(&self) -> u32 {
        2
    }

    async fn run(&self, intent: &str, _context: &SkillContext) -> Result<String, SkillError> {
        let intent = intent.trim();
        let points: Vec<String> = statements(intent).map(|s| format!("- {s}")).collect();
        let terms = terms(intent).join(", ");
        Ok(format!(
            "# Research summary\n\n\
             ## Question\n\n{intent}\n\n\
             ## Key points\n\n{}\n\n\
             ## Terms to look up\n\n{terms}\n\n\
             ## Open questions\n\n\
             - Which sources settle each point? No language model is configured, so none was \
             asked.\n",
            points.join("\n"),
        ))
    }
}

/// The sentences of a text.
fn statements(text: &str) -> impl Iterator<Item = &str> {
    text.split_terminator(['.', '!', '?', ';', '\n'])
        .map(str::trim)
        .filter(|s| !s.is_empty())
}

/// The most terms that a summary lists.
const TERMS_MAX: usize = 8;

/// The long words of a text, each once, in order.
fn terms(text: &str) -> Vec<String> {
    let mut terms: Vec<String> = Vec::new();
    for word in text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| w.chars().count() > 4)
    {
        let word = word.to_lowercase();
        if terms.len() < TERMS_MAX && !terms.contains(&word) {
            terms.push(word);
        }
    }
    if terms.is_empty() {
        terms.push("none".to_owned());
    }
    terms
}
