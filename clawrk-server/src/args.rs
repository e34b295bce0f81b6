//! Flags.

use clap::Parser;

/// The REST server of clawrk.
///
/// Every setting can be given in the environment as CLAWRK_NAME, and in a TOML file; some have a
/// flag. A flag wins over the environment, the environment over the file. `--check` prints them
/// all.
#[derive(Debug, Default, Parser)]
#[command(name = "clawrk-server", version)]
pub(crate) struct Args {
    /// Where requests are taken; port 0 picks a free one [env: CLAWRK_LISTEN] [default:
    /// 127.0.0.1:3000]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<String>,

    /// Where everything is kept: sled:PATH or memory: [env: CLAWRK_STORE] [default:
    /// sled:./clawrk-data]
    #[arg(long, value_name = "URI")]
    pub(crate) store: Option<String>,

    /// A TOML file with settings [env: CLAWRK_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<String>,

    /// How the log is written: text or json; RUST_LOG says how much [env: CLAWRK_LOG_FORMAT]
    /// [default: text]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) log_format: Option<String>,

    /// Check the settings and the store, print every setting, and exit
    #[arg(long)]
    pub(crate) check: bool,
}
