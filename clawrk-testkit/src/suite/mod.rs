//! Every obligation of [`Store`], one test each.
//!
//! The functions bear the names of the bullets in the trait's documentation. [`store_suite!`]
//! runs them all; they can also be awaited one by one on any executor, as those that need several
//! callers at once bring their own threads.
//!
//! [`store_suite!`]: crate::store_suite

mod check;
mod counts;
mod damage;
mod fixtures;
mod guards;
mod lasting;
mod postings;
mod random;
mod reads;
mod restores;
mod scans;
mod writes;

use std::sync::Arc;

use async_trait::async_trait;
use clawrk_core::store::{Key, Store};

pub use check::{Census, census};
pub use counts::*;
pub use damage::*;
pub use guards::*;
pub use lasting::*;
pub use postings::*;
pub use random::*;
pub use reads::*;
pub use restores::*;
pub use scans::*;
pub use writes::*;

/// Where a store under test lives, such as a folder or a database. Each test has one of its own.
#[async_trait]
pub trait Home: Send + Sync {
    /// Opens the store: an empty one at first; later, once all earlier ones were closed or dropped,
    /// the same again.
    async fn open(&self) -> Arc<dyn Store>;

    /// Whether what was committed outlives the store. Where it does not, nothing is opened again,
    /// and what that would have proved is skipped, and said to be.
    fn lasts(&self) -> bool;

    /// Harms a record behind the back of the store, which is closed or dropped by then. Answers
    /// whether it did; where it cannot, what that would have proved is skipped, and said to be.
    async fn harm(&self, _key: &Key, _harm: Harm) -> bool {
        false
    }
}

/// What is done to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// It is there, and is not what was written.
    Garble,
    /// It is gone, and what lists it is not.
    Remove,
}

/// The home of a store that is gone when it is dropped.
#[derive(Debug, Clone)]
pub struct Fleeting(Arc<dyn Store>);

impl Fleeting {
    /// The home of that empty store.
    pub fn new(store: impl Store + 'static) -> Fleeting {
        Fleeting(Arc::new(store))
    }
}

#[async_trait]
impl Home for Fleeting {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::clone(&self.0)
    }

    fn lasts(&self) -> bool {
        false
    }
}

/// Drops the store and opens it again, where it lasts.
async fn reopened(home: &dyn Home, store: Arc<dyn Store>) -> Arc<dyn Store> {
    if !home.lasts() {
        skipped("opening the store again: it does not outlive itself");
        return store;
    }
    drop(store);
    home.open().await
}

#[allow(clippy::print_stderr, reason = "a skip is never silent")]
fn skipped(what: &str) {
    eprintln!("skipped: {what}");
}

/// Runs every obligation of a store as a test of its own.
///
/// The argument is an expression that makes a fresh, empty [`Home`](crate::suite::Home); each test
/// evaluates it once. Tests run on a plain thread: a store that needs a runtime brings its own.
#[macro_export]
macro_rules! store_suite {
    ($home:expr) => {
        $crate::store_suite! { $home =>
            read_answers_each_key_in_order
            read_sees_what_was_committed
            commit_is_all_or_nothing
            guard_at_refuses_any_other_version
            guard_absent_refuses_what_exists
            guards_come_before_floors
            one_guard_has_one_winner
            put_replaces_and_keeps_seq
            seq_follows_commit_order
            delete_removes_record_and_index_entries
            postings_keep_balances
            postings_never_conflict
            floor_is_checked_inside_the_commit
            balance_overflow_is_refused
            entries_without_balance_lie_under_their_commit
            invalid_batch_is_refused
            acknowledged_is_durable
            restore_writes_records_as_they_are
            restore_refuses_what_exists
            restore_refuses_what_does_not_fit
            commits_go_on_behind_what_was_restored
            restored_records_agree_with_the_reference
            scan_follows_the_index_order
            scan_pages_without_gaps_or_repeats
            scan_keeps_to_its_limits
            scan_shows_what_is_true_now
            scan_names_what_it_cannot_read
            counts_are_those_of_the_records
            changed_returns_once_the_version_is_passed
            closed_store_refuses
            random_batches_agree_with_the_reference
        }
    };
    ($home:expr => $($obligation:ident)*) => {
        $(
            #[test]
            fn $obligation() {
                let home = $home;
                $crate::run::block_on($crate::suite::$obligation(&home));
            }
        )*
    };
}
