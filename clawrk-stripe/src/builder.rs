//! A client of Stripe in the making.

use std::time::Duration;

use clawrk_core::payments::Mode;
use reqwest::Url;
use tokio::runtime::Handle;

use crate::client::Client;
use crate::key::SecretKey;
use crate::payments::Stripe;
use crate::setting::InvalidSetting;
use crate::tls;
use crate::webhook::Secrets;

/// Where Stripe's API is.
pub const STRIPE_URL: &str = "https://api.stripe.com";
/// How long it may take to connect, TLS and all, unless another time is set.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request may take from its beginning to the end of its answer, unless another time is
/// set. Less than core's
/// [`payments_timeout`](field@clawrk_core::policy::Policy::payments_timeout), so that the error
/// tells what became of it.
pub const TIMEOUT: Duration = Duration::from_secs(25);
/// How long a connection is kept that nobody uses. Shorter than servers keep one: a request that
/// meets a connection just being closed has an unknown outcome.
const IDLE_MAX: Duration = Duration::from_secs(20);
/// How many connections are kept that nobody uses.
const IDLE_CONNECTIONS_MAX: usize = 8;
const AGENT: &str = concat!("clawrk-stripe/", env!("CARGO_PKG_VERSION"));

/// What [`Stripe::builder`] gives. Everything but key and runtime has a default.
#[derive(Debug)]
pub struct Builder {
    key: Result<SecretKey, InvalidSetting>,
    runtime: Handle,
    url: String,
    secrets: Secrets,
    connect_timeout: Duration,
    timeout: Duration,
}

impl Builder {
    pub(crate) fn new(key: &str, runtime: Handle) -> Builder {
        Builder {
            key: SecretKey::parse(key),
            runtime,
            url: STRIPE_URL.to_owned(),
            secrets: Secrets::default(),
            connect_timeout: CONNECT_TIMEOUT,
            timeout: TIMEOUT,
        }
    }

    /// Another address of the API, for a server that stands in for Stripe. Default:
    /// [`STRIPE_URL`].
    ///
    /// A live key goes over `http` to this machine alone. Over `https`, a proxy that the
    /// environment names (`HTTPS_PROXY`) is used as a tunnel; over `http`, none.
    #[must_use]
    pub fn url(mut self, url: &str) -> Builder {
        url.clone_into(&mut self.url);
        self
    }

    /// The secrets that webhooks are signed with, separated by commas: of the platform's endpoint,
    /// of the one for Connect, and while one is being replaced, the old and the new one. Default:
    /// none, and every webhook is refused.
    #[must_use]
    pub fn webhook_secrets(mut self, secrets: &str) -> Builder {
        self.secrets = Secrets::parse(secrets);
        self
    }

    /// How long it may take to connect. Default: [`CONNECT_TIMEOUT`].
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Builder {
        self.connect_timeout = timeout;
        self
    }

    /// How long a request may take in all. Default: [`TIMEOUT`]. It should be longer than
    /// [`connect_timeout`](Builder::connect_timeout): one that ends while connecting is not known
    /// not to have been sent.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Builder {
        self.timeout = timeout;
        self
    }

    /// The client. Asks nobody: that Stripe is there shows with the first request.
    ///
    /// # Errors
    /// [`InvalidSetting`] for a key or an address that cannot be used, and on a machine that
    /// trusts no certificate.
    pub fn build(self) -> Result<Stripe, InvalidSetting> {
        let key = self.key?;
        let url = parse_url(&self.url, key.mode())?;
        if self.connect_timeout.is_zero() || self.timeout.is_zero() {
            return Err(InvalidSetting::Timeout);
        }
        let http = http(&url, self.connect_timeout, self.timeout)?;
        let client = Client::new(http, url, key, self.runtime)?;
        Ok(Stripe::new(client, self.secrets))
    }
}

fn parse_url(text: &str, mode: Mode) -> Result<Url, InvalidSetting> {
    let wrong = |why| InvalidSetting::Url {
        url: text.to_owned(),
        why,
    };
    let url = Url::parse(text).map_err(|_| wrong("it must look like https://host:port"))?;
    if !url.username().is_empty() || url.password().is_some() {
        let why = "it holds a name or a password, which the key is there for";
        return Err(InvalidSetting::Url {
            url: String::new(),
            why,
        });
    }
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong(
            "it must begin with https:// or http:// and name a host",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("it must have neither ? nor #"));
    }
    if mode == Mode::Live && url.scheme() == "http" && !is_this_machine(&url) {
        return Err(wrong("a live key is sent over https alone"));
    }
    Ok(url)
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse()
            .is_ok_and(|it: std::net::IpAddr| it.is_loopback())
}

fn http(
    url: &Url,
    connect_timeout: Duration,
    timeout: Duration,
) -> Result<reqwest::Client, InvalidSetting> {
    let builder = reqwest::Client::builder()
        .connect_timeout(connect_timeout)
        .timeout(timeout)
        .pool_idle_timeout(IDLE_MAX)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
        .redirect(reqwest::redirect::Policy::none())
        // Whatever features another crate turns on: see `docs/adr/0017`.
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
