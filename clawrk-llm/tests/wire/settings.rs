//! Which settings make a model.

use std::time::Duration;

use clawrk_core::model::LanguageModel;
use clawrk_llm::{Builder, InvalidSetting, Model, Provider, TRIES_MAX};
use tokio::runtime::Handle;

use crate::peer::{KEY, Peer};
use crate::questions::{good, request};

const HERE: &str = "http://127.0.0.1:1";

fn builder(provider: Provider) -> Builder {
    let name = format!("{provider}:some:model").parse().unwrap();
    Model::builder(name, Handle::current())
}

fn refused(builder: Builder) -> String {
    let error = builder.build().unwrap_err();
    format!("{error} {error:?}")
}

#[tokio::test]
async fn a_model_is_called_what_it_was_asked_for() {
    for provider in Provider::ALL {
        let model = builder(provider).url(HERE).build().unwrap();
        assert_eq!(model.name(), format!("{provider}:some:model"));
    }
}

#[tokio::test]
async fn only_ollama_and_other_servers_answer_without_a_key() {
    for provider in [Provider::Anthropic, Provider::OpenAi] {
        let refused = refused(builder(provider));
        assert!(refused.contains("nobody without a key"), "{refused}");
        assert!(builder(provider).key(KEY).build().is_ok());
    }
    assert!(builder(Provider::Ollama).build().is_ok());
}

#[tokio::test]
async fn a_key_that_no_header_can_carry_is_refused_and_not_repeated() {
    for key in ["", "Secret key", "Secret\n", "\"Secret\"", "Secrät"] {
        let refused = refused(builder(Provider::OpenAi).key(key));
        assert!(refused.contains("visible ASCII"), "{refused}");
        assert!(!refused.contains("Secr"), "{refused}");
    }
}

#[tokio::test]
async fn an_address_that_cannot_be_one_is_refused_with_its_mend() {
    for provider in Provider::ALL {
        for url in [
            "",
            "api.openai.com",
            "127.0.0.1:11434",
            "ftp://api.openai.com",
            "mailto:a@b.test",
            "http://",
            "https://api.openai.com/v1?key=Secret",
            "https://api.openai.com/#Secret",
            "https://me:Secret@api.openai.com",
            "https://Secret@api.openai.com",
            "https://Secret:a b@api.openai.com",
            "https://a b.test",
        ] {
            let refused = refused(builder(provider).url(url));
            assert!(refused.contains(provider.url()), "{url}: {refused}");
            assert!(!refused.contains("Secret"), "{refused}");
        }
    }
}

#[tokio::test]
async fn a_key_leaves_this_machine_encrypted_or_not_at_all() {
    for provider in Provider::ALL {
        for url in ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1"] {
            assert!(builder(provider).key(KEY).url(url).build().is_ok(), "{url}");
        }
        for url in [
            "http://api.openai.com",
            "http://127.0.0.1.nip.test",
            "http://10.0.0.1",
        ] {
            let refused = refused(builder(provider).key(KEY).url(url));
            assert!(refused.contains("https alone"), "{url}: {refused}");
            assert!(builder(provider).url(url).build().is_ok(), "{url}");
        }
        let tls = builder(provider).key(KEY).url("https://10.0.0.1");
        assert!(tls.build().is_ok());
    }
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_is_refused_and_its_value_not_repeated() {
    let headers = [
        ("authorization", "Secret"),
        ("X-API-Key", "Secret"),
        ("host", "Secret"),
        ("content-length", "Secret"),
        ("a b", "Secret"),
        ("x-good", "Secret\r\nx-more: 1"),
        ("x-good", ""),
    ];
    for (name, value) in headers {
        let bad = builder(Provider::OpenAi).url(HERE).header(name, value);
        // A good one behind it does not mend it.
        let refused = refused(bad.header("x-other", "1"));
        assert!(
            refused.contains(&format!("the header {name:?}")),
            "{refused}"
        );
        assert!(!refused.contains("Secret"), "{refused}");
    }
}

#[tokio::test]
async fn limits_have_limits() {
    let builder = || builder(Provider::Ollama);
    for builder in [
        builder().timeout(Duration::ZERO),
        builder().connect_timeout(Duration::ZERO),
    ] {
        assert!(matches!(builder.build(), Err(InvalidSetting::Timeout)));
    }
    for tries in [0, TRIES_MAX + 1] {
        let refused = builder().tries(tries).build().unwrap_err();
        assert!(refused.to_string().contains(&format!("not {tries}")));
    }
    assert!(builder().tries(TRIES_MAX).build().is_ok());
    let peer = Peer::start(vec![good(Provider::Ollama)]);
    let endless = builder().url(&peer.url()).timeout(Duration::MAX);
    let model = endless.connect_timeout(Duration::MAX).build().unwrap();
    assert!(model.complete(&request()).await.is_ok());
}
