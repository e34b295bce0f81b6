//! What is said of a store: where it is, and how much it holds.

use clawrk::record::Kind;
use clawrk::store::Counts;

const HIDDEN: &str = "***";

/// The options of a database's URI that are secrets.
const SECRET_OPTIONS: [&str; 2] = ["password", "sslpassword"];

/// The URI of a store without the password that it may have.
pub(crate) fn shown(uri: &str) -> String {
    // Only a place in a network takes a password; a path may look as if it had one.
    let Some((scheme, place)) = uri.split_once("://") else {
        return uri.to_owned();
    };
    // The last one, as a password may have one that somebody forgot to escape.
    let place = match place.rsplit_once('@') {
        Some((who, rest)) => match who.split_once(':') {
            Some((user, _)) => format!("{user}:{HIDDEN}@{rest}"),
            None => place.to_owned(),
        },
        None => place.to_owned(),
    };
    let place = match place.split_once('?') {
        Some((place, options)) => {
            let options: Vec<_> = options.split('&').map(shown_option).collect();
            format!("{place}?{}", options.join("&"))
        }
        None => place,
    };
    format!("{scheme}://{place}")
}

fn shown_option(option: &str) -> String {
    match option.split_once('=') {
        Some((name, _)) if SECRET_OPTIONS.contains(&name) => format!("{name}={HIDDEN}"),
        _ => option.to_owned(),
    }
}

/// How much a store holds, for a person.
pub(crate) fn held(counts: &Counts) -> String {
    let of = |kind| counts.records(kind);
    let entries = of(Kind::Entry) + of(Kind::LooseEntry);
    let (jobs, users, all) = (of(Kind::Job), of(Kind::User), counts.all_records());
    format!("{all} records: jobs: {jobs}, users: {users}, entries of the ledger: {entries}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        let cases = [
            ("postgres://u:hunter2@h/d", "postgres://u:***@h/d"),
            ("postgres://u:hun@ter/2@h/d", "postgres://u:***@h/d"),
            ("postgres://:hunter2@h", "postgres://:***@h"),
            (
                "postgres://h/d?user=u&password=hunter2&sslmode=require",
                "postgres://h/d?user=u&password=***&sslmode=require",
            ),
        ];
        for (uri, expected) in cases {
            assert_eq!(shown(uri), expected);
        }
    }

    #[test]
    fn places_without_a_password_are_shown_as_they_are() {
        for uri in [
            "sled:./data",
            "sled:/a:b@c",
            "memory:",
            "postgres://u@h/d",
            "",
        ] {
            assert_eq!(shown(uri), uri);
        }
    }
}
