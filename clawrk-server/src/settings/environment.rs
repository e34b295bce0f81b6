//! The environment, as it was when the server started.

use std::collections::BTreeMap;
use std::ffi::OsString;

use crate::settings::TABLE;
use crate::settings::nearest::nearest;
use crate::wrong::Wrong;

/// What every setting's variable begins with.
const PREFIX: &str = "CLAWRK_";

/// Variables of clawrk that are none of the server's.
const OF_OTHERS: [&str; 4] = [
    "CLAWRK_CONFIG",
    "CLAWRK_API_KEY",
    "CLAWRK_API_URL",
    "CLAWRK_TEST_ALL",
];

/// The variables. One that is empty counts as not set.
#[derive(Debug)]
pub(crate) struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// Those of this process.
    pub(crate) fn of_process() -> Environment {
        Environment(std::env::vars_os().collect())
    }

    #[cfg(test)]
    pub(crate) fn of<const N: usize>(variables: [(&str, &str); N]) -> Environment {
        Environment(
            variables
                .map(|(name, value)| (name.into(), value.into()))
                .into(),
        )
    }

    /// A variable.
    pub(crate) fn get(&self, name: &str) -> Result<Option<&str>, Wrong> {
        match self.0.get(&OsString::from(name)) {
            None => Ok(None),
            Some(value) => match value.to_str() {
                Some("") => Ok(None),
                Some(value) => Ok(Some(value)),
                None => Err(Wrong::new(name, "is not UTF-8 text")),
            },
        }
    }

    /// Variables that look like settings and are none, each with what may have been meant.
    pub(crate) fn strays(&self) -> Vec<String> {
        let names = self.0.keys().filter_map(|name| name.to_str());
        let known = |name: &str| {
            TABLE.iter().any(|setting| variable(setting.name) == name) || OF_OTHERS.contains(&name)
        };
        let strays = names.filter(|name| name.starts_with(PREFIX) && !known(name));
        strays
            .map(|name| match nearest(&name[PREFIX.len()..].to_lowercase()) {
                Some(near) => format!("{name} is no setting; is {} meant?", variable(near)),
                None => format!("{name} is no setting of this release"),
            })
            .collect()
    }
}

/// The variable of a setting. Those of the original exchange keep their names.
pub(crate) fn variable(name: &str) -> String {
    let upper = name.to_uppercase();
    let keeps = name.starts_with("stripe_")
        || ["app_url", "openai_api_key", "anthropic_api_key"].contains(&name);
    match keeps {
        true => upper,
        false => format!("{PREFIX}{upper}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strays_are_told_what_may_have_been_meant() {
        let environment = Environment::of([
            ("CLAWRK_ACEPT_TIMEOUT", "1h"),
            ("CLAWRK_SOMETHING_ELSE", "1"),
            ("CLAWRK_STRIPE_SECRET_KEY", "x"),
            ("STRIPE_SECRET_KEY", "x"),
            ("CLAWRK_API_KEY", "k"),
            ("CLAWRK_LISTEN", "x"),
            ("CLAWRK_LLM", "mock"),
            ("HOME", "/"),
        ]);
        assert_eq!(
            environment.strays(),
            [
                "CLAWRK_ACEPT_TIMEOUT is no setting; is CLAWRK_ACCEPT_TIMEOUT meant?",
                "CLAWRK_SOMETHING_ELSE is no setting of this release",
                "CLAWRK_STRIPE_SECRET_KEY is no setting; is STRIPE_SECRET_KEY meant?",
            ]
        );
    }
}
