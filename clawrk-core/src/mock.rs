//! What stands in for a language model: deterministic structuring and judging.

use std::collections::BTreeMap;

use crate::job::Verification;
use crate::skill::Skills;
use crate::structuring::Structured;

/// The longest title, in characters.
const TITLE_CHARS_MAX: usize = 60;

/// An output passes with more characters than this.
const PASSING_CHARS: usize = 20;

/// Title, intent, skill and criteria of a prompt. The same prompt gives the same. None where no
/// skill is registered.
pub(crate) fn structure(skills: &Skills, prompt: &str) -> Option<Structured> {
    let skill = skills.named_in(prompt)?.name().to_owned();
    let intent = prompt.trim();
    let title = title(intent);
    let criteria =
        format!("- Answers the request: {title}\n- Is complete and can be used as it is");
    Some(Structured {
        title,
        intent: intent.to_owned(),
        criteria,
        skill,
    })
}

/// The first line, cut at a word.
fn title(intent: &str) -> String {
    let line = intent.lines().next().unwrap_or_default().trim();
    if line.chars().count() <= TITLE_CHARS_MAX {
        return line.to_owned();
    }
    let cut: String = line.chars().take(TITLE_CHARS_MAX - 1).collect();
    let whole_words = cut
        .rsplit_once(char::is_whitespace)
        .map_or(cut.as_str(), |(words, _)| words);
    format!("{}…", whole_words.trim_end())
}

/// Passes an output of more than 20 characters, as documented: Unicode scalar values, untrimmed.
pub(crate) fn judge(output: &str) -> Verification {
    let characters = output.chars().count();
    let passed = characters > PASSING_CHARS;
    let comparison = if passed { "more than" } else { "not more than" };
    Verification {
        passed,
        reasoning: format!(
            "No language model is configured: the output has {characters} characters, which is \
             {comparison} {PASSING_CHARS}."
        ),
        scores: BTreeMap::from([("characters".to_owned(), characters.into())]),
        model: "mock".to_owned(),
        criteria: Vec::new(),
        prompt_hash: None,
        usage: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_twenty_characters_untrimmed() {
        assert!(!judge(&"x".repeat(20)).passed);
        assert!(judge(&"x".repeat(21)).passed);
        assert!(!judge(&"é".repeat(20)).passed);
        assert!(judge(&format!("{}x", " ".repeat(20))).passed);
    }

    #[test]
    fn titles_are_short_and_end_at_a_word() {
        let skills = Skills::default();
        let title = |prompt: &str| structure(&skills, prompt).unwrap().title;
        assert_eq!(title("  Sum up RFC 9110\nin ten lines "), "Sum up RFC 9110");
        let long = title(&"word ".repeat(40));
        assert!(long.ends_with("word…") && long.chars().count() <= TITLE_CHARS_MAX);
        let unbroken = title(&"w".repeat(200));
        assert_eq!(unbroken.chars().count(), TITLE_CHARS_MAX);
    }
}
