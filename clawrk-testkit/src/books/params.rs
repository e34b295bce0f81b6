//! The parameters of a request, each to be taken once: what is left over is unknown.

use std::collections::BTreeMap;

use super::error::StripeError;

/// Parameters that were not taken yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Params {
    /// What the names begin with in the request, for errors.
    prefix: String,
    pairs: BTreeMap<String, String>,
}

impl Params {
    /// The parameters of a request. `expand` is tolerated and dropped: no answer is expanded.
    pub(super) fn new(pairs: &[(String, String)]) -> Params {
        let pairs = pairs
            .iter()
            .filter(|(name, _)| !name.starts_with("expand["))
            .cloned()
            .collect();
        Params {
            prefix: String::new(),
            pairs,
        }
    }

    /// The name that a parameter has in the request.
    pub(super) fn name(&self, name: &str) -> String {
        match (self.prefix.is_empty(), name.split_once('[')) {
            (true, _) => name.to_owned(),
            (false, None) => format!("{}[{name}]", self.prefix),
            (false, Some((first, rest))) => format!("{}[{first}][{rest}", self.prefix),
        }
    }

    /// A text, which may be absent but not empty.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, StripeError> {
        let Some(value) = self.pairs.remove(name) else {
            return Ok(None);
        };
        if value.is_empty() {
            let name = self.name(name);
            let message = format!("You passed an empty string for '{name}'.");
            return Err(StripeError::invalid(400, "parameter_invalid_empty", message).of(name));
        }
        Ok(Some(value))
    }

    /// A text that must be there.
    pub(super) fn required(&mut self, name: &str) -> Result<String, StripeError> {
        self.text(name)?.ok_or_else(|| self.lacking(name))
    }

    /// The error of a parameter that is not there.
    pub(super) fn lacking(&self, name: &str) -> StripeError {
        let name = self.name(name);
        let message = format!("Missing required param: {name}.");
        StripeError::invalid(400, "parameter_missing", message).of(name)
    }

    /// A whole number.
    pub(super) fn integer(&mut self, name: &str) -> Result<Option<i64>, StripeError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let parsed = text.parse();
        parsed.map(Some).map_err(|_| {
            let message = format!("Invalid integer: {text}");
            StripeError::invalid(400, "parameter_invalid_integer", message).of(self.name(name))
        })
    }

    /// A whole number of at least `min` and at most `max`.
    pub(super) fn between(
        &mut self,
        name: &str,
        min: i64,
        max: i64,
    ) -> Result<Option<i64>, StripeError> {
        let value = self.integer(name)?;
        let bound = match value {
            Some(value) if value < min => format!("greater than or equal to {min}"),
            Some(value) if value > max => format!("less than or equal to {max}"),
            _ => return Ok(value),
        };
        let message = format!("This value must be {bound}.");
        let error = StripeError::invalid(400, "parameter_invalid_integer", message);
        Err(error.of(self.name(name)))
    }

    /// A truth value.
    pub(super) fn truth(&mut self, name: &str) -> Result<Option<bool>, StripeError> {
        match self.text(name)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(StripeError::value(
                &self.name(name),
                format!("Invalid boolean: {other}"),
            )),
        }
    }

    /// One of these words.
    pub(super) fn one_of(
        &mut self,
        name: &str,
        words: &[&'static str],
    ) -> Result<Option<&'static str>, StripeError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let found = words.iter().find(|word| **word == text);
        found.map(|word| Some(*word)).ok_or_else(|| {
            let (name, words) = (self.name(name), words.join(", "));
            StripeError::value(&name, format!("Invalid {name}: must be one of {words}"))
        })
    }

    /// A web address.
    pub(super) fn url(&mut self, name: &str) -> Result<Option<String>, StripeError> {
        let url = self.text(name)?;
        match &url {
            Some(text) if !text.starts_with("http://") && !text.starts_with("https://") => {
                let error = StripeError::invalid(400, "url_invalid", "Not a valid URL");
                Err(error.of(self.name(name)))
            }
            _ => Ok(url),
        }
    }

    /// A currency, in lower case.
    pub(super) fn currency(&mut self, name: &str) -> Result<Option<String>, StripeError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let lower = text.to_lowercase();
        if CURRENCIES.contains(&lower.as_str()) {
            return Ok(Some(lower));
        }
        let message = format!("Invalid currency: {lower}.");
        Err(StripeError::value(&self.name(name), message))
    }

    /// The values of `name[…]`.
    pub(super) fn map(&mut self, name: &str) -> BTreeMap<String, String> {
        self.nested(name).pairs
    }

    /// The parameters `name[…]`, to be taken in their turn.
    pub(super) fn nested(&mut self, name: &str) -> Params {
        let mut nested = Params {
            prefix: self.name(name),
            pairs: BTreeMap::new(),
        };
        for (key, value) in std::mem::take(&mut self.pairs) {
            let inner = key
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('['))
                .and_then(|rest| rest.split_once(']'));
            match inner {
                Some((first, rest)) => {
                    nested.pairs.insert(format!("{first}{rest}"), value);
                }
                None => {
                    self.pairs.insert(key, value);
                }
            }
        }
        nested
    }

    /// The elements of the list `name[0]…`, in order.
    pub(super) fn list(&mut self, name: &str) -> Vec<Params> {
        let mut all = self.nested(name);
        let mut indexes: Vec<(Option<u64>, String)> = all
            .pairs
            .keys()
            .map(|key| key.split('[').next().unwrap_or_default())
            .map(|index| (index.parse().ok(), index.to_owned()))
            .collect();
        indexes.sort();
        indexes.dedup();
        indexes.iter().map(|(_, index)| all.nested(index)).collect()
    }

    /// Drops parameters that the fake does not model, with all that they hold.
    pub(super) fn ignore(&mut self, names: &[&str]) {
        for name in names {
            self.pairs.remove(*name);
            self.nested(name);
        }
    }

    /// Whether nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Ends the taking: what is left is unknown.
    pub(super) fn finish(self) -> Result<(), StripeError> {
        let Some(name) = self.pairs.keys().next() else {
            return Ok(());
        };
        let name = self.name(name);
        let message = format!("Received unknown parameter: {name}");
        Err(StripeError::invalid(400, "parameter_unknown", message).of(name))
    }
}

