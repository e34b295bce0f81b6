//! `docs/errors.md`, from core's table of error codes.

use clawrk_core::error::{CODES, Code, Retry};

const HEAD: &str = "\
# Error codes

Made by `cargo xtask docs` from the table in `clawrk-core/src/error/code.rs`: change that, not this.

Every error has a code that never changes, whichever way it reaches you: `code` in the body of an
HTTP answer, an attribute of the exception in Python, a field of `ClawrkException` in Kotlin. Where
several errors apply, the one that stands first here is the answer.

| code | HTTP | exception | again? | meaning |
|---|---|---|---|---|
";

const FOOT: &str = "
*Again?* says whether the same call may be made once more:

| | |
|---|---|
";

pub(super) fn page() -> String {
    let rows: String = CODES.iter().map(|code| row(*code)).collect();
    let answers: String = [
        Retry::Never,
        Retry::SameRequest,
        Retry::AfterChange,
        Retry::CheckFirst,
    ]
    .iter()
    .map(|retry| format!("| {} | {} |\n", spaced(*retry), advice(*retry)))
    .collect();
    format!("{HEAD}{rows}{FOOT}{answers}")
}

fn row(code: Code) -> String {
    let info = code.info();
    let (name, status, exception) = (info.name, info.status, info.exception);
    let retry = spaced(info.retry);
    format!(
        "| `{name}` | {status} | `{exception}` | {retry} | {} |\n",
        info.meaning
    )
}

fn spaced(retry: Retry) -> String {
    retry.as_str().replace('_', " ")
}

const fn advice(retry: Retry) -> &'static str {
    match retry {
        Retry::Never => "It will fail again.",
        Retry::SameRequest => "It may work in a while; where there is a `Retry-After`, that long.",
        Retry::AfterChange => "It may work once something else has changed.",
        Retry::CheckFirst => {
            "It may have been done. Look first, or repeat it under the same idempotency key."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_row() {
        let page = page();
        for code in CODES {
            let start = format!("| `{}` |", code.as_str());
            let rows = page.lines().filter(|line| line.starts_with(&start)).count();
            assert_eq!(rows, 1, "{code}");
        }
    }
}
