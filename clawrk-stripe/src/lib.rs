//! Stripe as the payment provider of clawrk: the port
//! [`Payments`](clawrk_core::payments::Payments) over Stripe's HTTP API.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), clawrk_stripe::InvalidSetting> {
//! use clawrk_stripe::Stripe;
//! use tokio::runtime::Handle;
//!
//! let stripe = Stripe::builder("sk_test_4eC39HqLyjWDarjtT1zdp7dc", Handle::current())
//!     .webhook_secrets("whsec_platform, whsec_connect")
//!     .build()?;
//! assert!(!format!("{stripe:?}").contains("4eC39"));
//! # Ok(())
//! # }
//! ```
//!
//! It sends each request once: nothing is tried again and no redirect is followed, since core
//! decides when to ask again. What an answer means, or that there is none, is one table, for money
//! hangs on it. An answer is read up to [`ANSWER_BYTES_MAX`]; only the fields that are used are
//! looked at, in the shapes of [`API_VERSION`] and of those before it.
//!
//! Requests run on the tokio runtime given to [`Stripe::builder`], so the futures of the port can
//! be polled by any executor. One that is dropped stops its request, wherever that is by then.
//!
//! The key is in no log, no error and no `Debug` text.

mod answer;
mod builder;
mod classify;
mod client;
mod form;
mod key;
mod payments;
mod request;
mod setting;
mod shape;
mod tls;
mod webhook;

pub use answer::ANSWER_BYTES_MAX;
pub use builder::{Builder, CONNECT_TIMEOUT, STRIPE_URL, TIMEOUT};
pub use payments::{API_VERSION, Stripe};
pub use setting::InvalidSetting;
pub use webhook::AGE_MAX;
