//! Whether a webhook is Stripe's, and of these minutes.
//!
//! The header is `t=<seconds>,v1=<hex>,…`, with a `v1` for each secret that the endpoint has just
//! then. Signed is the text of the time, a dot, and the body.

use std::fmt;
use std::time::Duration;

use clawrk_core::payments::WebhookError;
use clawrk_core::time::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// How old a webhook may be, and how far ahead of our clock. What is older may be a recording.
pub const AGE_MAX: Duration = Duration::from_secs(300);
/// How long the header may be. Stripe's own is under 300 bytes.
const HEADER_BYTES_MAX: usize = 16 * 1024;

const MALFORMED: WebhookError =
    WebhookError::Signature("is malformed: it must be the header `stripe-signature`, t=…,v1=…");

/// What endpoints sign with. Its `Debug` text hides them.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    /// Secrets separated by commas.
    pub(crate) fn parse(list: &str) -> Secrets {
        let secrets = list.split(',').map(str::trim).filter(|it| !it.is_empty());
        Secrets(secrets.map(str::to_owned).collect())
    }

    /// Checks that one of the secrets signed the body, within [`AGE_MAX`] of `now`.
    pub(crate) fn check(
        &self,
        body: &[u8],
        header: &str,
        now: Timestamp,
    ) -> Result<(), WebhookError> {
        if self.0.is_empty() {
            return Err(WebhookError::NoSecret);
        }
        let signed = Signed::parse(header)?;
        let mut matches = Choice::from(0);
        for secret in &self.0 {
            let expected = signature(secret, signed.time, body)?;
            for found in &signed.signatures {
                matches |= found.as_bytes().ct_eq(expected.as_bytes());
            }
        }
        if !bool::from(matches) {
            return Err(WebhookError::Signature(
                "does not match: compare the webhook secret with the endpoint's",
            ));
        }
        signed.check_age(now)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (hidden)", self.0.len())
    }
}

/// The header, taken apart.
struct Signed<'a> {
    time: i64,
    signatures: Vec<&'a str>,
}

impl Signed<'_> {
    fn parse(header: &str) -> Result<Signed<'_>, WebhookError> {
        if header.is_empty() {
            return Err(WebhookError::Signature("is missing"));
        }
        if header.len() > HEADER_BYTES_MAX {
            return Err(MALFORMED);
        }
        let mut time = None;
        let mut signatures = Vec::new();
        for item in header.split(',') {
            let mut parts = item.split('=');
            let (name, value) = (parts.next(), parts.next());
            match name {
                Some("t") => {
                    let read = seconds(value.ok_or(MALFORMED)?)?;
                    if time.is_some_and(|earlier| earlier != read) {
                        return Err(MALFORMED);
                    }
                    time = Some(read);
                }
                Some("v1") => signatures.push(value.ok_or(MALFORMED)?),
                // Other schemes are weaker or not known yet.
                _ => {}
            }
        }
        match time {
            Some(time) if !signatures.is_empty() => Ok(Signed { time, signatures }),
            _ => Err(MALFORMED),
        }
    }

    fn check_age(&self, now: Timestamp) -> Result<(), WebhookError> {
        let age = (now.as_millis() / 1_000).saturating_sub(self.time);
        if age.unsigned_abs() <= AGE_MAX.as_secs() {
            return Ok(());
        }
        Err(WebhookError::Signature(if age > 0 {
            "is more than 300 seconds old: it was held up or recorded, or the clock is wrong"
        } else {
            "is more than 300 seconds ahead: the clock is wrong"
        }))
    }
}

fn seconds(text: &str) -> Result<i64, WebhookError> {
    text.trim().parse().map_err(|_| MALFORMED)
}

