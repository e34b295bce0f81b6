//! Accounts and entries: the records that a store makes of postings.

use serde::{Deserialize, Serialize};

use crate::id::{CommitId, JobId};
use crate::ledger::{Account, Reason};
use crate::store::Key;
use crate::time::Timestamp;

/// The balance of an account that has a floor. Its record's version is the number of its entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRecord {
    /// The account.
    pub account: Account,
    /// The sum of its entries.
    pub balance: i64,
}

/// One entry of the ledger. Never rewritten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryRecord {
    /// The account that gained `delta`.
    pub account: Account,
    /// The entry's number in its account, from 1 without gaps; none for an account without a
    /// balance.
    pub number: Option<u64>,
    /// What the account gained.
    pub delta: i64,
    /// The account's balance after the entry; none for an account without one.
    pub balance: Option<i64>,
    /// The other side of the flow.
    pub other_account: Account,
    /// Why.
    pub reason: Reason,
    /// The job that it is about.
    pub job: Option<JobId>,
    /// When.
    pub at: Timestamp,
    /// The commit that wrote it.
    pub commit: CommitId,
    /// Its place among that commit's postings, from 0. Places 2n and 2n + 1 are the two legs of
    /// one flow.
    pub place: u16,
}

impl EntryRecord {
    /// The key that it is stored under.
    pub fn key(&self) -> Key {
        match self.number {
            Some(number) => Key::Entry(self.account.clone(), number),
            None => Key::LooseEntry(self.commit, self.place),
        }
    }
}
