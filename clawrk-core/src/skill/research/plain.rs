//! A summary without a language model: what the intent itself says, in order.

/// The summary. The same intent gives the same text.
pub(super) fn summary(intent: &str) -> String {
    let intent = intent.trim();
    let points: Vec<String> = statements(intent).map(|s| format!("- {s}")).collect();
    let terms = terms(intent).join(", ");
    format!(
        "# Research summary\n\n\
         ## Question\n\n{intent}\n\n\
         ## Key points\n\n{}\n\n\
         ## Terms to look up\n\n{terms}\n\n\
         ## Open questions\n\n\
         - Which sources settle each point? No language model is configured, so none was \
         asked.\n",
        points.join("\n"),
    )
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
