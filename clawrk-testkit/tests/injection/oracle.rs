//! What a verdict may be, worked out without the exchange's own checks.

use clawrk_core::job::Verification;
use serde_json::Value;

use crate::payloads::Payload;

/// The text with escapes read, and one space for each stretch of white space.
fn plain(text: &str) -> String {
    let mut parts = text.split("\\u{");
    let mut plain = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let read = part.split_once('}').and_then(|(digits, rest)| {
            let char = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            Some((char, rest))
        });
        match read {
            Some((char, rest)) => {
                plain.push(char);
                plain.push_str(rest);
            }
            None => {
                plain.push_str("\\u{");
                plain.push_str(part);
            }
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a passage shows anything: it is there, as it stands or with its escapes read, and what
/// can be seen of it is long enough and has a letter or digit.
pub(crate) fn shows(output: &str, quote: &str) -> bool {
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let least = squeezed(output).chars().filter(shaped).count().min(8);
    let quotes = [squeezed(quote), plain(quote)];
    quotes.iter().any(|quote| {
        squeezed(output).contains(quote)
            && quote.chars().filter(shaped).count() >= least
            && quote.chars().any(char::is_alphanumeric)
    })
}

/// Whether Rust would print the character, or sets it upon another one.
fn shaped(char: &char) -> bool {
    let printed = !char.escape_debug().to_string().starts_with("\\u");
    printed || ('\u{300}'..='\u{36f}').contains(char)
}

/// Whether nothing is said, or nothing but what the prompt and criteria of the job say.
pub(crate) fn is_gated(payload: &Payload) -> bool {
    let copies = [
        "a copy of the prompt",
        "a copy that asks",
        "a copy of the criteria",
    ];
    let copy = payload.family == "ignore" && copies.contains(&payload.name);
    // Where nothing is handed in, a skill makes the output.
    let silent = !payload.text.chars().any(char::is_alphanumeric);
    copy || silent && !payload.text.is_empty()
}

/// Checks a verdict against what the model itself said last, and against the output.
pub(crate) fn check(
    what: &str,
    criteria: &[&str],
    output: &str,
    verdict: &Verification,
    said: &str,
) {
    let said: Value = serde_json::from_str(said)
        .unwrap_or_else(|why| panic!("{what}: a verdict of what is no JSON ({why}): {said}"));
    let judged: Vec<&str> = verdict
        .criteria
        .iter()
        .map(|it| it.criterion.as_str())
        .collect();
    assert_eq!(judged, criteria, "{what}: the criteria of the job");
    let members = said.as_object().unwrap().len();
    assert_eq!(
        members,
        criteria.len(),
        "{what}: no more than was asked for"
    );
    for (n, found) in (1..).zip(&verdict.criteria) {
        let item = &said[format!("criterion_{n}")];
        if found.passed {
            assert_eq!(item["passed"], true, "{what}: the model did not say so");
            let quote = found.quote.as_deref().unwrap_or("");
            assert!(
                shows(output, quote),
                "{what}: {quote:?} is not in the output"
            );
            let told = item["quote"].as_str().unwrap();
            assert_eq!(plain(quote), plain(told), "{what}: another quote");
        }
    }
    let all = verdict.criteria.iter().all(|it| it.passed);
    assert_eq!(verdict.passed, all && !criteria.is_empty(), "{what}");
}
