//! Which model is meant, and whose it is.

use std::fmt;
use std::str::FromStr;

use crate::setting::InvalidSetting;

/// The longest name of a model.
const MODEL_CHARS_MAX: usize = 200;
/// How much is repeated of a text that is no name.
const SHOWN_CHARS_MAX: usize = 60;
/// How keys of providers begin; such a text was put in the wrong place, and is not repeated.
const KEY_PREFIX: &str = "sk-";

/// Who is asked, and so in which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Provider {
    /// Anthropic's Messages API, at `https://api.anthropic.com`.
    Anthropic,
    /// OpenAI's chat completions, at `https://api.openai.com/v1`, and the many servers that take
    /// the same.
    OpenAi,
    /// Ollama's own API, at `http://127.0.0.1:11434`.
    Ollama,
}

impl Provider {
    /// Every provider.
    pub const ALL: [Provider; 3] = [Provider::Anthropic, Provider::OpenAi, Provider::Ollama];

    /// The stable text: `anthropic`, `openai` or `ollama`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Provider::Anthropic => "anthropic",
            Provider::OpenAi => "openai",
            Provider::Ollama => "ollama",
        }
    }

    /// Where it is, unless another address is set.
    pub const fn url(self) -> &'static str {
        match self {
            Provider::Anthropic => "https://api.anthropic.com",
            Provider::OpenAi => "https://api.openai.com/v1",
            Provider::Ollama => "http://127.0.0.1:11434",
        }
    }

    /// Whether it answers nobody without a key, at its own address.
    pub const fn needs_key(self) -> bool {
        !matches!(self, Provider::Ollama)
    }

    /// Whose name is closest to a text.
    fn nearest(text: &str) -> Provider {
        let text: String = text.chars().take(MODEL_CHARS_MAX).collect();
        let text = text.to_lowercase();
        Provider::ALL
            .into_iter()
            .min_by_key(|provider| distance(provider.as_str(), &text))
            .unwrap_or(Provider::Anthropic)
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A provider and one of its models, written `provider:model`. Only the first colon divides, so
/// `ollama:qwen3:8b` is the model `qwen3:8b`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelName {
    provider: Provider,
    model: String,
}

impl ModelName {
    /// Whose model it is.
    pub const fn provider(&self) -> Provider {
        self.provider
    }

    /// What the provider calls it.
    pub fn model(&self) -> &str {
        &self.model
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.provider, self.model)
    }
}

/// Takes `provider:model`, with space around it.
///
/// # Errors
/// [`InvalidSetting::Provider`] names those that there are, and the nearest.
/// [`InvalidSetting::ModelName`] for a text without a provider, or without a model, or with a
/// model of more than 200 characters, white space or control characters.
impl FromStr for ModelName {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<ModelName, InvalidSetting> {
        let wrong = |why| InvalidSetting::ModelName {
            given: shown(text),
            why,
        };
        let Some((provider, model)) = text.trim().split_once(':') else {
            return Err(wrong("it does not say whose model it is"));
        };
        let known = Provider::ALL
            .into_iter()
            .find(|it| it.as_str().eq_ignore_ascii_case(provider));
        let Some(provider) = known else {
            return Err(InvalidSetting::Provider {
                given: shown(provider),
                nearest: Provider::nearest(provider),
            });
        };
        if model.is_empty() {
            return Err(wrong("there is no model behind the colon"));
        }
        if model
            .chars()
            .any(|it| it.is_control() || it.is_whitespace())
        {
            return Err(wrong("a model has no space in its name"));
        }
        if model.chars().count() > MODEL_CHARS_MAX {
            return Err(wrong("no model has a name of more than 200 characters"));
        }
        let model = model.to_owned();
        Ok(ModelName { provider, model })
    }
}

/// The beginning of a text, unless it looks like a key.
fn shown(text: &str) -> String {
    let text = text.trim();
    if text.starts_with(KEY_PREFIX) {
        return "(hidden)".to_owned();
    }
    text.chars().take(SHOWN_CHARS_MAX).collect()
}

/// How many characters have to be put in, left out or changed to make one text of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (above, left) in one.chars().zip(1..) {
        let mut diagonal = row[0];
        row[0] = left;
        for (index, beside) in other.iter().enumerate() {
            let changed = diagonal + usize::from(above != *beside);
            diagonal = row[index + 1];
            row[index + 1] = changed.min(diagonal + 1).min(row[index] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        text.parse::<ModelName>().unwrap_err().to_string()
    }

    #[test]
    fn only_the_first_colon_divides() {
        for (text, provider, model) in [
            ("openai:gpt-5.6", Provider::OpenAi, "gpt-5.6"),
            (" OpenAI:gpt-5.6\n", Provider::OpenAi, "gpt-5.6"),
            ("anthropic:claude-x", Provider::Anthropic, "claude-x"),
            ("ollama:qwen3:8b", Provider::Ollama, "qwen3:8b"),
            ("openai:org/name:free", Provider::OpenAi, "org/name:free"),
        ] {
            let name: ModelName = text.parse().unwrap();
            assert_eq!((name.provider(), name.model()), (provider, model));
            assert_eq!(name.to_string(), format!("{provider}:{model}"));
        }
    }

    #[test]
    fn an_unknown_provider_is_told_who_is_known_and_who_is_meant() {
        for (text, nearest) in [
            ("opnai:gpt-5", "openai"),
            ("Antropic:claude", "anthropic"),
            ("olama:x", "ollama"),
            ("llama:x", "ollama"),
            ("openai-compatible:x", "openai"),
        ] {
            let refused = refused(text);
            assert!(
                refused.contains("anthropic, openai and ollama"),
                "{refused}"
            );
            assert!(refused.contains(&format!("{nearest}:MODEL")), "{refused}");
        }
    }

    #[test]
    fn a_text_that_is_no_name_is_told_what_one_looks_like() {
        for text in ["", "gpt-5", "openai:", "openai:a b", "openai:a\tb"] {
            assert!(refused(text).contains("PROVIDER:MODEL"), "{text}");
        }
        assert!(refused(&format!("openai:{}", "x".repeat(201))).contains("200"));
        assert!(refused(&"x".repeat(100_000)).len() < 500);
    }

    #[test]
    fn a_key_in_the_place_of_a_name_is_not_repeated() {
        for text in ["sk-ant-Secret", "sk-ant-Secret:x"] {
            assert!(!refused(text).contains("Secret"), "{text}");
        }
    }
}
