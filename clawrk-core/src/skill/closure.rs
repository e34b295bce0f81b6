//! A skill that is a function.

use std::fmt;
use std::future::Future;

use async_trait::async_trait;

use crate::skill::{Skill, SkillContext, SkillError};

/// A skill made of a closure, for those that need no state of their own.
///
/// ```
/// use clawrk_core::skill::FnSkill;
///
/// let skill = FnSkill::new("shout", "Says it loudly.", 1, |intent, _context| async move {
///     Ok(intent.to_uppercase())
/// });
/// ```
pub struct FnSkill<F> {
    name: String,
    description: String,
    credit_cost: u32,
    run: F,
}

impl<F, Made> FnSkill<F>
where
    F: Fn(String, SkillContext) -> Made + Send + Sync,
    Made: Future<Output = Result<String, SkillError>> + Send,
{
    /// A skill of that name, description and cost in credits, whose output the closure makes of
    /// the intent.
    pub fn new(
        name: impl Into<String>,
        description: impl Into<String>,
        credit_cost: u32,
        run: F,
    ) -> FnSkill<F> {
        FnSkill {
            name: name.into(),
            description: description.into(),
            credit_cost,
            run,
        }
    }
}

impl<F> fmt::Debug for FnSkill<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FnSkill")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl<F, Made> Skill for FnSkill<F>
where
    F: Fn(String, SkillContext) -> Made + Send + Sync,
    Made: Future<Output = Result<String, SkillError>> + Send,
{
    fn name(&self) -> &str {
        &self.name
    }

    fn description(&self) -> &str {
        &self.description
    }

    fn credit_cost(&self) -> u32 {
        self.credit_cost
    }

    async fn run(&self, intent: &str, context: &SkillContext) -> Result<String, SkillError> {
        (self.run)(intent.to_owned(), context.clone()).await
    }
}
