//! Compiles the shim that fails calls of the system, and puts it in front of a program.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = include_str!("shim.c");

/// What fails, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The calls that are counted: `write`, `sync`, `open` or `rename`.
    pub(crate) call: &'static str,
    /// What becomes of the n-th, and of later ones; see `shim.c`.
    pub(crate) how: &'static str,
}

/// The shim, made in that folder; none where there is no C compiler, which it says, or no Linux.
///
/// With `CLAWRK_TEST_ALL=1` nothing may be skipped.
pub(crate) fn make(folder: &Path) -> Option<PathBuf> {
    let (source, shim) = (folder.join("shim.c"), folder.join("shim.so"));
    std::fs::write(&source, SOURCE).unwrap();
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
        .args([&shim, &source])
        .arg("-ldl")
        .status();
    match compiled {
        Ok(status) if cfg!(target_os = "linux") => {
            assert!(status.success(), "the shim does not compile");
            Some(shim)
        }
        _ => {
            let all = env::var("CLAWRK_TEST_ALL").is_ok_and(|value| value == "1");
            assert!(!all, "faults of the disk need Linux and a C compiler, cc");
            println!("skipped: faults of the disk: they need Linux and a C compiler, cc");
            None
        }
    }
}

/// Lets the `nth` call on a file under that folder fail.
pub(crate) fn fail(command: &mut Command, shim: &Path, folder: &Path, fault: Fault, nth: usize) {
    command
        .env("LD_PRELOAD", shim)
        .env("CLAWRK_SHIM_FOLDER", folder)
        .env("CLAWRK_SHIM_CALL", fault.call)
        .env("CLAWRK_SHIM_FAULT", fault.how)
        .env("CLAWRK_SHIM_NTH", nth.to_string());
}
