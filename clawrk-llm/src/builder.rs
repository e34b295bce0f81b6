//! A model in the making.

use std::sync::atomic::AtomicU32;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use tokio::runtime::Handle;

use crate::client::Client;
use crate::extra::Extra;
use crate::model::Model;
use crate::name::{ModelName, Provider};
use crate::retry::Retries;
use crate::secrets::{Key, Secrets};
use crate::setting::InvalidSetting;
use crate::shape::Shape;
use crate::{tls, url};

/// How long it may take to connect, TLS and all, unless another time is set.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a question may take from its beginning to the end of its answer, with every try and
/// every wait, unless another time is set. Less than core's
/// [`model_timeout`](field@clawrk_core::policy::Policy::model_timeout), so that the error tells
/// what became of it.
pub const TIMEOUT: Duration = Duration::from_secs(110);
/// The longest time that can be set; a later one could not be told apart from never.
const TIMEOUT_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// How often a model is asked, unless another number is set.
pub const TRIES: u32 = 3;
/// The most tries that can be set.
pub const TRIES_MAX: u32 = 10;
/// How long is waited before the second try, unless the provider says or another time is set.
pub const BACKOFF: Duration = Duration::from_millis(500);
/// How long a connection is kept that nobody uses. Shorter than servers keep one.
const IDLE_MAX: Duration = Duration::from_secs(50);
/// How many connections are kept that nobody uses.
const IDLE_CONNECTIONS_MAX: usize = 8;
const AGENT: &str = concat!("clawrk-llm/", env!("CARGO_PKG_VERSION"));

const ANTHROPIC_KEY: HeaderName = HeaderName::from_static("x-api-key");
const ANTHROPIC_VERSION: HeaderName = HeaderName::from_static("anthropic-version");

/// What [`Model::builder`] gives. Everything but the name and the runtime has a default, and
/// Anthropic and OpenAI want a key.
#[derive(Debug)]
pub struct Builder {
    name: ModelName,
    runtime: Handle,
    key: Result<Option<Key>, InvalidSetting>,
    url: Option<String>,
    extra: Result<Extra, InvalidSetting>,
    connect_timeout: Duration,
    timeout: Duration,
    tries: u32,
    backoff: Duration,
}

impl Builder {
    pub(crate) fn new(name: ModelName, runtime: Handle) -> Builder {
        Builder {
            name,
            runtime,
            key: Ok(None),
            url: None,
            extra: Ok(Extra::default()),
            connect_timeout: CONNECT_TIMEOUT,
            timeout: TIMEOUT,
            tries: TRIES,
            backoff: BACKOFF,
        }
    }

    /// The key to ask with. Default: none, which Ollama is content with, and servers at another
    /// [`url`](Builder::url) may be.
    #[must_use]
    pub fn key(mut self, key: &str) -> Builder {
        let provider = self.name.provider();
        let key = Key::parse(key).ok_or(InvalidSetting::KeyText { provider });
        self.key = key.map(Some);
        self
    }

    /// The address of another server that is asked in the same form. Default: [`Provider::url`].
    /// What is put behind it is `/v1/messages` for Anthropic, `/chat/completions` for OpenAI, and
    /// `/api/chat` for Ollama.
    ///
    /// A key goes over `http` to this machine alone. Over `https`, a proxy that the environment
    /// names (`HTTPS_PROXY`) is used as a tunnel; over `http`, none.
    #[must_use]
    pub fn url(mut self, url: &str) -> Builder {
        self.url = Some(url.to_owned());
        self
    }

