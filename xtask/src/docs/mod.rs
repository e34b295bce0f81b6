//! Pages of `docs/` that are made from the source, so that they can't be wrong.

mod errors;
mod payouts;
mod states;

use std::fs;

use crate::{Outcome, process, workspace};

/// A page and what makes it.
struct Made {
    path: &'static str,
    make: fn() -> Outcome<String>,
}

const PAGES: &[Made] = &[
    Made {
        path: "docs/errors.md",
        make: || Ok(errors::page()),
    },
    Made {
        path: "docs/states.md",
        make: || Ok(states::page() + &payouts::part()),
    },
    Made {
        path: "docs/openapi.json",
        make: openapi,
    },
];

/// The description of the API, as its crate makes it.
fn openapi() -> Outcome<String> {
    let run = ["run", "--quiet", "--locked"];
    let example = ["-p", "clawrk-http", "--example", "openapi"];
    process::output("cargo", &[run.as_slice(), &example].concat())
}

/// Writes every page.
pub(crate) fn write() -> Outcome {
    for page in PAGES {
        fs::write(workspace::root().join(page.path), (page.make)()?)
            .map_err(|error| format!("writing {}: {error}", page.path))?;
        println!("docs: wrote {}", page.path);
    }
    Ok(())
}

/// Fails when a page is not what its table makes.
pub(crate) fn check() -> Outcome {
    let mut stale = Vec::new();
    for page in PAGES {
        let stored = fs::read_to_string(workspace::root().join(page.path));
        // A page that can't be read is as stale as one that says something else.
        let made = (page.make)()?;
        if !stored.is_ok_and(|text| is_current(&text, &made)) {
            stale.push(page.path);
        }
    }
    if stale.is_empty() {
        println!("docs: {} pages agree with the source", PAGES.len());
        return Ok(());
    }
    Err(format!(
        "docs: {} differ from the source: run `cargo xtask docs` and commit it",
        stale.join(" and ")
    ))
}

fn is_current(stored: &str, made: &str) -> bool {
    // A checkout may have ended its lines another way.
    stored.lines().eq(made.lines())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_page_is_stale_and_other_line_ends_are_not() {
        let page = "one\ntwo\n";
        assert!(is_current("one\ntwo\n", page));
        assert!(is_current("one\r\ntwo\r\n", page));
        assert!(!is_current("one\nthree\n", page));
        assert!(!is_current("one\n", page));
    }
}
