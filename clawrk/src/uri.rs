//! Where an exchange keeps its records, as text.

use std::path::PathBuf;

use crate::OpenError;

/// What can be written where a store is asked for; shown with every URI that is none of these.
pub(crate) const POSSIBLE: &str = "`sled:PATH` (a folder) or `memory:` (kept nowhere)";

/// A store by its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Location {
    /// In this process, gone with it.
    Memory,
    /// In that folder.
    Sled(PathBuf),
}

impl Location {
    /// Reads a URI.
    ///
    /// Errors show the scheme and not what follows it, since that may hold a password.
    pub(crate) fn parse(uri: &str) -> Result<Location, OpenError> {
        let Some((scheme, rest)) = uri.split_once(':') else {
            return Err(OpenError::NoScheme);
        };
        match scheme {
            "memory" if rest.is_empty() => Ok(Location::Memory),
            "memory" => Err(OpenError::MemoryPath),
            "sled" if rest.is_empty() => Err(OpenError::NoPath),
            "sled" => Ok(Location::Sled(PathBuf::from(rest))),
            "redb" | "postgres" | "postgresql" => Err(OpenError::NotInThisRelease {
                scheme: scheme.to_owned(),
            }),
            _ => Err(OpenError::UnknownScheme {
                scheme: scheme.to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_what_follows_the_first_colon() {
        let parse = |uri: &str| Location::parse(uri).unwrap();
        assert_eq!(parse("memory:"), Location::Memory);
        assert_eq!(parse("sled:./data"), Location::Sled("./data".into()));
        assert_eq!(parse("sled:C:/data"), Location::Sled("C:/data".into()));
    }

    #[test]
    fn each_wrong_uri_is_told_what_would_be_right() {
        let says = |uri: &str| Location::parse(uri).unwrap_err().to_string();
        assert_eq!(
            says("./data"),
            "a store is named by a URI: `sled:PATH` (a folder) or `memory:` (kept nowhere)"
        );
        assert_eq!(
            says("sqlite:x"),
            "`sqlite:` is no store that clawrk knows; use `sled:PATH` (a folder) or `memory:` \
             (kept nowhere)"
        );
        assert_eq!(
            says("sled:"),
            "`sled:` needs a folder, such as `sled:./data`"
        );
        assert_eq!(
            says("memory:x"),
            "`memory:` keeps nothing and takes no path; leave it out"
        );
    }

    #[test]
    fn a_store_to_come_is_named_without_its_password() {
        let said = Location::parse("postgres://clawrk:secret@db/clawrk").unwrap_err();
        assert_eq!(
            said.to_string(),
            "`postgres:` is not part of this release; use `sled:PATH` (a folder) or `memory:` \
             (kept nowhere)"
        );
    }
}