    /// A header for every request, such as a gateway asks for; at most
    /// [`HEADERS_MAX`](crate::HEADERS_MAX). The same name again replaces the value. Its value is
    /// shown nowhere.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Builder {
        self.extra = self.extra.and_then(|mut extra| {
            extra.add(name, value)?;
            Ok(extra)
        });
        self
    }

    /// How long it may take to connect. Default: [`CONNECT_TIMEOUT`].
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Builder {
        self.connect_timeout = timeout;
        self
    }

    /// How long a question may take in all, with every try. One try may take all that is left: a
    /// long answer is none the worse for it. Default: [`TIMEOUT`]; more than a day counts as one.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Builder {
        self.timeout = timeout;
        self
    }

    /// How often the model is asked before it counts as failed, from 1 to [`TRIES_MAX`]. Default:
    /// [`TRIES`].
    #[must_use]
    pub fn tries(mut self, tries: u32) -> Builder {
        self.tries = tries;
        self
    }

    /// How long to wait before the second try where the provider does not say; twice as long
    /// before the third, and so on, up to 8 s. Up to as long again is added, a different part for
    /// each call. Default: [`BACKOFF`].
    #[must_use]
    pub fn backoff(mut self, backoff: Duration) -> Builder {
        self.backoff = backoff;
        self
    }

    /// The model. Asks nobody: that it is there shows with the first question.
    ///
    /// # Errors
    /// [`InvalidSetting`] for a key, an address or a header that cannot be used, for a key that is
    /// missing, and on a machine that trusts no certificate.
    pub fn build(self) -> Result<Model, InvalidSetting> {
        let provider = self.name.provider();
        let key = self.key?;
        if key.is_none() && self.url.is_none() && provider.needs_key() {
            return Err(InvalidSetting::NoKey { provider });
        }
        let base = url::parse(provider, self.url.as_deref().unwrap_or(provider.url()))?;
        if key.is_some() && !url::is_private(&base) {
            let url = base.into();
            return Err(InvalidSetting::KeyInPlainText { url });
        }
        if self.connect_timeout.is_zero() || self.timeout.is_zero() {
            return Err(InvalidSetting::Timeout);
        }
        if !(1..=TRIES_MAX).contains(&self.tries) {
            return Err(InvalidSetting::Tries(self.tries));
        }
        let extra = self.extra?;
        let shape = Shape::new(provider, url::is_openai(&base));
        let client = Client {
            http: http(&base, self.connect_timeout)?,
            headers: headers(provider, key.as_ref(), &extra)?,
            address: url::with_path(base, shape.path()),
            name: self.name,
            shape,
            has_key: key.is_some(),
            secrets: Secrets::new(key.as_ref(), extra.values()),
            retries: Retries {
                tries: self.tries,
                backoff: self.backoff,
            },
            timeout: self.timeout.min(TIMEOUT_MAX),
            turn: AtomicU32::new(0),
        };
        Ok(Model::new(client, self.runtime))
    }
}

fn headers(
    provider: Provider,
    key: Option<&Key>,
    extra: &Extra,
) -> Result<HeaderMap, InvalidSetting> {
    let json = HeaderValue::from_static("application/json");
    let mut headers = HeaderMap::new();
    extra.put_into(&mut headers);
    headers.insert(CONTENT_TYPE, json.clone());
    headers.insert(ACCEPT, json);
    if provider == Provider::Anthropic {
        headers.insert(ANTHROPIC_VERSION, HeaderValue::from_static("2023-06-01"));
    }
    if let Some(key) = key {
        let (name, text) = match provider {
            Provider::Anthropic => (ANTHROPIC_KEY, key.as_str().to_owned()),
            // Ollama's own cloud, and who guards a server of one's own.
            Provider::OpenAi | Provider::Ollama => {
                (AUTHORIZATION, format!("Bearer {}", key.as_str()))
            }
        };
        let mut value =
            HeaderValue::from_str(&text).map_err(|_| InvalidSetting::KeyText { provider })?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

fn http(url: &Url, connect_timeout: Duration) -> Result<reqwest::Client, InvalidSetting> {
    let builder = reqwest::Client::builder()
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(IDLE_MAX)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
        .redirect(reqwest::redirect::Policy::none())
        // Whatever features another crate turns on: see `docs/adr/0017`. What is tried again, and
        // when, is decided here.
        .http1_only()
        .retry(reqwest::retry::never())
        .referer(false)
        .user_agent(AGENT);
    let builder = if url.scheme() == "https" {
        let tls = tls::trusting_the_machine()?;
        builder.https_only(true).tls_backend_preconfigured(tls)
    } else {
        let tls = tls::trusting_nobody()?;
        builder.no_proxy().tls_backend_preconfigured(tls)
    };
    builder
        .build()
        .map_err(|error| InvalidSetting::Client(error.to_string()))
}
