//! The language models that the settings ask for, and what is said of them.

use std::sync::Arc;

use clawrk::LanguageModel;
use clawrk::llm::{Fallbacks, ModelName, Provider};

use crate::settings::{Given, Secret, Settings};
use crate::wrong::Wrong;

/// Whoever structures and judges; nobody in mock mode.
pub(crate) fn model(
    settings: &Settings,
    given: &Given,
) -> Result<Option<Arc<dyn LanguageModel>>, Wrong> {
    let mut models: Vec<Arc<dyn LanguageModel>> = Vec::new();
    for name in &settings.llm {
        models.push(one(settings, given, name)?);
    }
    match models.len() {
        0 => Ok(None),
        1 => Ok(models.pop()),
        _ => {
            let several = Fallbacks::new(models);
            let several = several.map_err(|error| Wrong::because(given.origin("llm"), &error))?;
            Ok(Some(Arc::new(several)))
        }
    }
}

fn one(
    settings: &Settings,
    given: &Given,
    name: &ModelName,
) -> Result<Arc<dyn LanguageModel>, Wrong> {
    let provider = name.provider();
    let key = key(settings, provider);
    if key.is_none() && provider.needs_key() && settings.llm_url.is_none() {
        let (variable, llm) = (variable(provider), given.origin("llm"));
        let cause = format!(
            "is not set, but {llm} asks for {name}; set it, or llm_url where a server of your own \
             is asked"
        );
        return Err(Wrong::new(variable, cause));
    }
    let wrong = |error: &dyn std::error::Error| Wrong::because(given.origin("llm"), error);
    let builder = clawrk::language_model(name.clone()).map_err(|error| wrong(&error))?;
    // Its own limit comes first, since it knows what became of the request; and each of several
    // has its part of the time.
    let parts = u32::try_from(settings.llm.len()).unwrap_or(u32::MAX).max(1);
    let mut builder = builder.timeout(settings.model_timeout * 11 / 12 / parts);
    if let Some(key) = key {
        builder = builder.key(&key.0);
    }
    if let Some(url) = &settings.llm_url {
        builder = builder.url(url);
    }
    for (name, value) in &settings.llm_headers {
        builder = builder.header(name, &value.0);
    }
    Ok(Arc::new(builder.build().map_err(|error| wrong(&error))?))
}

/// The key of a provider. At another address it is sent as well: whoever sets both wants that.
fn key(settings: &Settings, provider: Provider) -> Option<&Secret> {
    match provider {
        Provider::OpenAi => settings.openai_api_key.as_ref(),
        Provider::Anthropic => settings.anthropic_api_key.as_ref(),
        _ => None,
    }
}

fn variable(provider: Provider) -> &'static str {
    match provider {
        Provider::Anthropic => "ANTHROPIC_API_KEY",
        _ => "OPENAI_API_KEY",
    }
}

/// What is said of models at the start.
pub(crate) fn lines(settings: &Settings) -> Vec<String> {
    let names: Vec<String> = settings.llm.iter().map(ToString::to_string).collect();
    let mut lines = Vec::new();
    if names.is_empty() {
        lines.push("language model: none (mock mode)".to_owned());
        let keys = [
            ("OPENAI_API_KEY", &settings.openai_api_key),
            ("ANTHROPIC_API_KEY", &settings.anthropic_api_key),
        ];
        for (variable, _) in keys.iter().filter(|(_, key)| key.is_some()) {
            lines.push(format!(
                "{variable} is set, but no model is asked; set CLAWRK_LLM to a model, such as \
                 openai:gpt-5"
            ));
        }
        return lines;
    }
    let at = match &settings.llm_url {
        Some(url) => format!(" at {url}"),
        None => String::new(),
    };
    lines.push(format!("language model: {}{at}", names.join(", then ")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Args;
    use crate::settings::Environment;

    fn read<const N: usize>(variables: [(&str, &str); N]) -> (Settings, Given) {
        let given = Given::gather(&Args::default(), &Environment::of(variables)).unwrap();
        (Settings::read(&given).unwrap(), given)
    }

    async fn named<const N: usize>(variables: [(&str, &str); N]) -> Result<String, String> {
        let (settings, given) = read(variables);
        match model(&settings, &given) {
            Ok(model) => Ok(model.map_or("none".to_owned(), |model| model.name().to_owned())),
            Err(wrong) => Err(wrong.to_string()),
        }
    }

    const GPT: (&str, &str) = ("CLAWRK_LLM", "openai:gpt-5");
    const KEY: (&str, &str) = ("OPENAI_API_KEY", "sk-hunter2");

    #[tokio::test]
    async fn a_model_needs_its_key_or_a_server_that_wants_none() {
        let own = ("CLAWRK_LLM_URL", "http://127.0.0.1:1/v1");
        assert_eq!(named([]).await, Ok("none".to_owned()));
        assert_eq!(named([KEY]).await, Ok("none".to_owned()));
        assert_eq!(named([GPT, KEY]).await, Ok("openai:gpt-5".to_owned()));
        assert_eq!(named([GPT, own]).await, Ok("openai:gpt-5".to_owned()));
        let ollama = ("CLAWRK_LLM", "ollama:qwen3:8b,anthropic:claude-sonnet-5");
        let said = named([ollama]).await.unwrap_err();
        assert!(said.starts_with("ANTHROPIC_API_KEY: is not set"), "{said}");
        let said = named([GPT]).await.unwrap_err();
        assert!(said.starts_with("OPENAI_API_KEY: is not set"), "{said}");
    }

    #[tokio::test]
    async fn a_key_does_not_leave_the_machine_in_plain_text() {
        let far = ("CLAWRK_LLM_URL", "http://llm.example/v1");
        let said = named([GPT, KEY, far]).await.unwrap_err();
        assert!(said.contains("https"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
        assert!(named([GPT, far]).await.is_ok());
    }

    #[test]
    fn the_start_says_which_model_is_asked_and_which_key_is_idle() {
        let (settings, _) = read([KEY]);
        let said = lines(&settings);
        assert_eq!(said[0], "language model: none (mock mode)");
        assert!(said[1].starts_with("OPENAI_API_KEY is set, but no model"));
        let (settings, _) = read([
            ("CLAWRK_LLM", "ollama:a,ollama:b"),
            ("CLAWRK_LLM_URL", "http://127.0.0.1:1"),
        ]);
        let one = "language model: ollama:a, then ollama:b at http://127.0.0.1:1";
        assert_eq!(lines(&settings), [one]);
    }
}
