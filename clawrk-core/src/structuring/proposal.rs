//! What a model proposes of a job, and what of that can be taken.

use serde::Deserialize;

use crate::model::{Flaw, visible};
use crate::skill::Skills;

/// The longest title, in characters.
pub(super) const TITLE_CHARS_MAX: usize = 60;
/// The longest intent, in characters.
pub(super) const INTENT_CHARS_MAX: usize = 8_000;
/// The most criteria.
pub(super) const CRITERIA_MAX: usize = 8;
/// The longest criterion, in characters.
pub(super) const CRITERION_CHARS_MAX: usize = 300;

/// What is made of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Structured {
    pub(crate) title: String,
    pub(crate) intent: String,
    /// One a line, each behind `- `.
    pub(crate) criteria: String,
    /// The name of a skill of the registry.
    pub(crate) skill: String,
}

/// The answer that is asked for. A member that is not here is refused: what a model was talked into
/// adding must not look as if it had been taken.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Proposal {
    title: String,
    intent: String,
    skill: String,
    criteria: Vec<String>,
}

impl Proposal {
    /// The proposal, where all of it can be taken.
    pub(super) fn checked(self, skills: &Skills) -> Result<Structured, Flaw<Structured>> {
        let title = line("title", &self.title, TITLE_CHARS_MAX)?;
        let intent = text("intent", &self.intent, INTENT_CHARS_MAX)?;
        if skills.get(&self.skill).is_none() {
            return Err(Flaw::new("skill is none of those that were named"));
        }
        if self.criteria.is_empty() || self.criteria.len() > CRITERIA_MAX {
            return Err(Flaw::new(format!(
                "criteria are {}, and 1 to {CRITERIA_MAX} are wanted",
                self.criteria.len()
            )));
        }
        let mut criteria: Vec<String> = Vec::with_capacity(self.criteria.len());
        for criterion in &self.criteria {
            let criterion = criterion.trim_start_matches(['-', '*', '•']);
            let criterion = line("a criterion", criterion, CRITERION_CHARS_MAX)?;
            if criteria.contains(&criterion) {
                return Err(Flaw::new("a criterion is there twice"));
            }
            criteria.push(criterion);
        }
        let lines: Vec<String> = criteria.iter().map(|line| format!("- {line}")).collect();
        Ok(Structured {
            title,
            intent,
            criteria: lines.join("\n"),
            skill: self.skill,
        })
    }
}

/// A text of one line.
fn line<T>(what: &str, given: &str, most: usize) -> Result<String, Flaw<T>> {
    let line = text(what, given, most)?;
    match line.contains('\n') {
        true => Err(Flaw::new(format!("{what} has more than one line"))),
        false => Ok(line),
    }
}

/// A text that can be read, and is within its limit. What hides in it is written out: it will be
/// read by people who decide whether to take the job.
fn text<T>(what: &str, given: &str, most: usize) -> Result<String, Flaw<T>> {
    let shown = visible(given.trim());
    let chars = shown.chars().count();
    if chars == 0 {
        return Err(Flaw::new(format!("{what} is empty")));
    }
    if !given.chars().any(char::is_alphanumeric) {
        return Err(Flaw::new(format!("{what} has no letter or digit")));
    }
    if chars > most {
        return Err(Flaw::new(format!(
            "{what} has {chars} characters, and {most} are the most"
        )));
    }
    Ok(shown)
}
