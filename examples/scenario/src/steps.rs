//! The steps, as the page has them.

use std::collections::BTreeMap;

use crate::{Answer, Exchange, Failure};

/// The mark between a step and its answer.
const ARROW: &str = " -> ";

/// The steps of a page, and the transcript that they have to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// The steps in order.
    pub steps: Vec<Step>,
    /// What stands on the page.
    pub transcript: String,
}

/// One step: who does what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The step as written.
    pub text: String,
    /// Who.
    pub who: String,
    /// What, by the engine's name for it.
    pub verb: String,
    /// With what.
    pub words: Vec<String>,
}

impl Scenario {
    /// The scenario in the block marked `transcript` of a Markdown page.
    ///
    /// # Errors
    /// A page without such a block, or a line that is no step.
    pub fn read(page: &str) -> Result<Scenario, Failure> {
        let (_, rest) = page
            .split_once("\n```transcript\n")
            .ok_or("the page has no block marked `transcript`")?;
        let (block, _) = rest
            .split_once("\n```")
            .ok_or("the block marked `transcript` has no end")?;
        let steps: Result<Vec<Step>, Failure> = block.lines().map(Step::read).collect();
        Ok(Scenario {
            steps: steps?,
            transcript: format!("{block}\n"),
        })
    }

    /// Does the steps one by one; answers with the transcript.
    ///
    /// # Errors
    /// The first step that has no answer at all.
    pub fn run(&self, exchange: &mut dyn Exchange) -> Result<String, Failure> {
        let mut names = Names::default();
        let mut transcript = String::new();
        for step in &self.steps {
            let words = names.in_place(step)?;
            let answer = exchange
                .give(&step.who, &step.verb, &words)
                .map_err(|error| format!("{}: {error}", step.text))?;
            names.learn(step, &answer)?;
            let answer = names.instead_of_ids(&answer.to_string());
            transcript.push_str(&format!("{}{ARROW}{answer}\n", step.text));
        }
        Ok(transcript)
    }
}

impl Step {
    fn read(line: &str) -> Result<Step, Failure> {
        let (text, _) = line
            .split_once(ARROW)
            .ok_or_else(|| format!("`{line}` has no `{ARROW}`"))?;
        let mut words = words(text).into_iter();
        let mut next = || {
            let word = words.next();
            word.ok_or_else(|| format!("`{line}` lacks who or what"))
        };
        Ok(Step {
            text: text.to_owned(),
            who: next()?,
            verb: next()?,
            words: words.collect(),
        })
    }

    /// Whether the first argument names a job.
    fn is_about_a_job(&self) -> bool {
        self.verb.ends_with("_job") || ["submit_output", "job"].contains(&&*self.verb)
    }
}

/// Words by white space; a text in double quotes is one.
fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    // Every second part stands inside quotes.
    for (at, part) in text.split('"').enumerate() {
        if at % 2 == 1 {
            found.push(part.to_owned());
        } else {
            found.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    found
}

/// The names of jobs, and their ids.
#[derive(Debug, Default)]
struct Names {
    ids: BTreeMap<String, String>,
}

impl Names {
    /// The arguments of a step with the job's id instead of its name. A new job has no id yet.
    fn in_place<'a>(&'a self, step: &'a Step) -> Result<Vec<&'a str>, Failure> {
        let words: Vec<&str> = step.words.iter().map(String::as_str).collect();
        let Some((name, rest)) = words.split_first().filter(|_| step.is_about_a_job()) else {
            return Ok(words);
        };
        if step.verb == "create_job" {
            return Ok(rest.to_vec());
        }
        let id = self.ids.get(*name);
        let id = id.ok_or_else(|| format!("`{}`: no step made {name}", step.text))?;
        Ok([&[id.as_str()], rest].concat())
    }

    fn learn(&mut self, step: &Step, answer: &Answer) -> Result<(), Failure> {
        if let ("create_job", Answer::Job { id, .. }) = (&*step.verb, answer) {
            let name = step.words.first();
            let name = name.ok_or_else(|| format!("`{}`: the job has no name", step.text))?;
            self.ids.insert(name.clone(), id.clone());
        }
        Ok(())
    }

    fn instead_of_ids(&self, text: &str) -> String {
        let replace = |text: String, (name, id): (&String, &String)| text.replace(id, name);
        self.ids.iter().fold(text.to_owned(), replace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_who_verb_and_words_and_quotes_hold_a_text_together() {
        let step = Step::read("alice create_job j \"Two words.\" -> queued").unwrap();
        assert_eq!((&*step.who, &*step.verb), ("alice", "create_job"));
        assert_eq!(step.words, ["j", "Two words."]);
        assert_eq!(step.text, "alice create_job j \"Two words.\"");
    }

    #[test]
    fn what_is_no_step_is_named() {
        let says = |page: &str| Scenario::read(page).unwrap_err().to_string();
        assert!(says("no block").contains("marked `transcript`"));
        assert!(says("\n```transcript\nalice\n```\n").contains("`alice` has no ` -> `"));
        assert!(says("\n```transcript\nalice -> x\n```\n").contains("lacks who or what"));
    }

    #[test]
    fn a_job_is_named_before_it_is_used() {
        let page = "\n```transcript\nbob accept_job j -> accepted\n```\n";
        let scenario = Scenario::read(page).unwrap();
        let refused = scenario
            .run(&mut crate::Embedded::open().unwrap())
            .unwrap_err();
        assert!(refused.to_string().contains("no step made j"), "{refused}");
    }
}
