//! The test suites that need more than Rust and a C compiler.
//!
//! A new one is one entry in [`SUITES`] and, unless it is one cargo command, an executable
//! `test.sh` in its folder: run from the root of the repository without arguments, its exit code
//! is the verdict.

use crate::tool::{self, Tool};
use crate::{Outcome, process, workspace};

/// Tests that need tools from outside.
#[derive(Debug)]
pub(crate) struct Suite {
    /// What a report calls it.
    pub(crate) name: &'static str,
    /// The workspace packages whose tests run here and not in `cargo xtask test`.
    pub(crate) packages: &'static [&'static str],
    /// What must be on `PATH`.
    pub(crate) tools: &'static [&'static Tool],
    run: Run,
}

#[derive(Debug)]
enum Run {
    /// A cargo command.
    Cargo(&'static [&'static str]),
    /// An executable file, by its path from the root.
    Script(&'static str),
}

/// Every suite, in the order they run.
pub(crate) const SUITES: &[Suite] = &[
    Suite {
        name: "licences",
        packages: &[],
        tools: &[&tool::CARGO_DENY],
        // Not `advisories`: their database is a git repository of its own.
        run: Run::Cargo(&["deny", "check", "licenses", "bans", "sources"]),
    },
    Suite {
        name: "fuzz",
        // Its seeds and corpus are replayed with the rest; only libFuzzer needs more than Rust.
        packages: &[],
        tools: &[&tool::CXX],
        run: Run::Script("fuzz/test.sh"),
    },
    Suite {
        name: "Python wheel",
        packages: &["clawrk-py"],
        tools: &[&tool::PYTHON],
        run: Run::Script("clawrk-py/test.sh"),
    },
    Suite {
        name: "JWTs beside PyJWT",
        packages: &[],
        tools: &[&tool::PYTHON],
        run: Run::Script("clawrk-server/jwt/test.sh"),
    },
    Suite {
        name: "journals",
        packages: &[],
        tools: &[&tool::PYTHON, &tool::HLEDGER],
        run: Run::Script("clawrk-server/journal/test.sh"),
    },
    Suite {
        name: "Kotlin package",
        // The Rust side of the bindings needs no more than Rust.
        packages: &[],
        tools: &[&tool::JAVA, &tool::MAVEN],
        run: Run::Script("bindings/test.sh"),
    },
    Suite {
        name: "metrics",
        packages: &[],
        tools: &[&tool::PROMTOOL, &tool::CURL],
        run: Run::Script("clawrk-server/test.sh"),
    },
    Suite {
        name: "lint of the API",
        packages: &[],
        // It brings its own Node.
        tools: &[&tool::PYTHON],
        run: Run::Script("clawrk-http/lint/test.sh"),
    },
    Suite {
        name: "schemathesis",
        packages: &[],
        tools: &[&tool::PYTHON, &tool::CURL],
        run: Run::Script("clawrk-server/schemathesis/test.sh"),
    },
    Suite {
        name: "page of the API",
        packages: &[],
        tools: &[&tool::CHROMIUM, &tool::CURL],
        run: Run::Script("clawrk-server/page/test.sh"),
    },
    Suite {
        name: "Stripe's own tools",
        packages: &[],
        // It brings its own Node and Go.
        tools: &[&tool::PYTHON],
        run: Run::Script("clawrk-testkit/oracles/test.sh"),
    },
    Suite {
        name: "language models beside aimock",
        packages: &[],
        // It brings its own Node.
        tools: &[&tool::PYTHON],
        run: Run::Script("clawrk-llm/peer/test.sh"),
    },
    Suite {
        name: "load",
        packages: &[],
        tools: &[&tool::WRK],
        run: Run::Script("benches/test.sh"),
    },
    Suite {
        name: "front page",
        packages: &[],
        tools: &[&tool::CURL],
        run: Run::Script("examples/readme_test.sh"),
    },
];

impl Suite {
    /// A suite for tests of what is done with suites; running it fails.
    #[cfg(test)]
    pub(crate) const fn example(
        name: &'static str,
        packages: &'static [&'static str],
        tools: &'static [&'static Tool],
    ) -> Self {
        let run = Run::Script("no-such-script");
        Self {
            name,
            packages,
            tools,
            run,
        }
    }

    /// Runs the suite, showing what it prints.
    pub(crate) fn run(&self) -> Outcome {
        match self.run {
            Run::Cargo(arguments) => process::show("cargo", arguments),
            Run::Script(path) => {
                let path = workspace::root().join(path);
                process::show(&path.to_string_lossy(), &[])
            }
        }
    }

    /// The tools that this machine lacks.
    pub(crate) fn missing(&self) -> Vec<&'static Tool> {
        self.tools
            .iter()
            .copied()
            .filter(|tool| !tool.is_here())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::workspace::Workspace;

    #[test]
    fn every_suite_has_its_own_name_and_names_a_tool() {
        let names: BTreeSet<&str> = SUITES.iter().map(|suite| suite.name).collect();
        assert_eq!(names.len(), SUITES.len());
        for suite in SUITES {
            assert!(
                !suite.tools.is_empty(),
                "{}: why is it not in the first run?",
                suite.name
            );
        }
    }

    #[test]
    fn every_script_exists_and_every_package_is_a_member() {
        let workspace = Workspace::load().unwrap();
        for suite in SUITES {
            if let Run::Script(path) = suite.run {
                assert!(workspace::root().join(path).is_file(), "{path}");
            }
            for package in suite.packages {
                assert!(workspace.has(package), "{package}");
            }
        }
    }
}
