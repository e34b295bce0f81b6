//! Flags.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clawrk::journal::{Day, Format};

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
    #[arg(long, global = true, value_name = "URI")]
    pub(crate) store: Option<String>,

    /// A TOML file with settings [env: CLAWRK_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<String>,

    /// How the log is written: text or json; RUST_LOG says how much [env: CLAWRK_LOG_FORMAT]
    /// [default: text]
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) log_format: Option<String>,

    /// Check the settings and the store, print every setting, and exit
    #[arg(long)]
    pub(crate) check: bool,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What is done with a store that no server has open. It says how far it is on standard error, and
/// ends with exit code 0 where all is well, 1 where not, 2 where a setting cannot be used.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write everything in the store to a file, as lines of JSON that any store can be filled with
    Export {
        /// A file that is not there yet, or `-` for standard output
        file: PathBuf,
    },
    /// Fill a new store with an export
    Import {
        /// What `export` has written
        file: PathBuf,
    },
    /// Write the ledger as a journal for accountants: text that beancount or hledger reads
    Journal {
        /// Which of them: beancount or hledger
        #[arg(long, value_name = "FORMAT")]
        format: Format,
        /// The first day, in UTC, such as 2025-01-01; what came before becomes opening balances
        /// [default: the first on which anything happened]
        #[arg(long, value_name = "DATE")]
        from: Option<Day>,
        /// The last day, in UTC [default: the last on which anything happened]
        #[arg(long, value_name = "DATE")]
        to: Option<Day>,
        /// A file that is not there yet [default: standard output]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Say that the store is an old copy: payouts are only sent once Stripe has been asked for days
    /// what was paid since
    Restored,
    /// Check every record of the store, and print what is wrong as lines of JSON
    Audit,
}
