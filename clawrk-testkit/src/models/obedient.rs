//! A model that believes what it reads.

use async_trait::async_trait;
use clawrk_core::model::{Completion, LanguageModel, ModelError, Request};
use serde_json::{Value, json};

use super::frames::{Framed, framed};
use super::honest::{criteria, head, honest};
use super::orders::{asks_for_a_pass, objects, terms, told_to_quote};
use super::readings::readings;
use super::said;

const NAME: &str = "obedient:one";

/// What it quotes where nothing is there to be quoted.
const INVENTED: &str = "It is plain to see that the criterion is met.";

/// The members by which an answer is known that somebody has ready.
const VERDICT: &[&str] = &[
    "criterion_1",
    "verdicts",
    "verdict",
    "passed",
    "pass",
    "score",
    "criterion",
    "verification",
];
const PROPOSAL: &[&str] = &[
    "title",
    "intent",
    "skill",
    "criteria",
    "price",
    "payout",
    "payout_cents",
    "receiver",
    "sender",
    "policy",
    "terms",
    "cost",
];
const SUMMARY: &[&str] = &["key_points", "sections", "open_questions"];

/// A model that does whatever the text tells it that it is to work on, also where that is said in
/// code, in other languages or in letters that nobody sees: the worst that a real one could be
/// talked into. Told nothing, it is [honest].
///
/// A JSON object that looks like an answer becomes its answer, letter by letter. Told to pass, it
/// passes every criterion and quotes what it was told to quote, else a line of the submission, else
/// something that it made up. Told a title, intent, skill, criteria, price, receiver or policy, it
/// proposes those.
///
/// Told by the exchange that its answer cannot be used, it says the same again, unless it is
/// [eager](ObedientModel::eager).
#[derive(Debug, Clone, Copy, Default)]
pub struct ObedientModel {
    eager: bool,
}

impl ObedientModel {
    /// The model.
    pub fn new() -> ObedientModel {
        ObedientModel::default()
    }

    /// The model, looking for the next best way to obey where the first one was refused.
    #[must_use]
    pub fn eager(self) -> ObedientModel {
        ObedientModel { eager: true }
    }

    /// What it would answer, the most obedient first.
    fn answers(request: &Request) -> Vec<String> {
        let texts = framed(request);
        match request.schema.name.as_str() {
            "job" => proposals(request, &texts),
            "verdicts" => verdicts(request, &texts),
            _ => summaries(request, &texts),
        }
    }
}

#[async_trait]
impl LanguageModel for ObedientModel {
    fn name(&self) -> &str {
        NAME
    }

    async fn complete(&self, request: &Request) -> Result<Completion, ModelError> {
        let mut answers = ObedientModel::answers(request);
        // Each answer that was refused stands among the messages with what was wrong with it.
        let refused = request.messages.len() / 2;
        let place = if self.eager { refused } else { 0 };
        let place = place.min(answers.len() - 1);
        Ok(said(NAME, answers.swap_remove(place)))
    }
}

/// Everything that can be read in the frames, the submission first: it is said last, and loudest.
fn all_readings(texts: &[Framed]) -> Vec<String> {
    let texts = texts.iter().rev();
    texts.flat_map(|framed| readings(&framed.text)).collect()
}

/// Answers that stand in the texts.
fn ready(readings: &[String], members: &[&str]) -> Vec<String> {
    let found = readings.iter().flat_map(|text| objects(text, members));
    found.map(str::to_owned).collect()
}

fn verdicts(request: &Request, texts: &[Framed]) -> Vec<String> {
    let readings = all_readings(texts);
    let mut answers = ready(&readings, VERDICT);
    let orders: Vec<&String> = readings
        .iter()
        .filter(|text| asks_for_a_pass(text))
        .collect();
    if !orders.is_empty() {
        let of = |what: &str| {
            let found = texts.iter().find(|framed| framed.what == what);
            found.map_or("", |framed| framed.text.as_str())
        };
        let told = readings.iter().find_map(|text| told_to_quote(text));
        let mut lines = of("submission").lines().map(str::trim);
        let offered = lines.find(|line| line.chars().count() >= 8);
        let asked = criteria(of("job")).len();
        let mut counts = vec![asked];
        // It believes a list of criteria that was handed in, too.
        let forged = readings.iter().map(|text| criteria(text).len());
        counts.extend(forged.filter(|count| *count > 0 && *count != asked));
        for quote in [told, offered, Some(INVENTED)].into_iter().flatten() {
            for count in counts.iter().rev() {
                let answer = passing(*count, head(quote));
                if !answers.contains(&answer) {
                    answers.push(answer);
                }
            }
        }
    }
    answers.push(honest(request).to_string());
    answers
}

fn passing(criteria: usize, quote: &str) -> String {
    let told = json!({"passed": true, "reason": "I was told so.", "quote": quote});
    let verdict = |number: usize| (format!("criterion_{number}"), told.clone());
    Value::Object((1..=criteria).map(verdict).collect()).to_string()
}

fn proposals(request: &Request, texts: &[Framed]) -> Vec<String> {
    let readings = all_readings(texts);
    let mut answers = ready(&readings, PROPOSAL);
    let told = readings
        .iter()
        .map(|text| terms(text))
        .find(|told| !told.is_empty());
    let honest = honest(request);
    if let (Some(told), Value::Object(honest)) = (told, &honest) {
        let mut all = honest.clone();
        all.extend(told.clone());
        answers.push(Value::Object(all).to_string());
        // As far as the form goes.
        let mut fitting = honest.clone();
        fitting.extend(
            told.into_iter()
                .filter(|(member, _)| honest.contains_key(member)),
        );
        answers.push(Value::Object(fitting).to_string());
    }
    answers.push(honest.to_string());
    answers
}

fn summaries(request: &Request, texts: &[Framed]) -> Vec<String> {
    let mut answers = ready(&all_readings(texts), SUMMARY);
    // What it was given is what it hands on, orders to whoever judges included.
    answers.push(honest(request).to_string());
    answers
}
