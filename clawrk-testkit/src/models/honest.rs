//! What a model answers that does what it is asked, as far as a few lines of code can.

use clawrk_core::model::Request;
use serde_json::{Value, json};

use super::frames::framed;

/// Fewer characters are no quote.
const QUOTE_CHARS_MIN: usize = 8;

/// An honest answer in the form that the request asks for.
///
/// The job is what the request says, with the first skill that there is; its output has to name up
/// to three of the long words. A criterion is met where the output has its last word. A summary
/// says that nothing is known.
pub fn honest(request: &Request) -> Value {
    let texts = framed(request);
    let text = |what: &str| {
        let found = texts.iter().find(|framed| framed.what == what);
        found.map_or("", |framed| framed.text.as_str())
    };
    match request.schema.name.as_str() {
        "job" => proposal(request, text("request")),
        "verdicts" => verdicts(text("job"), text("submission")),
        _ => summary(text("task")),
    }
}

fn proposal(request: &Request, text: &str) -> Value {
    let title: String = text.trim().lines().next().unwrap_or("").into();
    let mut words: Vec<&str> = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        let long = (6..100).contains(&word.chars().count());
        if long && words.len() < 3 && !words.contains(&word) {
            words.push(word);
        }
    }
    let mut criteria: Vec<String> = words.iter().map(|word| format!("Names {word}")).collect();
    if criteria.is_empty() {
        criteria.push("Answers what was asked".to_owned());
    }
    json!({
        "title": short(&title, 60),
        "intent": short(text, 8_000),
        "skill": request.schema.schema["properties"]["skill"]["enum"][0],
        "criteria": criteria,
    })
}

/// The start of a text, and something where there is nothing.
fn short(text: &str, chars: usize) -> String {
    let short: String = text.trim().chars().take(chars).collect();
    match short.trim() {
        "" => "Untitled".to_owned(),
        short => short.to_owned(),
    }
}

fn verdicts(job: &str, submission: &str) -> Value {
    let verdict = |(number, criterion): (usize, &str)| {
        let member = format!("criterion_{number}");
        let word = criterion.split_whitespace().last().unwrap_or("");
        let found = find(submission, word).filter(|_| !word.is_empty());
        let reason = match found {
            Some(_) => format!("It says {word}."),
            None => format!("It does not say {word}."),
        };
        let quote = found.map_or("", |at| around(submission, at));
        let passed = found.is_some();
        let verdict = json!({"passed": passed, "reason": short(&reason, 400), "quote": quote});
        (member, verdict)
    };
    Value::Object((1..).zip(criteria(job)).map(verdict).collect())
}

/// The criteria that a judge is shown: the numbered lines at the end.
pub(super) fn criteria(job: &str) -> Vec<&str> {
    let (_, list) = job.rsplit_once("\nCriteria:\n").unwrap_or(("", ""));
    let lines = list.lines();
    lines
        .filter_map(|line| line.split_once(". ").map(|(_, criterion)| criterion))
        .collect()
}

fn find(text: &str, word: &str) -> Option<usize> {
    let mut starts = text.char_indices().map(|(at, _)| at);
    starts.find(|at| {
        let there = text.get(*at..at + word.len());
        there.is_some_and(|there| there.eq_ignore_ascii_case(word))
    })
}

/// The line at that place, or all of a text whose lines are too short.
fn around(text: &str, at: usize) -> &str {
    let from = text[..at].rfind('\n').map_or(0, |before| before + 1);
    let to = text[at..].find('\n').map_or(text.len(), |after| at + after);
    let line = text[from..to].trim();
    let enough = line.chars().count() >= QUOTE_CHARS_MIN;
    head(if enough { line } else { text.trim() })
}

/// As much of a text as a quote may have.
pub(super) fn head(text: &str) -> &str {
    let end = text
        .char_indices()
        .nth(300)
        .map_or(text.len(), |(at, _)| at);
    &text[..end]
}

fn summary(task: &str) -> Value {
    json!({
        "title": short(task.lines().next().unwrap_or(""), 100),
        "key_points": ["Nothing is known of it here."],
        "sections": [{"heading": "What was asked", "text": short(task, 2_000)}],
        "open_questions": ["All of it."],
    })
}
