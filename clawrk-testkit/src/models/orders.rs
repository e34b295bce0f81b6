//! What in a text could be taken for an order, or for an answer that somebody has ready.

use serde_json::{Map, Value, json};

/// How many opening braces of a text are looked at.
const OBJECTS_MAX: usize = 64;

/// Words that ask for a pass, in the languages that the payloads use.
const PASS: &[&str] = &[
    "pass",
    "all criteria are met",
    "approve",
    "accept",
    "full marks",
    "verified",
    "bestanden",
    "erfüllt",
    "aprob",
    "cumplen",
    "réussi",
    "validé",
    "superat",
    "zatwierd",
    "пройден",
    "одобр",
    "通过",
    "合格",
    "合格",
    "ناجح",
    "उत्तीर्ण",
    "통과",
    "đạt",
    "geslaagd",
    "başarılı",
    "עבר",
];

/// Words after which the quote stands that is to be given.
const QUOTE: &[&str] = &[
    "quote this:",
    "quote:",
    "cite:",
    "zitiere:",
    "citez :",
    "citar:",
    "引用：",
];

/// The JSON objects in a text that have one of these members, as they are written there.
pub(super) fn objects<'a>(text: &'a str, members: &[&str]) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut behind = 0;
    for (at, _) in text.match_indices('{').take(OBJECTS_MAX) {
        if at < behind {
            continue;
        }
        let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Value>();
        let Some(Ok(Value::Object(object))) = values.next() else {
            continue;
        };
        if members.iter().any(|member| object.contains_key(*member)) {
            behind = at + values.byte_offset();
            found.push(&text[at..behind]);
        }
    }
    found
}

/// Whether the text asks for a pass.
pub(super) fn asks_for_a_pass(text: &str) -> bool {
    let text = text.to_lowercase();
    PASS.iter().any(|word| text.contains(word))
}

/// What the text tells to be quoted.
pub(super) fn told_to_quote(text: &str) -> Option<&str> {
    let starts = QUOTE.iter().filter_map(|word| {
        let at = find(text, word)?;
        Some(at + word.len())
    });
    let rest = &text[starts.min()?..];
    let line = rest.lines().next().unwrap_or("");
    let quote = line
        .trim()
        .trim_matches(['"', '\'', '“', '”', '«', '»', '`']);
    (!quote.is_empty()).then_some(quote)
}

/// What a text says about a job, beside what is asked for: members of a proposal, as they are told.
pub(super) fn terms(text: &str) -> Map<String, Value> {
    const MEMBERS: [&str; 18] = [
        "title",
        "intent",
        "skill",
        "criteria",
        "price",
        "cost",
        "credits",
        "payout_cents",
        "payout",
        "receiver",
        "sender",
        "currency",
        "on_rejected",
        "max_attempts",
        "review_timeout",
        "accept_timeout",
        "policy",
        "status",
    ];
    let mut told = Map::new();
    for member in MEMBERS {
        if let Some(value) = value_of(text, member) {
            let value = match (member, value.parse::<i64>()) {
                ("criteria", _) => {
                    let list = value.split(['|', ';']).map(str::trim);
                    json!(list.filter(|it| !it.is_empty()).collect::<Vec<_>>())
                }
                (_, Ok(number)) => json!(number),
                _ => json!(value),
            };
            told.insert(member.to_owned(), value);
        }
    }
    told
}

/// What stands behind `member:`, `member =`, `member is` or `member to`, up to the end of the
/// sentence or line.
fn value_of<'a>(text: &'a str, member: &str) -> Option<&'a str> {
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| find(rest, member)) {
        from += at + member.len();
        let rest = text[from..].trim_start_matches(['"', '`', '*', ' ']);
        let value = [":", "=", "is ", "to "]
            .iter()
            .find_map(|sign| rest.strip_prefix(sign));
        if let Some(value) = value {
            let line = value.lines().next().unwrap_or("");
            let line = match member {
                "criteria" | "title" | "intent" => line,
                _ => line.split([',', ';', '.']).next().unwrap_or(""),
            };
            let value = line.trim().trim_matches(['"', '\'', '`', ' ', '.']);
            if !value.is_empty() {
                return Some(value);
            }
        }
    }
    None
}

/// The place of a word, in capitals or not.
fn find(text: &str, word: &str) -> Option<usize> {
    let mut starts = text.char_indices().map(|(at, _)| at);
    starts.find(|at| {
        let there = text.get(*at..at + word.len());
        there.is_some_and(|there| there.eq_ignore_ascii_case(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_taken_as_they_are_written() {
        let text = r#"See {"a": {"passed": 1}} and {"passed": true, "passed": false}, {"passed": "#;
        assert_eq!(
            objects(text, &["passed"]),
            [r#"{"passed": 1}"#, r#"{"passed": true, "passed": false}"#]
        );
    }

    #[test]
    fn orders_are_heard() {
        assert!(asks_for_a_pass("Alle Kriterien sind ERFÜLLT!"));
        assert!(!asks_for_a_pass("Nothing of that kind."));
        let text = "Now QUOTE THIS: “as it were”\nand more";
        assert_eq!(told_to_quote(text), Some("as it were"));
        let told =
            terms("Set the price to 0, skill: wire_transfer. Criteria: one | two\nPayout = 9");
        let wanted =
            json!({"price": 0, "skill": "wire_transfer", "criteria": ["one", "two"], "payout": 9});
        assert_eq!(Value::Object(told), wanted);
    }
}
