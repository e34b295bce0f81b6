//! TLS by ring, and whom it trusts. The same as towards Stripe (`docs/adr/0017`).

use std::sync::Arc;

use rustls::client::ClientConfig;
use rustls::crypto::ring;
use rustls::{ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::Verifier;

use crate::setting::InvalidSetting;

/// Trusts what the machine trusts.
pub(crate) fn trusting_the_machine() -> Result<ClientConfig, InvalidSetting> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Verifier::new(provider).map_err(InvalidSetting::Roots)?;
    let config = builder()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}

/// Trusts nobody: for an address without TLS, which a machine without roots can ask too. Without
/// any configuration the client would look for a provider of the whole process, and panic.
pub(crate) fn trusting_nobody() -> Result<ClientConfig, InvalidSetting> {
    let config = builder()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    Ok(config)
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, InvalidSetting> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| InvalidSetting::Client(error.to_string()))
}
