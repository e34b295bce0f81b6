//! How the texts of the settings of language models are read.

use clawrk::llm::{HEADERS_MAX, MODELS_MAX, ModelName};

use super::value::Secret;

/// The word for no model at all.
const MOCK: &str = "mock";

pub(super) fn names(text: &str) -> Result<Vec<ModelName>, String> {
    if text == MOCK {
        return Ok(Vec::new());
    }
    let names: Vec<&str> = text.split(',').map(str::trim).collect();
    if names.len() > 1 && names.contains(&MOCK) {
        return Err(format!(
            "has `{MOCK}` among others; it stands alone, for where a model is asked no fixed rule \
             takes its place"
        ));
    }
    if names.len() > MODELS_MAX {
        let count = names.len();
        return Err(format!(
            "has {count} models; at most {MODELS_MAX} are taken"
        ));
    }
    let names = names.into_iter().map(|name| {
        let name: Result<ModelName, _> = name.parse();
        name.map_err(|error| format!("{error}; or `{MOCK}` for none"))
    });
    names.collect()
}

/// A secret that need not be there.
pub(super) fn key(text: &str) -> Result<Option<Secret>, String> {
    Ok((!text.is_empty()).then(|| Secret(text.to_owned())))
}

/// Headers as they are written in a request, with semicolons between.
pub(super) fn headers(text: &str) -> Result<Vec<(String, Secret)>, String> {
    let lines = text
        .split(';')
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let mut headers = Vec::new();
    for line in lines {
        // What was given may be a secret, so it is not repeated.
        let (name, value) = line
            .split_once(':')
            .ok_or("must be headers such as `X-Team: seven`, with semicolons between")?;
        headers.push((name.trim().to_owned(), Secret(value.trim().to_owned())));
    }
    match headers.len() <= HEADERS_MAX {
        true => Ok(headers),
        false => Err(format!(
            "has {} headers; at most {HEADERS_MAX} are taken",
            headers.len()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_named_with_their_provider_in_the_order_they_are_asked() {
        assert_eq!(names("mock"), Ok(Vec::new()));
        let listed = names("anthropic:claude-sonnet-5, ollama:qwen3:8b").unwrap();
        let listed: Vec<String> = listed.iter().map(ToString::to_string).collect();
        assert_eq!(listed, ["anthropic:claude-sonnet-5", "ollama:qwen3:8b"]);
        for (wrong, said) in [
            ("", "names no language model"),
            ("gpt-5", "names no language model"),
            ("opnai:gpt-5", "openai:MODEL if openai is meant"),
            ("openai:gpt-5,", "names no language model"),
            ("openai:gpt-5,mock", "stands alone"),
            (&["ollama:x"; MODELS_MAX + 1].join(","), "at most"),
        ] {
            let cause = names(wrong).unwrap_err();
            assert!(cause.contains(said), "{wrong}: {cause}");
        }
    }

    #[test]
    fn headers_are_split_and_not_shown() {
        let read = headers("X-Team: seven; X-Token: a:b ;").unwrap();
        assert_eq!(read[1].0, "X-Token");
        assert_eq!(read[1].1.0, "a:b");
        assert!(!format!("{read:?}").contains("seven"));
        assert!(!headers("hunter2").unwrap_err().contains("hunter2"));
        assert!(headers(&"a: b;".repeat(HEADERS_MAX + 1)).is_err());
    }
}
