//! Programs that some tests need and a machine may lack.

use std::path::Path;

/// A program, found on `PATH`.
#[derive(Debug)]
pub(crate) struct Tool {
    /// What to call it in a report.
    pub(crate) name: &'static str,
    /// Any of these programs will do.
    programs: &'static [&'static str],
    /// How a person gets it.
    pub(crate) get: &'static str,
}

pub(crate) const CARGO_DENY: Tool = Tool {
    name: "cargo-deny",
    programs: &["cargo-deny"],
    get: "cargo install --locked cargo-deny",
};

pub(crate) const PYTHON: Tool = Tool {
    name: "Python 3.10 or later",
    programs: &["python3"],
    get: "apt-get install python3 python3-venv",
};

pub(crate) const JAVA: Tool = Tool {
    name: "a Java 17 compiler",
    programs: &["javac"],
    get: "apt-get install default-jdk-headless",
};

pub(crate) const MAVEN: Tool = Tool {
    name: "Maven",
    programs: &["mvn"],
    get: "apt-get install maven",
};

pub(crate) const CURL: Tool = Tool {
    name: "curl",
    programs: &["curl"],
    get: "apt-get install curl",
};

pub(crate) const PROMTOOL: Tool = Tool {
    name: "promtool",
    programs: &["promtool"],
    get: "apt-get install prometheus",
};

pub(crate) const HLEDGER: Tool = Tool {
    name: "hledger",
    programs: &["hledger"],
    get: "apt-get install hledger",
};

pub(crate) const CHROMIUM: Tool = Tool {
    name: "Chromium",
    programs: &["chromium"],
    get: "apt-get install chromium",
};

pub(crate) const WRK: Tool = Tool {
    name: "wrk",
    programs: &["wrk"],
    get: "apt-get install wrk",
};

pub(crate) const CXX: Tool = Tool {
    name: "a C++ compiler",
    programs: &["c++", "g++", "clang++"],
    get: "apt-get install g++",
};

impl Tool {
    /// A tool that no machine has.
    #[cfg(test)]
    pub(crate) const fn example(name: &'static str) -> Self {
        Self {
            name,
            programs: &["no-such-program"],
            get: "install nowhere",
        }
    }

    /// Whether one of its programs is on `PATH`.
    pub(crate) fn is_here(&self) -> bool {
        let Some(path) = std::env::var_os("PATH") else {
            return false;
        };
        std::env::split_paths(&path).any(|folder| self.is_in(&folder))
    }

    fn is_in(&self, folder: &Path) -> bool {
        self.programs
            .iter()
            .any(|program| folder.join(program).is_file())
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn names(tools: &[&Tool]) -> String {
    let names: Vec<&str> = tools.iter().map(|tool| tool.name).collect();
    match names.split_last() {
        None => String::new(),
        Some((only, [])) => (*only).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHELL: Tool = Tool {
        name: "a shell",
        programs: &["no-such-shell", "sh"],
        get: "",
    };
    const NOTHING: Tool = Tool::example("nothing");

    #[test]
    fn any_of_the_programs_will_do() {
        assert!(SHELL.is_here());
        assert!(!NOTHING.is_here());
    }

    #[test]
    fn names_read_as_a_sentence() {
        assert_eq!(names(&[&SHELL]), "a shell");
        assert_eq!(names(&[&SHELL, &NOTHING]), "a shell and nothing");
        let three = names(&[&SHELL, &NOTHING, &CARGO_DENY]);
        assert_eq!(three, "a shell, nothing and cargo-deny");
    }
}
