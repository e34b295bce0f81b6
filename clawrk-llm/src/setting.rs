//! Settings that cannot be used.

use crate::name::Provider;

/// Why there is no model. Names the cause and the mend, and never repeats a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSetting {
    /// Nobody of that name is known.
    #[error(
        "{given:?} is no provider of language models: anthropic, openai and ollama are known; \
        write {nearest}:MODEL if {nearest} is meant, and openai:MODEL with its address for another \
        server that speaks as OpenAI does"
    )]
    Provider {
        /// What was given, or its beginning.
        given: String,
        /// Whose name is closest to that.
        nearest: Provider,
    },
    /// The text does not name a model.
    #[error(
        "{given:?} names no language model: {why}; write PROVIDER:MODEL, \
        such as anthropic:claude-sonnet-5 or ollama:qwen3:8b"
    )]
    ModelName {
        /// What was given, or its beginning.
        given: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The provider answers nobody without a key.
    #[error(
        "{provider} answers nobody without a key: give it one, or the address of another server"
    )]
    NoKey {
        /// Which provider.
        provider: Provider,
    },
    /// The key cannot be one.
    #[error(
        "the key of {provider} must be visible ASCII characters: \
        look for a space, a quote or a line break that was copied with it"
    )]
    KeyText {
        /// Whose key it is.
        provider: Provider,
    },
    /// The key would be readable on its way.
    #[error(
        "a key is sent over https alone, and {url:?} is not on this machine: \
        write https, or give no key"
    )]
    KeyInPlainText {
        /// The address.
        url: String,
    },
    /// The address is no URL of a server.
    #[error("{url:?} is no address of {provider}: {why}; leave it out for {}", provider.url())]
    Url {
        /// Whose address it was to be.
        provider: Provider,
        /// The address, or nothing where it may hold a secret.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A header cannot be sent. Its value may be a secret, and is not repeated.
    #[error("the header {name:?} cannot be sent to a language model: {why}")]
    Header {
        /// Its name, or the beginning of it.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A time limit of zero.
    #[error("a time limit of zero lets no request through: give it some seconds")]
    Timeout,
    /// No try, or too many.
    #[error("a request can be tried once to 10 times, not {0} times")]
    Tries(u32),
    /// There is nobody to ask, or there are too many.
    #[error("a list of fallbacks names one to 8 models, not {0}")]
    Models(usize),
    /// The roots of trust of the machine cannot be read.
    #[error("no certificate of the machine can be trusted: install its CA certificates ({0})")]
    Roots(#[source] rustls::Error),
    /// TLS or the client cannot be set up.
    #[error("the HTTP client cannot be set up ({0})")]
    Client(String),
}
