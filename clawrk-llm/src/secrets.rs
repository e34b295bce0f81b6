//! What must not be shown: the key, and the values of headers.

use std::fmt;

/// What stands for a secret in a text.
const HIDDEN: &str = "(hidden)";
/// Shorter texts are no secrets, and hiding them would spoil every message.
const SECRET_CHARS_MIN: usize = 6;

/// A key that was checked. Its `Debug` text hides it.
#[derive(Clone)]
pub(crate) struct Key(String);

impl Key {
    /// A key that a header can carry.
    pub(crate) fn parse(text: &str) -> Option<Key> {
        let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\');
        let good = !text.is_empty() && text.bytes().all(fits);
        good.then(|| Key(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// Everything that a text from outside must not show.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    /// The key, whatever its length, and those values that can be secrets.
    pub(crate) fn new<'a>(key: Option<&'a Key>, values: impl Iterator<Item = &'a str>) -> Secrets {
        let long = values.filter(|value| value.len() >= SECRET_CHARS_MIN);
        let mut all: Vec<String> = key
            .map(|key| key.0.as_str())
            .into_iter()
            .chain(long)
            .map(str::to_owned)
            .collect();
        // One may be a part of another, which has to go first.
        all.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Secrets(all)
    }

    /// A text from outside, fit for a log: short, of one line, without the secrets.
    pub(crate) fn clean(&self, text: &str, chars_max: usize) -> String {
        let mut shown = text.to_owned();
        for secret in &self.0 {
            shown = shown.replace(secret, HIDDEN);
        }
        let line = shown
            .chars()
            .map(|it| if it.is_control() { ' ' } else { it });
        line.take(chars_max).collect()
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_what_a_header_can_carry() {
        assert!(Key::parse("sk-proj_a.1/+=").is_some());
        for key in ["", " ", "a b", "a\n", "\"a\"", "'a'", "a\\", "ä", "a\u{7f}"] {
            assert!(Key::parse(key).is_none(), "{key:?}");
        }
    }

    #[test]
    fn no_text_shows_a_secret() {
        let key = Key::parse("k1").unwrap();
        let secrets = Secrets::new(Some(&key), ["short", "k1-and-more"].into_iter());
        assert_eq!(format!("{key:?} {secrets:?}"), "(hidden) (hidden)");
        let cleaned = secrets.clean("k1 k1-and-more\nshort", 100);
        assert_eq!(cleaned, "(hidden) (hidden) short");
        assert_eq!(secrets.clean("k1 and so on", 3), "(hi");
    }
}
