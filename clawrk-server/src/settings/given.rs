//! What was given, and where.

use std::collections::BTreeMap;
use std::fmt;

use crate::args::Args;
use crate::place;
use crate::settings::environment::{Environment, variable};
use crate::settings::{SECRETS, TABLE, file};
use crate::wrong::Wrong;

/// Where the text of a setting is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Flag(String),
    Variable(String),
    File { path: String, name: &'static str },
    Default(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag(flag) => f.write_str(flag),
            Origin::Variable(variable) => f.write_str(variable),
            Origin::File { path, name } => write!(f, "{name} in {path}"),
            Origin::Default(name) => f.write_str(name),
        }
    }
}

/// The text of every setting that was given: a flag wins over the environment, the environment
/// over the file.
#[derive(Debug, Default)]
pub(crate) struct Given(BTreeMap<&'static str, (String, Origin)>);

impl Given {
    /// Gathers flags, environment and file.
    pub(crate) fn gather(args: &Args, environment: &Environment) -> Result<Given, Wrong> {
        let mut given = Given::default();
        let path = match &args.config {
            Some(path) => Some((path.as_str(), "--config")),
            None => environment
                .get("CLAWRK_CONFIG")?
                .map(|path| (path, "CLAWRK_CONFIG")),
        };
        if let Some((path, origin)) = path {
            for (name, text) in file::read(path, origin)? {
                let path = path.to_owned();
                given.0.insert(name, (text, Origin::File { path, name }));
            }
        }
        for setting in TABLE {
            let variable = variable(setting.name);
            if let Some(text) = environment.get(&variable)? {
                let given_here = (text.to_owned(), Origin::Variable(variable));
                given.0.insert(setting.name, given_here);
            }
        }
        let flags = [
            ("listen", &args.listen),
            ("store", &args.store),
            ("log_format", &args.log_format),
        ];
        for (name, flag) in flags {
            if let Some(text) = flag {
                let flag = format!("--{}", name.replace('_', "-"));
                given.0.insert(name, (text.clone(), Origin::Flag(flag)));
            }
        }
        Ok(given)
    }

    /// Reads one setting.
    pub(crate) fn read<T>(
        &self,
        name: &'static str,
        default: &'static str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Wrong> {
        let text = self.0.get(name).map_or(default, |(text, _)| text);
        read(text).map_err(|cause| Wrong::new(self.origin(name), cause))
    }

    /// Where a setting is from.
    pub(crate) fn origin(&self, name: &'static str) -> Origin {
        match self.0.get(name) {
            Some((_, origin)) => origin.clone(),
            None => Origin::Default(name),
        }
    }

    /// Every setting with its value and where that is from, for `--check`.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |setting: &crate::settings::Setting| {
            let (text, origin) = match self.0.get(setting.name) {
                Some((text, origin)) if SECRETS.contains(&setting.name) && !text.is_empty() => {
                    ("(set)", origin.clone())
                }
                Some((text, origin)) => (text.as_str(), origin.clone()),
                None => (setting.default, Origin::Default("default")),
            };
            let shown = match text {
                "" => "(not set)".to_owned(),
                text if setting.name == "store" => place::shown(text),
                text => text.to_owned(),
            };
            let (name, meaning) = (setting.name, setting.meaning);
            format!("{name} = {shown}  [{origin}]  {meaning}")
        };
        TABLE.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::settings::Settings;

    #[test]
    fn flags_win_over_the_environment_and_that_over_the_file() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let text = "store = \"sled:file\"\nlisten = \"127.0.0.1:1\"\nskill_timeout = \"1s\"";
        file.write_all(text.as_bytes()).unwrap();
        let path = file.path().to_str().unwrap();
        let environment = Environment::of([
            ("CLAWRK_CONFIG", path),
            ("CLAWRK_STORE", "sled:environment"),
            ("CLAWRK_LISTEN", "127.0.0.1:2"),
            ("CLAWRK_LOG_FORMAT", ""),
        ]);
        let args = Args {
            listen: Some("127.0.0.1:3".to_owned()),
            ..Args::default()
        };
        let given = Given::gather(&args, &environment).unwrap();
        let settings = Settings::read(&given).unwrap();
        assert_eq!(settings.listen.port(), 3);
        assert_eq!(settings.store, "sled:environment");
        assert_eq!(settings.skill_timeout.as_secs(), 1);
        assert_eq!(given.origin("listen").to_string(), "--listen");
        assert_eq!(given.origin("store").to_string(), "CLAWRK_STORE");
        assert_eq!(
            given.origin("skill_timeout").to_string(),
            format!("skill_timeout in {path}")
        );
        assert_eq!(given.origin("currency"), Origin::Default("currency"));
    }

    #[test]
    fn secrets_are_not_shown() {
        let secret = format!("sk_test_{}", "hunter2".repeat(5));
        let header = format!("X-Token: {secret}");
        let variables = SECRETS.map(variable);
        let given = variables.each_ref().map(|name| match name.as_str() {
            "CLAWRK_LLM_HEADERS" => (name.as_str(), header.as_str()),
            name => (name, secret.as_str()),
        });
        let given = Given::gather(&Args::default(), &Environment::of(given)).unwrap();
        let settings = format!("{:?}", Settings::read(&given).unwrap());
        let lines = given.lines();
        assert!(!lines.join("\n").contains("hunter2") && !settings.contains("hunter2"));
        for name in SECRETS {
            let set = format!("{name} = (set)");
            assert!(lines.iter().any(|line| line.starts_with(&set)), "{name}");
        }
    }

    #[test]
    fn an_admin_key_that_is_empty_in_the_file_is_not_set() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"admin_key = \"\"").unwrap();
        let environment = Environment::of([("CLAWRK_CONFIG", file.path().to_str().unwrap())]);
        let given = Given::gather(&Args::default(), &environment).unwrap();
        assert_eq!(Settings::read(&given).unwrap().admin_key, None);
        let lines = given.lines();
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with("admin_key = (not set)"))
        );
    }
}
