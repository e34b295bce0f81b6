//! The file of settings.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::settings::TABLE;
use crate::settings::nearest::nearest;
use crate::wrong::Wrong;

/// The texts in a file, by setting.
pub(crate) fn read(path: &str, origin: &str) -> Result<BTreeMap<&'static str, String>, Wrong> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Wrong::new(origin, format!("{path} cannot be read: {error}")))?;
    parse(path, &text)
}

fn parse(path: &str, text: &str) -> Result<BTreeMap<&'static str, String>, Wrong> {
    let table: Table = toml::from_str(text).map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.unwrap_or_default().matches('\n').count() + 1;
        Wrong::new(path, format!("line {line}: {}", error.message()))
    })?;
    let mut given = BTreeMap::new();
    for (name, value) in table {
        let known = TABLE.iter().find(|setting| setting.name == name);
        let setting = known.ok_or_else(|| Wrong::new(path, unknown(&name)))?;
        let text = match value {
            Value::String(text) => text,
            Value::Integer(number) => number.to_string(),
            Value::Boolean(true) => "on".to_owned(),
            Value::Boolean(false) => "off".to_owned(),
            other => {
                let cause = format!(
                    "`{name}` must be a text or a number, not {}",
                    other.type_str()
                );
                return Err(Wrong::new(path, cause));
            }
        };
        given.insert(setting.name, text);
    }
    Ok(given)
}

fn unknown(name: &str) -> String {
    match nearest(name) {
        Some(near) => format!("`{name}` is no setting; is `{near}` meant?"),
        None => {
            let names: Vec<_> = TABLE.iter().map(|setting| setting.name).collect();
            format!("`{name}` is no setting; these are: {}", names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str) -> String {
        parse("clawrk.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn texts_numbers_and_switches_are_taken() {
        let given = parse(
            "f",
            "credits = true\nmax_attempts = 5\nskill_timeout = \"9s\"",
        )
        .unwrap();
        assert_eq!(
            given.into_iter().collect::<Vec<_>>(),
            [
                ("credits", "on".to_owned()),
                ("max_attempts", "5".to_owned()),
                ("skill_timeout", "9s".to_owned()),
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(
            says("\nacept_timeout = 1"),
            "clawrk.toml: `acept_timeout` is no setting; is `accept_timeout` meant?"
        );
        assert!(says("x = 1").starts_with("clawrk.toml: `x` is no setting; these are: listen"));
        assert!(says("a = 1\nb = ").starts_with("clawrk.toml: line 2: "));
        assert_eq!(
            says("listen = [1]"),
            "clawrk.toml: `listen` must be a text or a number, not array"
        );
    }
}
