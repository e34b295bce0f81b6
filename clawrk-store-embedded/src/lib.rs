//! What every embedded key-value store of clawrk shares.
//!
//! An engine keeps ordered keys, writes a set of them at once and syncs: the trait
//! [`EmbeddedEngine`]. Everything that a [`Store`](clawrk_core::store::Store) needs on top is here,
//! once: keys, values with checksums, index entries, guards and postings, and group commit.
//!
//! # Group commit
//! A sync costs a fraction of a millisecond on the best disks and ten on others, whatever it
//! carries. So one thread writes, the *committer*. Callers put their batches into a bounded queue
//! and await the answer, on whatever executor they run. The committer takes what is queued, at most
//! [`GROUP_BATCHES_MAX`] batches or [`GROUP_BYTES_MAX`] bytes; checks each batch in order against
//! what the engine holds and what the batches before it in the *group* change; hands all changes to
//! the engine as one atomic write; syncs once; and answers everybody. It never waits for a group to
//! fill: while one is synced, the next gathers by itself. Since nobody else writes, guards need no
//! transaction of the engine.
//!
//! A caller that goes away while it waits changes nothing: its batch is committed or not, as if it
//! had stayed.
//!
//! # Durability
//! `Ok` of a commit means that it is on the disk. The same goes for everything that is read. While
//! a group is on its way (written to the engine, but not yet synced), a read or a scan that meets
//! one of its keys waits for it; readers of other keys never wait. A key that every group changes
//! would make readers wait for ever, so who has waited once is answered with what was there before
//! the group that is on its way by then: that is durable, and as new as anything that was
//! acknowledged when the reader asked.
//!
//! When a write or a sync fails or panics, nobody knows what the disk holds. The batches of the
//! group are answered `Ambiguous`, and everything later `Poisoned`, until the store is opened
//! again. An error met while a batch was only being checked refuses that batch alone.
//!
//! # Damage
//! Every value carries a checksum, and every record is compared with the key that it was found
//! under: damage is `Corrupt`, by name, and never a wrong answer. The [`Head`], written with every
//! group, holds the number of the last commit and how many records of each kind and status there
//! are. An engine that keeps a copy of it elsewhere can tell a database that has fallen back.
//! Whoever looks at all records, as an audit does, compares what it saw with
//! [`counts`](clawrk_core::store::Store::counts).

mod committer;
mod engine;
mod folder;
mod group;
mod head;
mod latch;
mod measured;
mod open_error;
mod prepared;
mod queue;
mod scan;
mod shared;
mod stats;
mod store;
mod value;

/// The port and its records, for engines and stores that depend on this crate alone.
pub use clawrk_core;

pub use committer::{GROUP_BATCHES_MAX, GROUP_BYTES_MAX, QUEUE_BATCHES_MAX, QUEUE_BYTES_MAX};
pub use engine::{EmbeddedEngine, EngineError, Op, Space, Visit, Write};
pub use folder::Folder;
pub use head::{HEAD_KEY, Head, HeadError, STORE_FORMAT};
pub use open_error::OpenError;
pub use scan::QUEUE_SCANS_MAX;
pub use shared::panic_text;
pub use stats::{Stats, stopwatch};
pub use store::EmbeddedStore;
