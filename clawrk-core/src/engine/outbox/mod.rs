//! The outbox: how what is owed to receivers is sent, and what is made of the answers.
//!
//! Nothing here holds a lock or a commit across a call to the provider. A payout is read, the
//! provider is asked, and what is true by then is decided by the pure functions of
//! [`payout`](crate::payout) and committed under the versions that were read. Whoever was overtaken
//! has decided nothing.

mod ask;
mod begin;
mod book;
mod change;
mod detail;
mod doubt;
mod listing;
mod news;
mod operator;
mod resolve;
mod sweep;
mod tick;
mod watch;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use crate::record::{OutboxRecord, Platform};
use crate::time::Timestamp;

pub use detail::{OutboxState, PayoutDetail, PayoutDetails, Resolution};

/// How many payouts are worked on at once.
pub(crate) const PAYOUTS_AT_ONCE: usize = 8;

/// How many connected accounts are remembered as asked about.
const ACCOUNTS_ASKED_MAX: usize = 10_000;

/// What a visit of a payout goes by.
#[derive(Debug, Clone, Copy)]
struct Turn<'a> {
    book: &'a OutboxRecord,
    /// When the tick began that it belongs to.
    began: Timestamp,
    /// Whether it is to be sent although the balance is known to be too low.
    probe: bool,
}

/// What an engine knows of the outbox besides what is stored. All of it may be lost.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Whether the provider's list was looked at since this engine began.
    watched: AtomicBool,
    /// Whether the store knows money of the key's kind.
    pub(crate) claimed: AtomicBool,
    /// The latest time that was seen, in milliseconds.
    latest: AtomicI64,
    known: Mutex<Known>,
}

/// What is known for the time being.
#[derive(Debug, Default)]
struct Known {
    /// The exchange's own account at the provider. It is the key's, so it stays.
    platform: Option<Platform>,
    /// The connected accounts that the provider was asked about.
    asked: BTreeSet<String>,
    /// How far a look at the provider's list has come.
    watch: Option<watch::Position>,
    /// How far a look at what waits has come.
    sweep: Option<sweep::Sweep>,
}

impl Memory {
    fn known<T>(&self, with: impl FnOnce(&mut Known) -> T) -> T {
        // What is in it is whole after each statement, so a panic elsewhere did no harm to it.
        let mut known = self
            .known
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        with(&mut known)
    }

    /// Notes that it is `now`, and gives the latest time that was ever noted.
    fn latest(&self, now: Timestamp) -> Timestamp {
        let noted = self.latest.fetch_max(now.as_millis(), Ordering::AcqRel);
        now.max(Timestamp::from_millis(noted))
    }

    fn was_asked(&self, account: &str) -> bool {
        self.known(|known| known.asked.contains(account))
    }

    fn forget_asked(&self, account: &str) {
        self.known(|known| known.asked.remove(account));
    }

    fn note_asked(&self, account: &str) {
        self.known(|known| {
            if known.asked.len() >= ACCOUNTS_ASKED_MAX {
                known.asked.clear();
            }
            known.asked.insert(account.to_owned());
        });
    }
}
