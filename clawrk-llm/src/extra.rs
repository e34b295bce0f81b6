//! Headers that an operator adds, such as those of a gateway.

use std::fmt;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::setting::InvalidSetting;

/// How many headers can be added.
pub const HEADERS_MAX: usize = 16;
/// How much is repeated of a name that is none.
const SHOWN_CHARS_MAX: usize = 60;

/// Headers that say who asks, where, and how the connection is used: not to be replaced.
const OURS: [&str; 14] = [
    "accept",
    "anthropic-version",
    "authorization",
    "connection",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-api-key",
];
const OF_THE_BODY: &str = "content-";

/// Headers that were checked. Their `Debug` text shows only the names.
#[derive(Clone, Default)]
pub(crate) struct Extra(Vec<(HeaderName, HeaderValue)>);

impl Extra {
    pub(crate) fn add(&mut self, name: &str, value: &str) -> Result<(), InvalidSetting> {
        let wrong = |why| InvalidSetting::Header {
            name: name.chars().take(SHOWN_CHARS_MAX).collect(),
            why,
        };
        let header = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| wrong("that is no name of a header"))?;
        let text = header.as_str();
        if OURS.contains(&text) || text.starts_with(OF_THE_BODY) {
            return Err(wrong("it is set by the client; a key is given as the key"));
        }
        let visible = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
        if value.is_empty() || !value.bytes().all(visible) {
            return Err(wrong(
                "its value must be visible ASCII characters and spaces",
            ));
        }
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| wrong("its value must be visible ASCII characters and spaces"))?;
        value.set_sensitive(true);
        self.0.retain(|(it, _)| it != header);
        if self.0.len() == HEADERS_MAX {
            return Err(wrong(
                "there are 16 others already, which is as many as there can be",
            ));
        }
        self.0.push((header, value));
        Ok(())
    }

    /// The values, for hiding them.
    pub(crate) fn values(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|(_, value)| value.to_str().ok())
    }

    pub(crate) fn put_into(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            headers.insert(name.clone(), value.clone());
        }
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name.as_str()))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str, value: &str) -> String {
        let error = Extra::default().add(name, value).unwrap_err();
        format!("{error} {error:?}")
    }

    #[test]
    fn who_asks_and_where_cannot_be_replaced() {
        for name in [
            "Authorization",
            "x-api-key",
            "HOST",
            "Content-Length",
            "content-type",
        ] {
            assert!(
                refused(name, "Secret").contains("set by the client"),
                "{name}"
            );
        }
    }

    #[test]
    fn what_no_header_can_carry_is_refused_without_its_value() {
        for (name, value) in [
            ("", "Secret"),
            ("a b", "Secret"),
            ("a", "Sec\nret"),
            ("a", ""),
        ] {
            assert!(!refused(name, value).contains("ret"), "{name}");
        }
        assert!(refused(&"ä".repeat(1_000), "x").len() < 500);
    }

    #[test]
    fn there_is_a_limit_and_the_same_name_counts_once() {
        let mut extra = Extra::default();
        for number in 0..HEADERS_MAX {
            extra.add(&format!("x-{number}"), "1").unwrap();
        }
        extra.add("X-0", "Secret").unwrap();
        assert!(extra.add("x-more", "1").is_err());
        assert!(!format!("{extra:?}").contains("Secret"), "{extra:?}");
    }
}
