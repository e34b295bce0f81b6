//! Bodies and queries as Stripe takes them: forms whose names have brackets.

/// A form in the making. The order of its fields is the order in which they were added, so the
/// same steps make the same bytes.
#[derive(Debug, Default)]
pub(crate) struct Form(String);

impl Form {
    pub(crate) fn new() -> Form {
        Form::default()
    }

    /// With one field more.
    pub(crate) fn with(mut self, name: &str, value: impl AsRef<str>) -> Form {
        let mut pairs = form_urlencoded::Serializer::for_suffix(&mut self.0, 0);
        pairs.append_pair(name, value.as_ref());
        self
    }

    /// With one field more, where there is a value.
    pub(crate) fn maybe(self, name: &str, value: Option<&str>) -> Form {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// With something noted with the thing itself, and not with what it makes later.
    pub(crate) fn noted(self, name: &str, value: impl AsRef<str>) -> Form {
        self.with(&format!("metadata[{name}]"), value)
    }

    /// The text of the form, percent-encoded.
    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_brackets_and_any_value_come_back() {
        let sent = Form::new()
            .with("metadata[clawrk_user]", "ä & b=c\u{1f600} +%")
            .maybe("starting_after", None)
            .maybe("line_items[0][quantity]", Some("1"));
        let text = sent.into_text();
        assert!(text.is_ascii(), "{text}");
        let read: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes())
            .into_owned()
            .collect();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            read,
            [
                pair("metadata[clawrk_user]", "ä & b=c\u{1f600} +%"),
                pair("line_items[0][quantity]", "1")
            ]
        );
    }
}