/// Adds notes to those that are there. An empty one takes a note away.
pub(super) fn note(notes: &mut BTreeMap<String, String>, more: BTreeMap<String, String>) {
    notes.extend(more);
    notes.retain(|_, note| !note.is_empty());
}

/// The currencies that the fake knows, a few of Stripe's.
const CURRENCIES: [&str; 9] = [
    "aud", "cad", "chf", "eur", "gbp", "jpy", "nzd", "sek", "usd",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Params {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Params::new(&pairs)
    }

    #[test]
    fn what_is_not_taken_is_unknown() {
        let mut taken = params(&[("a", "1"), ("expand[]", "data"), ("metadata[k]", "v")]);
        assert_eq!(taken.integer("a"), Ok(Some(1)));
        assert_eq!(taken.map("metadata")["k"], "v");
        assert_eq!(taken.finish(), Ok(()));
        let mut left = params(&[("line[0][price]", "p"), ("line[0][colour]", "red")]);
        let mut line = left.list("line").remove(0);
        assert_eq!(line.required("price"), Ok("p".to_owned()));
        let error = line.finish().unwrap_err();
        assert_eq!(error.param.as_deref(), Some("line[0][colour]"));
        assert_eq!(error.code.as_deref(), Some("parameter_unknown"));
    }

    #[test]
    fn nested_names_are_told_as_they_came() {
        let mut outer = params(&[("data[metadata][a]", "1"), ("data[trial]", "x")]);
        let mut data = outer.nested("data");
        assert_eq!(data.map("metadata")["a"], "1");
        let error = data.integer("trial").unwrap_err();
        assert_eq!(error.param.as_deref(), Some("data[trial]"));
        assert!(outer.is_empty());
    }

    #[test]
    fn values_are_checked() {
        let code = |error: StripeError| error.code.unwrap_or_default();
        let mut bad = params(&[
            ("a", ""),
            ("b", "x"),
            ("c", "101"),
            ("d", "ftp://x"),
            ("e", "zzz"),
        ]);
        assert_eq!(code(bad.text("a").unwrap_err()), "parameter_invalid_empty");
        assert_eq!(
            code(bad.integer("b").unwrap_err()),
            "parameter_invalid_integer"
        );
        assert_eq!(
            code(bad.between("c", 1, 100).unwrap_err()),
            "parameter_invalid_integer"
        );
        assert_eq!(code(bad.url("d").unwrap_err()), "url_invalid");
        assert!(bad.currency("e").is_err());
        assert_eq!(code(bad.required("f").unwrap_err()), "parameter_missing");
    }

    #[test]
    fn an_empty_note_takes_one_away() {
        let of = |pairs: &[(&str, &str)]| params(pairs).pairs;
        let mut notes = of(&[("a", "1"), ("b", "2")]);
        note(&mut notes, of(&[("a", ""), ("c", "3")]));
        assert_eq!(notes, of(&[("b", "2"), ("c", "3")]));
    }

    #[test]
    fn lists_keep_their_order() {
        let mut outer = params(&[("l[10][v]", "c"), ("l[2][v]", "b"), ("l[0][v]", "a")]);
        let values: Vec<_> = outer
            .list("l")
            .into_iter()
            .map(|mut element| element.required("v").unwrap())
            .collect();
        assert_eq!(values, ["a", "b", "c"]);
    }
}
