//! The storage port: typed records, one atomic commit, no rule of the business.
//!
//! A backend implements [`Store`]. Most embed an ordered key-value engine and need none of what is
//! hard here: [`plan`] checks a batch and works out every record and index entry that it changes;
//! [`memory::MemoryStore`] is the reference that shows how little is left to do.

mod batch;
mod counts;
mod error;
mod index;
mod key;
mod key_of;
pub mod memory;
mod plan;
mod restore;
mod scan;

use std::fmt;

use async_trait::async_trait;

use crate::id::JobId;
use crate::record::Record;

pub use batch::{BATCH_RECORDS_MAX, Batch, Guard, InvalidBatch, RECORD_BYTES_MAX};
pub use counts::{Counted, Counts};
pub use error::{CommitError, StoreError};
pub use index::{Index, index_entries};
pub use key::{Key, Part};
pub use plan::{Change, plan, plan_valid};
pub use restore::{
    NUMBER_MAX, RESTORE_BYTES_MAX, RESTORE_RECORDS_MAX, encode_restored, plan_restored,
};
pub use scan::{Cursor, Damaged, Page, PageLimit};

/// Where an exchange keeps its records.
///
/// Every bullet below is an obligation, proved by the test of the same name in `clawrk-testkit`.
///
/// # What `read` answers
/// - **read_answers_each_key_in_order**: one answer for each key, in the order asked; `None` where
///   nothing is stored. Each answer is exact; together they are not one snapshot.
/// - **read_sees_what_was_committed**: a commit that was acknowledged is seen by every later read,
///   by whoever asks.
///
/// # What `commit` does
/// - **commit_is_all_or_nothing**: a batch that fails leaves nothing behind, neither records nor
///   index entries nor postings.
/// - **guard_at_refuses_any_other_version** and **guard_absent_refuses_what_exists**: as
///   [`CommitError::Conflict`] with the guard's key, also where the batch does not write that key.
/// - **guards_come_before_floors**: a batch that fails both ways is a conflict. The engine relies
///   on it when it submits a batch again whose outcome was doubtful.
/// - **one_guard_has_one_winner**: of commits at once that guard the same version of a key and
///   write it, exactly one passes.
/// - **put_replaces_and_keeps_seq**: the first write of a key fixes its [`Record::seq`], later
///   ones keep it; whatever `seq` the batch holds is overlooked.
/// - **seq_follows_commit_order**: a commit that starts after another was acknowledged has a
///   greater number.
/// - **delete_removes_record_and_index_entries**.
/// - **postings_keep_balances**: an account that has a balance is made at its first posting, its
///   balance is the sum of its entries, its version their number, and the entries are numbered
///   from 1 without gaps, also when a batch posts twice to it.
/// - **postings_never_conflict**: commits at once that post to one account all pass, as long as
///   the floor holds.
/// - **floor_is_checked_inside_the_commit**: a balance that would end below a posting's floor is
///   [`CommitError::Short`] with that account; of many at once exactly as many pass as the balance
///   allows.
/// - **balance_overflow_is_refused**: as [`CommitError::Overflow`] with that account.
/// - **entries_without_balance_lie_under_their_commit**: under (batch id, place).
/// - **invalid_batch_is_refused**: see [`Batch::validate`].
/// - **acknowledged_is_durable**: what was acknowledged is there when the store is opened again,
///   also after a crash of the machine. All that `read` and `scan` return is durable too: while a
///   group of commits is on its way to the disk, a read that meets their keys waits for it.
///
/// # What `restore` does
/// - **restore_writes_records_as_they_are**: [`Record::version`] and [`Record::seq`] included, also
///   those of accounts and entries, which nothing is posted for. They are in their indexes and in
///   the counts as if they had been committed, and as durable.
/// - **restore_refuses_what_exists**: as [`CommitError::Conflict`] with the first such key, and
///   nothing of the call is written. Two calls at once with the same record have one winner.
/// - **restore_refuses_what_does_not_fit**: as [`CommitError::Invalid`], with nothing written; see
///   [`encode_restored`].
/// - **commits_go_on_behind_what_was_restored**: every later commit has a greater number than every
///   record that was restored, also when the store was opened again.
/// - **restored_records_agree_with_the_reference**: what another store held, restored in any order
///   and in any pieces, is what that store held, record for record and number for number.
///
/// # What `scan` answers
/// - **scan_follows_the_index_order**: see [`Index`]; newest first means by time of creation, then
///   by commit order.
/// - **scan_pages_without_gaps_or_repeats**: pages follow each other by cursor; what is there all
///   the time appears exactly once.
/// - **scan_keeps_to_its_limits**: rows and bytes, but a page with anything left to show has one
///   row at least.
/// - **scan_shows_what_is_true_now**: a row is the record as it is now, and one that no longer
///   belongs in the index does not appear.
/// - **scan_names_what_it_cannot_read**: a row whose record is damaged or gone is in
///   [`Page::damaged`], in its place, and hides none of the others. A store that cannot tell where
///   the damage ends answers [`StoreError::Corrupt`] instead. What is there is never left out.
///
/// # What `counts` answers
/// - **counts_are_those_of_the_records**: what a look at all records would count, at one moment
///   between the call and its answer, and the number of the last commit by then. Everything that
///   was acknowledged before the call is in it, and all that is in it is durable. What it costs
///   does not depend on how many records there are.
///
/// # The rest
/// - **changed_returns_once_the_version_is_passed**: at once if it is already.
/// - **closed_store_refuses**: after `close`, everything answers [`StoreError::Closed`].
/// - **random_batches_agree_with_the_reference**: whatever is asked of it, it answers as
///   [`memory::MemoryStore`] does.
///
/// After a failed sync, reads and writes answer [`StoreError::Poisoned`] until the store is opened
/// again: what is on the disk is not known.
#[async_trait]
pub trait Store: Send + Sync + fmt::Debug {
    /// The records under these keys.
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError>;

    /// A page of an index, from behind `after`.
    async fn scan(
        &self,
        index: &Index,
        after: Option<&Cursor>,
        limit: PageLimit,
    ) -> Result<Page, StoreError>;

    /// How many records there are of each kind and status, and the number of the last commit.
    async fn counts(&self) -> Result<Counts, StoreError>;

    /// Writes the whole batch durably, or nothing.
    async fn commit(&self, batch: &Batch) -> Result<(), CommitError>;

    /// Writes records durably exactly as they are, all of them or none: for filling a store with
    /// what another one held. No rule is checked but that none is there yet; an account and its
    /// entries agree if they did where they are from.
    async fn restore(&self, records: &[Record]) -> Result<(), CommitError>;

    /// Returns when the job's version may have passed `seen`. A hint: it may come early or late, so
    /// who waits reads again, and bounds the wait.
    async fn changed(&self, job: &JobId, seen: u64);

    /// Flushes what there is to flush and refuses everything from now on. An error where what was
    /// written may not be on the disk, also because an earlier write failed.
    async fn close(&self) -> Result<(), StoreError>;
}
