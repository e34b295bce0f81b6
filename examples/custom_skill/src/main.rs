//! A skill of one's own: it makes the output of jobs that ask for it.
//!
//! A prompt that names the skill as a word asks for it. Run it with `cargo run -p custom_skill`.

#![allow(clippy::print_stdout, reason = "printing is what this program is for")]

use std::collections::BTreeMap;
use std::error::Error;

use clawrk::{Skill, SkillContext, SkillError, UserId, async_trait};

/// Counts the words of a text.
#[derive(Debug)]
struct WordCount;

#[async_trait]
impl Skill for WordCount {
    fn name(&self) -> &str {
        "wordcount"
    }

    fn description(&self) -> &str {
        "Counts how often each word of a text occurs."
    }

    /// What a job costs, where jobs take credits.
    fn credit_cost(&self) -> u32 {
        1
    }

    /// May run twice for one job, if a run is lost; the job gets one output. An error, a panic or
    /// a missed deadline returns the job to its receiver.
    async fn run(&self, intent: &str, _context: &SkillContext) -> Result<String, SkillError> {
        let (_, text) = intent
            .split_once(':')
            .ok_or_else(|| SkillError::new("put the text behind a colon"))?;
        let mut counts = BTreeMap::new();
        for word in text.split_whitespace() {
            *counts.entry(word.to_lowercase()).or_insert(0) += 1;
        }
        let lines = counts
            .iter()
            .map(|(word, count)| format!("- {word}: {count}\n"));
        Ok(format!("# Words\n\n{}", lines.collect::<String>()))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let engine = clawrk::blocking::open_with("memory:", |builder| builder.skill(WordCount))?;
    let (alice, bob) = (UserId::new("alice")?, UserId::new("bob")?);

    let job = engine.create_job(&alice, "wordcount: to be or not to be")?;
    engine.accept_job(&bob, &job.id)?;
    let job = engine.submit_output(&bob, &job.id, None)?;
    println!("{} made:\n\n{}", job.skill, job.output.unwrap_or_default());

    let job = engine.create_job(&alice, "wordcount without a text")?;
    engine.accept_job(&bob, &job.id)?;
    if let Err(error) = engine.submit_output(&bob, &job.id, None) {
        let cause = error.source().map(ToString::to_string).unwrap_or_default();
        println!("{error}: {cause}");
    }
    println!("the job is {} again", engine.job(&bob, &job.id)?.status);
    Ok(())
}
