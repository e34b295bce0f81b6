//! A language model of the host's own, and a job that it structures and judges.
//!
//! Run it with `cargo run -p custom_language_model`. The model here knows no language: it goes by
//! words, so that the example needs nothing else. Yours would ask whatever you have; everything
//! around it stays. For models over HTTP there is `clawrk::language_model`.

#![allow(clippy::print_stdout, reason = "printing is what this program is for")]

use std::error::Error;
use std::sync::Arc;

use clawrk::model::{Completion, ModelError, ModelFailure, Request, StopReason, Usage};
use clawrk::{FnSkill, LanguageModel, UserId, async_trait};
use serde_json::{Value, json};

/// Goes by words.
#[derive(Debug)]
struct ByWords;

#[async_trait]
impl LanguageModel for ByWords {
    /// Kept with what it has judged.
    fn name(&self) -> &str {
        "words:1"
    }

    /// Core asks three kinds of question, each with a schema of its own. What is wrong with an
    /// answer is said in a second question; what is wrong with that one is a failure.
    async fn complete(&self, request: &Request) -> Result<Completion, ModelError> {
        let asked = request.messages.first().map_or("", |first| &*first.text);
        let answer = match &*request.schema.name {
            "job" => job(framed(asked, "request")),
            "verdicts" => verdicts(framed(asked, "job"), framed(asked, "submission")),
            other => {
                let text = format!("nothing is known about {other}");
                return Err(ModelError::new(ModelFailure::Refused, text));
            }
        };
        Ok(Completion {
            text: answer.to_string(),
            model: self.name().to_owned(),
            stop: StopReason::End,
            usage: Usage::default(),
        })
    }
}

/// What stands between the two lines of a frame. Their code is random, so that no text can end its
/// own frame.
fn framed<'a>(asked: &'a str, what: &str) -> &'a str {
    let begin = format!("<<<{what} ");
    let Some((_, behind)) = asked.split_once(&begin) else {
        return "";
    };
    let (code, text) = behind.split_once('\n').unwrap_or((behind, ""));
    let end = format!("\n{what} {code}>>>");
    text.split_once(&end).map_or("", |(text, _)| text)
}

fn job(prompt: &str) -> Value {
    let words: Vec<&str> = prompt.split_whitespace().take(6).collect();
    json!({
        "title": words.join(" "),
        "intent": prompt,
        "skill": "acrostic",
        "criteria": prompt.split_whitespace().filter(|word| word.len() > 4)
            .take(3)
            .map(|word| format!("Mentions {word}"))
            .collect::<Vec<_>>(),
    })
}

/// A criterion `Mentions X` is met by a sentence with X in it, which is the quote.
fn verdicts(job: &str, submission: &str) -> Value {
    let (_, criteria) = job.split_once("Criteria:\n").unwrap_or(("", ""));
    let verdict = |(number, line): (usize, &str)| {
        let word = line.split_whitespace().last().unwrap_or_default();
        let sentence = submission
            .split_inclusive('.')
            .find(|sentence| sentence.contains(word));
        let verdict = json!({
            "passed": sentence.is_some(),
            "reason": match sentence {
                Some(_) => format!("A sentence has {word}."),
                None => format!("No sentence has {word}."),
            },
            "quote": sentence.unwrap_or_default().trim(),
        });
        (format!("criterion_{number}"), verdict)
    };
    Value::Object((1..).zip(criteria.lines()).map(verdict).collect())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // A skill can be a closure. `context.model` would be the model, and `context.criteria` what
    // the output will be judged by.
    let acrostic = FnSkill::new(
        "acrostic",
        "Begins lines.",
        1,
        |intent, _context| async move {
            let lines = intent.split_whitespace().map(|word| format!("{word}: …\n"));
            Ok(lines.collect())
        },
    );
    let engine = clawrk::builder("memory:")
        .await?
        .language_model(Arc::new(ByWords))
        .skill(acrostic)
        .build();
    let (ann, bob) = (UserId::new("ann")?, UserId::new("bob")?);

    for output in [
        "A page that was kept spares a round trip. Servers idle.",
        "With caching a page is there at once. That makes the clients happy.",
    ] {
        let prompt = "Say why caching makes clients happy";
        let job = engine.create_job(&ann, prompt).await?;
        engine.accept_job(&bob, &job.id).await?;
        engine.submit_output(&bob, &job.id, Some(output)).await?;
        let job = engine.verify_job(&ann, &job.id).await?;
        println!("{}: {}", job.title, job.status);
        if let Some(verdict) = job.verification {
            println!("{}", verdict.reasoning);
            for criterion in verdict.criteria {
                let quote = criterion.quote.unwrap_or_default();
                println!("- {}: {} {quote:?}", criterion.criterion, criterion.passed);
            }
        }
    }
    Ok(())
}