/// The signature in lower-case hex, as Stripe writes it.
fn signature(secret: &str, time: i64, body: &[u8]) -> Result<String, WebhookError> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|_| WebhookError::NoSecret)?;
    mac.update(time.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    let bytes = mac.finalize().into_bytes();
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000;
    const BODY: &[u8] = br#"{"id":"evt_1"}"#;

    fn secrets() -> Secrets {
        Secrets::parse(" whsec_platform, whsec_connect ,,")
    }

    fn sign(secret: &str, time: i64) -> String {
        signature(secret, time, BODY).unwrap()
    }

    /// What is said of a header that names `NOW`, read so many seconds later.
    fn check(header: &str, later: i64) -> Result<(), WebhookError> {
        secrets().check(BODY, header, Timestamp::from_millis((NOW + later) * 1_000))
    }

    fn good() -> String {
        format!("t={NOW},v1={}", sign("whsec_connect", NOW))
    }

    /// The other one was made with `openssl dgst -sha256 -hmac whsec_test`.
    #[test]
    fn a_signature_is_hmac_sha256_over_time_dot_body() {
        let made_by_openssl = "494e9a6cafa389f200f63eb0d80235e6a04aec99f7e44450ef1141417fb18c79";
        assert_eq!(
            signature("whsec_test", 1_234_567_890, BODY).unwrap(),
            made_by_openssl
        );
    }

    #[test]
    fn one_of_several_secrets_and_signatures_suffices() {
        let (platform, connect) = (sign("whsec_platform", NOW), sign("whsec_connect", NOW));
        for header in [
            format!("t={NOW},v1={platform}"),
            format!("t={NOW},v1={connect}"),
            format!("t={NOW},v1={},v1={connect}", sign("whsec_old", NOW)),
            format!("t={NOW},v1={connect},v1=,v0=abc,scheme"),
            format!("v1={platform},t={NOW}"),
            format!("t={NOW},t={NOW},v1={platform}"),
            format!("t= +{NOW} ,v1={platform}=more"),
        ] {
            assert_eq!(check(&header, 0), Ok(()), "{header}");
        }
    }

    #[test]
    fn what_is_not_signed_with_a_secret_of_ours_is_refused() {
        let (good, stranger) = (sign("whsec_connect", NOW), sign("whsec_stranger", NOW));
        let shorter = &good[..63];
        for header in [
            String::new(),
            "v1".to_owned(),
            format!("v1={good}"),
            format!("t={NOW}"),
            format!("t={NOW},v1={stranger}"),
            format!("t={NOW},v0={good}"),
            format!("t={NOW},v1={}", good.to_ascii_uppercase()),
            format!("t={NOW},v1={shorter}"),
            format!("t={NOW},v1={good}0"),
            format!("t={NOW}, v1={good}"),
            format!("t={NOW}.0,v1={good}"),
            format!("t={},v1={good}", NOW + 1),
            format!("t={NOW},t={},v1={good}", NOW + 1),
            format!("t={NOW},v1,v1={good}"),
            format!("t,t={NOW},v1={good}"),
            format!("t=99999999999999999999,v1={good}"),
            format!("t={NOW},v1={good},{}", "x".repeat(HEADER_BYTES_MAX)),
        ] {
            let refused = check(&header, 0);
            assert!(
                matches!(refused, Err(WebhookError::Signature(_))),
                "{header}: {refused:?}"
            );
        }
    }

    #[test]
    fn ages_of_three_hundred_seconds_pass_and_301_do_not() {
        for later in [-300, -299, 0, 299, 300] {
            assert_eq!(check(&good(), later), Ok(()), "{later}");
        }
        for (later, why) in [(-301, "ahead"), (301, "old"), (90_000, "old")] {
            let refused = check(&good(), later).unwrap_err().to_string();
            assert!(refused.contains(why), "{later}: {refused}");
        }
        let last_moment = Timestamp::from_millis((NOW + 300) * 1_000 + 999);
        assert_eq!(secrets().check(BODY, &good(), last_moment), Ok(()));
        for time in [i64::MIN, i64::MAX] {
            let header = format!("t={time},v1={}", sign("whsec_connect", time));
            assert!(check(&header, 0).is_err());
        }
    }

    #[test]
    fn a_forgery_is_not_told_its_age() {
        let header = format!("t={NOW},v1={}", sign("whsec_stranger", NOW));
        assert_eq!(check(&header, 0), check(&header, 90_000));
    }

    #[test]
    fn any_flipped_bit_of_body_or_signature_is_refused() {
        let now = Timestamp::from_millis(NOW * 1_000);
        for bit in 0..BODY.len() * 8 {
            let mut body = BODY.to_vec();
            body[bit / 8] ^= 1 << (bit % 8);
            assert!(
                secrets().check(&body, &good(), now).is_err(),
                "bit {bit} of the body"
            );
        }
        let header = good();
        let from = header.find("v1=").unwrap() + 3;
        for bit in from * 8..header.len() * 8 {
            let mut bytes = header.clone().into_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(forged) = String::from_utf8(bytes) {
                assert!(secrets().check(BODY, &forged, now).is_err(), "{forged}");
            }
        }
    }

    #[test]
    fn without_a_secret_everything_is_refused() {
        for none in [
            Secrets::default(),
            Secrets::parse(""),
            Secrets::parse(" , "),
        ] {
            let header = format!("t={NOW},v1={}", sign("", NOW));
            let now = Timestamp::from_millis(NOW * 1_000);
            assert_eq!(none.check(BODY, &header, now), Err(WebhookError::NoSecret));
        }
    }

    #[test]
    fn no_text_shows_a_secret() {
        assert_eq!(format!("{:?}", secrets()), "2 (hidden)");
    }
}
