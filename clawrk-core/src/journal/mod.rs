//! The ledger as a journal for accountants: plain text that beancount or hledger reads.
//!
//! Every commit that moved something is one transaction, with the time, the commit, the job and the
//! reason as metadata. Transactions come by time, those of one time by commit, and the same store
//! always makes the same bytes. `docs/journal.md` has the chart of accounts and its reasons.
//!
//! # Signs
//! Accountants write debits as positive amounts. A delta of the ledger is what an account gains as
//! a claim on the exchange, which is a credit, so that a journal shows it with the other sign: a
//! user with 5 credits is a liability of `-5 CREDIT`.
//!
//! # A part of the time
//! With a first day, the journal begins with the balances of the evening before: those of assets,
//! liabilities and equity as they were, and what was earned and spent until then as one sum in
//! `Equity:Retained`. So each journal stands on its own.
//!
//! Without a last day, it ends with the balances that the store keeps, as assertions that the tool
//! compares with the sums of what it has read.
//!
//! ```
//! # pollster::block_on(async {
//! use clawrk_core::journal::{Format, Options, journal};
//! use clawrk_core::store::memory::MemoryStore;
//!
//! let mut text = Vec::new();
//! let options = Options::new(Format::Hledger);
//! let written = journal(&MemoryStore::new(), &mut text, &options, &mut |_| {}).await?;
//! assert_eq!(written.transactions, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod amount;
mod beancount;
mod booking;
mod chart;
mod day;
mod error;
mod gather;
mod hledger;
mod name;
mod opening;
mod options;
#[cfg(test)]
mod tests;
mod write;

pub use day::{Day, InvalidDay};
pub use error::JournalError;
pub use options::{Format, InvalidFormat, Options};
pub use write::{Journaled, journal};
