//! The exchange itself: jobs, credits and payouts behind a storage trait.
//!
//! Everything that decides something here is a pure function; everything that lasts goes through
//! one atomic commit of a [`Store`](store::Store). The crate does no I/O of its own and needs no
//! async runtime.

pub mod clock;
pub mod engine;
pub mod error;
pub mod id;
pub mod ids;
pub mod job;
pub mod ledger;
mod mock;
pub mod money;
pub mod payments;
pub mod policy;
pub mod record;
pub mod skill;
pub mod store;
pub mod time;

pub use engine::{Call, Engine, Once};
pub use error::{Error, Rejection};
pub use job::Job;
