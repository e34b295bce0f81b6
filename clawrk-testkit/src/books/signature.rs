//! How webhooks are signed.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How far a signature's time may be from the reader's, in seconds.
pub const TOLERANCE: i64 = 300;

/// The header of a body that was signed at that time, in seconds since 1970.
pub fn sign(secret: &str, time: i64, body: &[u8]) -> String {
    format!("t={time},v1={}", mac(secret, time, body))
}

/// The signature alone, in hexadecimal digits.
pub(super) fn mac(secret: &str, time: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length will do");
    mac.update(time.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    let tag = mac.finalize().into_bytes();
    tag.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether one of the secrets signed this body within [`TOLERANCE`] of that time. Why not, if not.
///
/// # Errors
/// What is wrong with the signature, to be said after "the signature".
pub fn check(secrets: &[String], header: &str, body: &[u8], now: i64) -> Result<(), &'static str> {
    let (mut time, mut tags) = (None, Vec::new());
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", value)) => time = value.parse::<i64>().ok(),
            Some(("v1", value)) => tags.push(value),
            _ => {}
        }
    }
    let time = time.ok_or("has no time")?;
    if tags.is_empty() {
        return Err("has no v1");
    }
    let mut made = secrets.iter().map(|secret| mac(secret, time, body));
    if !made.any(|tag| tags.contains(&tag.as_str())) {
        return Err("is not of this body");
    }
    if (now - time).abs() > TOLERANCE {
        return Err("is too old");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with Python's `hmac`.
    const KNOWN: &str = "t=1700000000,v1=\
        38877139021993b830af32feea6e18a8da83eb2f6e49ee50bd9e4cf4ca4d3789";

    #[test]
    fn a_signature_is_the_hmac_of_time_dot_body() {
        assert_eq!(sign("whsec_test", 1_700_000_000, b"{\"a\":1}"), KNOWN);
    }

    #[test]
    fn only_the_right_body_secret_and_minutes_pass() {
        let secrets = ["other".to_owned(), "whsec_test".to_owned()];
        let body = b"{\"a\":1}";
        let at = |now| check(&secrets, KNOWN, body, now);
        assert_eq!(at(1_700_000_300), Ok(()));
        assert_eq!(at(1_700_000_301), Err("is too old"));
        assert_eq!(at(1_699_999_699), Err("is too old"));
        let now = 1_700_000_000;
        assert_eq!(
            check(&secrets[..1], KNOWN, body, now),
            Err("is not of this body")
        );
        assert_eq!(
            check(&secrets, KNOWN, b"{\"a\":2}", now),
            Err("is not of this body")
        );
        assert_eq!(check(&secrets, "v1=00", body, now), Err("has no time"));
        assert_eq!(check(&secrets, "t=1", body, now), Err("has no v1"));
    }
}
