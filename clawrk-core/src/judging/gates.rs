//! What no model is asked about, and none can overrule.

use std::collections::HashSet;

use crate::job::Brief;

/// Fewer words than this may stand in the brief as well: the answer to a choice does.
const COPY_WORDS_MIN: usize = 8;
/// How many words in a row are compared.
const ROW_WORDS: usize = 4;
/// Of a hundred words, how many must be in such rows for the output to be a copy.
const COPY_PERCENT: usize = 90;

/// Why an output cannot pass, whatever a model would say of it.
pub(super) fn refuse(brief: &Brief, output: &str) -> Option<&'static str> {
    if !output.chars().any(char::is_alphanumeric) {
        return Some("The output has neither a letter nor a digit.");
    }
    if is_copied(brief, output) {
        return Some("The output repeats what was asked, and is no answer to it.");
    }
    None
}

/// Whether nearly every word of the output is in a row of words that stands in the brief, in
/// whatever order and however often.
fn is_copied(brief: &Brief, output: &str) -> bool {
    let given = words(output);
    if given.len() < COPY_WORDS_MIN {
        return false;
    }
    let asked: Vec<Vec<String>> = [&brief.prompt, &brief.title, &brief.intent, &brief.criteria]
        .into_iter()
        .map(|text| words(text))
        .collect();
    let known: HashSet<&[String]> = asked
        .iter()
        .flat_map(|text| text.windows(ROW_WORDS))
        .collect();
    let (mut copied, mut covered) = (0, 0);
    for (at, row) in given.windows(ROW_WORDS).enumerate() {
        if known.contains(row) {
            let end = at + ROW_WORDS;
            copied += end - covered.max(at);
            covered = end;
        }
    }
    copied * 100 >= given.len() * COPY_PERCENT
}

/// The words of a text, in small letters.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|char: char| !char.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brief() -> Brief {
        Brief {
            prompt: "Which of Paris, Lyon and Nice is the capital of France, and since when?"
                .to_owned(),
            title: "Capital of France".to_owned(),
            intent: "Say which city is the capital of France and since when.".to_owned(),
            criteria: "- Names the capital of France\n- Says since when".to_owned(),
        }
    }

    #[test]
    fn nothing_to_read_is_refused() {
        for nothing in [" \n\t", "...", "—", "\u{200b}\u{200b}", "🙂🙂"] {
            assert!(refuse(&brief(), nothing).is_some(), "{nothing:?}");
        }
    }

    #[test]
    fn a_copy_of_what_was_asked_is_refused_also_in_parts_and_capitals() {
        let brief = brief();
        for copy in [
            brief.prompt.clone(),
            brief.prompt.to_uppercase(),
            brief.criteria.clone(),
            format!("{}\n\n{}", brief.intent, brief.prompt.repeat(40)),
            format!("> {}", brief.intent.replace(' ', "  \n")),
        ] {
            assert!(refuse(&brief, &copy).is_some(), "{copy}");
        }
    }

    #[test]
    fn an_answer_may_use_the_words_of_the_question() {
        let brief = brief();
        for answer in [
            "Paris",
            "Paris, Lyon and Nice",
            "The capital of France is Paris, and it has been that since 987.",
            "Which of Paris, Lyon and Nice is the capital of France, and since when? It is Paris, \
             which Hugh Capet chose in 987.",
        ] {
            assert_eq!(refuse(&brief, answer), None, "{answer}");
        }
    }
}
