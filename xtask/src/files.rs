//! The text files of the repository.

use std::fs;
use std::path::Path;

use crate::{Outcome, workspace};

/// A text file: its path from the root, with `/` on every system, and what stands in it.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Folders of what was built or run, not written; hidden names are skipped too, but for these.
const SKIPPED: &[&str] = &["target", "__pycache__", "clawrk-data"];
const HIDDEN_BUT_OURS: &[&str] = &[".cargo", ".ci", ".gitignore"];

/// Every text file of the repository, in the order of their paths.
pub(crate) fn all() -> Outcome<Vec<File>> {
    let mut files = Vec::new();
    collect(workspace::root(), "", &mut files)?;
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<File>) -> Outcome {
    let failed = |error: std::io::Error| format!("reading {}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(failed)?;
        let path = format!("{prefix}{name}");
        if !is_ours(&name) {
            continue;
        }
        if kind.is_dir() {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file() {
            let bytes = fs::read(entry.path()).map_err(failed)?;
            // What is not text (a fixture of a store, an archive) has no house rules.
            if let Ok(text) = String::from_utf8(bytes) {
                files.push(File { path, text });
            }
        }
    }
    Ok(())
}

fn is_ours(name: &str) -> bool {
    if name.starts_with('.') {
        return HIDDEN_BUT_OURS.contains(&name);
    }
    !SKIPPED.contains(&name)
}

impl File {
    /// Whether the name ends in one of these.
    pub(crate) fn ends_in(&self, endings: &[&str]) -> bool {
        endings.iter().any(|ending| self.path.ends_with(ending))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sources_and_skips_what_was_built() {
        let files = all().unwrap();
        assert!(files.iter().any(|file| file.path == "xtask/src/files.rs"));
        assert!(files.iter().any(|file| file.path == ".cargo/config.toml"));
        assert!(!files.iter().any(|file| file.path.starts_with("target/")));
        assert!(
            !files
                .iter()
                .any(|file| file.path.starts_with(".git/") || file.path == ".git")
        );
    }
}
