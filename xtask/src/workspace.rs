//! What `cargo metadata` knows of this workspace.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{Outcome, process};

/// The packages of this workspace, without their outside dependencies.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    pub(crate) packages: Vec<Package>,
}

/// One package of the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) manifest_path: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line of a package's dependency tables.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `None` for a normal dependency, else `dev` or `build`.
    pub(crate) kind: Option<String>,
}

impl Workspace {
    /// Asks cargo; reads no network.
    pub(crate) fn load() -> Outcome<Self> {
        let answer = process::output(
            "cargo",
            &[
                "metadata",
                "--no-deps",
                "--format-version=1",
                "--locked",
                "--offline",
            ],
        )?;
        serde_json::from_str(&answer)
            .map_err(|error| format!("`cargo metadata` answered what xtask can't read: {error}"))
    }

    /// Whether a package of that name is a member.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.packages.iter().any(|package| package.name == name)
    }
}

impl Package {
    /// Whether the package lies somewhere below that folder of the repository.
    pub(crate) fn lies_in(&self, folder: &str) -> bool {
        self.manifest_path.starts_with(root().join(folder))
    }
}

/// The repository's root folder.
pub(crate) fn root() -> &'static Path {
    // xtask is never installed: it always runs from the checkout that it was built in.
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}
