//! The secret key of an account at Stripe.

use std::fmt;

use clawrk_core::payments::Mode;

use crate::setting::InvalidSetting;

/// Prefixes of keys that may move money, and what money that is.
const PREFIXES: [(&str, Mode); 4] = [
    ("sk_test_", Mode::Test),
    ("sk_live_", Mode::Live),
    ("rk_test_", Mode::Test),
    ("rk_live_", Mode::Live),
];
const PUBLISHABLE: &str = "pk_";
/// What stands for a secret in a text.
const HIDDEN: &str = "(hidden)";

/// A key that was checked. Its `Debug` text hides it.
#[derive(Clone)]
pub(crate) struct SecretKey {
    text: String,
    mode: Mode,
}

impl SecretKey {
    pub(crate) fn parse(text: &str) -> Result<SecretKey, InvalidSetting> {
        let known = PREFIXES
            .iter()
            .find_map(|(prefix, mode)| Some((text.strip_prefix(prefix)?, *mode)));
        let Some((secret, mode)) = known else {
            let publishable = text.starts_with(PUBLISHABLE);
            return Err(InvalidSetting::KeyPrefix { publishable });
        };
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if secret.is_empty() || !secret.bytes().all(fits) {
            return Err(InvalidSetting::KeyText);
        }
        let text = text.to_owned();
        Ok(SecretKey { text, mode })
    }

    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    /// What stands in the header `Authorization`.
    pub(crate) fn bearer(&self) -> String {
        format!("Bearer {}", self.text)
    }

    /// A text from outside, without the key, should that be in it.
    pub(crate) fn hidden_in(&self, text: &str) -> String {
        text.replace(&self.text, HIDDEN)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_gives_the_mode() {
        for (key, mode) in [
            ("sk_test_a1", Mode::Test),
            ("sk_live_a1", Mode::Live),
            ("rk_test_a1", Mode::Test),
            ("rk_live_a1", Mode::Live),
        ] {
            assert_eq!(SecretKey::parse(key).unwrap().mode(), mode, "{key}");
        }
    }

    #[test]
    fn any_other_key_is_refused_with_a_text_that_does_not_repeat_it() {
        for key in [
            "",
            "sk_test_",
            "sk_test",
            "SK_TEST_a1",
            "pk_live_a1",
            "whsec_a1",
            " sk_test_a1",
            "sk_test_a1\n",
            "sk_test_a 1",
            "sk_test_\"a1\"",
            "sk_test_ä1",
            "Bearer sk_test_a1",
        ] {
            let refused = SecretKey::parse(key).unwrap_err();
            let text = format!("{refused} {refused:?}");
            assert!(text.contains("Stripe key must"), "{text}");
            assert!(!text.contains("a1") && !text.contains("ä1"), "{text}");
        }
    }

    #[test]
    fn a_publishable_key_is_called_one() {
        let refused = SecretKey::parse("pk_live_a1").unwrap_err().to_string();
        assert!(refused.contains("publishable"), "{refused}");
        let refused = SecretKey::parse("whsec_a1").unwrap_err().to_string();
        assert!(!refused.contains("publishable"), "{refused}");
    }

    #[test]
    fn no_text_shows_a_key() {
        let key = SecretKey::parse("sk_live_a1").unwrap();
        assert_eq!(format!("{key:?} {key:#?}"), "(hidden) (hidden)");
        assert_eq!(key.hidden_in("bad key sk_live_a1!"), "bad key (hidden)!");
    }
}
