//! clawrk's face: one call opens an exchange, and everything that a host needs is named here.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use clawrk::{Status, UserId};
//!
//! let engine = clawrk::open("memory:").await?;
//! let (alice, bob) = (UserId::new("alice")?, UserId::new("bob")?);
//! let job = engine.create_job(&alice, "Sum up RFC 9110 in ten lines").await?;
//! engine.accept_job(&bob, &job.id).await?;
//! engine.submit_output(&bob, &job.id, Some("HTTP is a stateless protocol that …")).await?;
//! let job = engine.verify_job(&alice, &job.id).await?;
//! assert_eq!(job.status, Status::Verified);
//! # Ok(())
//! # }
//! ```
//!
//! [`open`] takes a URI, [`builder`] lets settings be chosen first, [`run_ticks`] does what is due,
//! [`transfer`] moves an exchange from store to store,
//! [`blocking`] is the same exchange for programs without `async`, and [`host`] for bindings to
//! other languages.

pub mod blocking;
mod error;
pub mod host;
#[cfg(feature = "llm")]
mod language_model;
mod open;
#[cfg(feature = "stripe")]
mod stripe;
mod ticks;
mod tokio_clock;
mod uri;

#[doc(no_inline)]
pub use async_trait::async_trait;
pub use clawrk_core::audit::{Audit, Violation, ViolationKind};
pub use clawrk_core::clock::Clock;
pub use clawrk_core::engine::{
    ApiKey, Call, ConnectStatus, Engine, EngineBuilder, Entries, Entry, JobFilter, Jobs, LoginCode,
    NewApiKey, NewUser, Once, OutboxState, PageRequest, Payout, PayoutDetail, PayoutDetails,
    Payouts, Progress, Received, Resolution, User, Users,
};
pub use clawrk_core::error::{CODES, Code, CodeInfo, Error, Rejection, Retry};
pub use clawrk_core::id::{InvalidId, JobId, KeyId, PayoutId, UserId};
pub use clawrk_core::job::{
    Actor, CriterionVerdict, Event, EventKind, InvalidStatus, Job, OnRejected, Status, Verification,
};
pub use clawrk_core::model::LanguageModel;
pub use clawrk_core::money::{Cents, Credits};
pub use clawrk_core::payments::Payments;
pub use clawrk_core::policy::{Policy, Timeout, Visibility};
pub use clawrk_core::record::PayoutStatus;
pub use clawrk_core::skill::{FnSkill, Skill, SkillContext, SkillError, SkillInfo, SkillModel};
pub use clawrk_core::time::Timestamp;
/// The whole of core, module by module, for those who implement a store or another port.
#[doc(no_inline)]
pub use clawrk_core::{
    audit, clock, engine, error as errors, id, ids, job, journal, ledger, model, money, payments,
    policy, record, skill, store, time, transfer, watch,
};

#[cfg(feature = "llm")]
pub use clawrk_llm as llm;
/// Why a store in a folder does not open.
#[cfg(feature = "sled")]
pub use clawrk_store_sled::OpenError as StoreOpenError;
#[cfg(feature = "stripe")]
pub use clawrk_stripe::{Builder as StripeBuilder, InvalidSetting, STRIPE_URL, Stripe};
pub use error::OpenError;
#[cfg(feature = "llm")]
pub use language_model::language_model;
pub use open::{builder, exists, open};
#[cfg(feature = "stripe")]
pub use stripe::stripe;
pub use ticks::{TICK_BUDGET, TICK_PAUSE, run_ticks};
pub use tokio_clock::TokioClock;

/// Runs the Rust of the front page.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct FrontPage;
