//! The exchange itself: jobs, credits and payouts behind a storage trait.
//!
//! Everything that decides something here is a pure function; everything that lasts goes through
//! one atomic commit of a [`Store`](store::Store). The crate does no I/O of its own and needs no
//! async runtime.

pub mod clock;
pub mod id;
pub mod ids;
pub mod job;
pub mod ledger;
pub mod money;
pub mod record;
pub mod store;
pub mod time;
