//! Settings that cannot be used.

/// Why there is no client. Names the cause and the mend, and never repeats a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSetting {
    /// The key has no prefix that is known.
    #[error(
        "the Stripe key must begin with sk_test_, sk_live_, rk_test_ or rk_live_: \
        take the secret key or a restricted key of the dashboard{}",
        if *publishable { "; a publishable key (pk_) cannot move money" } else { "" }
    )]
    KeyPrefix {
        /// Whether it is the key that is meant for browsers.
        publishable: bool,
    },
    /// The key has nothing behind its prefix, or more than letters, digits and `_`.
    #[error(
        "the Stripe key must be its prefix and then letters, digits and _: \
        look for a space, a quote or a line break that was copied with it"
    )]
    KeyText,
    /// The address is no URL of a server.
    #[error(
        "{url:?} is no address of Stripe's API: {why}; leave it out for https://api.stripe.com"
    )]
    Url {
        /// The address, or nothing where it may hold a secret.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A time limit of zero.
    #[error("a time limit of zero lets no request through: give it some seconds")]
    Timeout,
    /// The roots of trust of the machine cannot be read.
    #[error("no certificate of the machine can be trusted: install its CA certificates ({0})")]
    Roots(#[source] rustls::Error),
    /// TLS or the client cannot be set up.
    #[error("the HTTP client cannot be set up ({0})")]
    Client(String),
}
