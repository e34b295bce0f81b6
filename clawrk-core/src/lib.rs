//! The exchange itself: jobs, credits and payouts behind a storage trait.
//!
//! Everything that decides something here is a pure function; everything that lasts goes through
//! one atomic commit of a [`Store`](store::Store). The crate does no I/O of its own and needs no
//! async runtime.
//!
//! Most programs open an exchange through the crate `clawrk`, which brings a clock and a durable
//! store. Bare, it looks like this:
//!
//! ```
//! use std::sync::Arc;
//!
//! use clawrk_core::Engine;
//! use clawrk_core::clock::Clock;
//! use clawrk_core::id::UserId;
//! use clawrk_core::store::memory::MemoryStore;
//! use clawrk_core::time::Timestamp;
//!
//! #[derive(Debug)]
//! struct NewYear;
//!
//! #[async_trait::async_trait]
//! impl Clock for NewYear {
//!     fn now(&self) -> Timestamp {
//!         Timestamp::from_millis(1_735_689_600_000)
//!     }
//!     async fn sleep(&self, _until: Timestamp) {
//!         std::future::pending().await
//!     }
//! }
//!
//! # pollster::block_on(async {
//! let engine = Engine::builder(Arc::new(MemoryStore::new()), Arc::new(NewYear)).build();
//! let (alice, bob) = (UserId::new("alice")?, UserId::new("bob")?);
//! let job = engine.create_job(&alice, "Sum up RFC 9110 in ten lines").await?;
//! engine.accept_job(&bob, &job.id).await?;
//! engine.submit_output(&bob, &job.id, Some("HTTP semantics in ten lines: …")).await?;
//! let job = engine.verify_job(&alice, &job.id).await?;
//! assert_eq!(job.status.as_str(), "verified");
//! assert_eq!(job.updated_at.to_string(), "2025-01-01T00:00:00.000Z");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

pub mod audit;
pub mod clock;
pub mod engine;
pub mod error;
pub mod id;
pub mod ids;
mod invoice;
pub mod job;
pub mod journal;
mod judging;
pub mod ledger;
mod mock;
pub mod model;
pub mod money;
pub mod payments;
pub mod payout;
pub mod policy;
pub mod record;
pub mod skill;
pub mod store;
mod structuring;
pub mod time;
pub mod transfer;
pub mod watch;

pub use audit::Audit;
pub use engine::{Call, Engine, Once};
pub use error::{Error, Rejection};
pub use job::Job;
