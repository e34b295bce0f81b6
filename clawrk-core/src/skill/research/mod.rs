//! The built-in skill.

mod plain;
mod written;

use async_trait::async_trait;

use crate::skill::{Skill, SkillContext, SkillError};

/// Writes a structured summary in Markdown: headings, key points, open questions. With a language
/// model it is the model's; without one it orders what the intent itself says, and says so.
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

    async fn run(&self, intent: &str, context: &SkillContext) -> Result<String, SkillError> {
        match &context.model {
            None => Ok(plain::summary(intent)),
            Some(model) => written::summary(model, intent, &context.criteria).await,
        }
    }
}
