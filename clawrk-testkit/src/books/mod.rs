//! Stripe's books: a fake Stripe that keeps account as the real one does, fails as the network
//! does, and does both again with the same seed.
//!
//! [`Books`] is a pure state machine. A [`Request`] and the time go in, a [`Response`] comes out;
//! there is no socket, no thread and no clock of its own. Objects have the shapes of Stripe's
//! version [`VERSION`], with every field that its OpenAPI document marks as required.
//!
//! - What clients ask for goes through [`Books::handle`]. What people and time do behind Stripe's
//!   back (complete a checkout, finish an onboarding, let a month pass) are methods of [`Book`].
//! - Answers are kept by account, mode and idempotency key, also those of 4xx and 500 once a
//!   request began to be carried out; not those of 401, 429, a concurrent 409 or a request that is
//!   malformed. Keys are forgotten at a random age of 24 to 48 hours.
//! - [`Fault`]s are planned for a [`Target`] or drawn by the seed.
//! - Events are written in the version of each [`Endpoint`], signed, and handed out by
//!   [`Books::deliveries`] late, repeated and out of order if one likes.
//! - [`BookPayments`] is the same books as clawrk's port
//!   [`Payments`](clawrk_core::payments::Payments), without HTTP.
//! - [`Oracle`] says what was paid in truth.
//!
//! The fake's time never goes back, even where the clock of a test does: Stripe's would not. A
//! test whose own clock is wrong, while Stripe's is right, gives the two different clocks.

mod account;
mod answer;
mod bank;
mod billing;
mod book;
mod card;
mod checkout;
mod coupon;
mod customer;
mod delivery;
mod endpoint;
mod error;
mod event;
mod face;
mod fault;
mod idempotency;
mod invoice;
mod link;
mod news;
mod oracle;
mod params;
mod price;
mod route;
mod shelf;
mod signature;
mod state;
mod subscription;
#[cfg(test)]
mod tests;
mod transfer;
mod verdict;
mod version;
mod wire;

pub use account::{Account, Capability, Standing};
pub use book::{BALANCE, Book};
pub use checkout::{Session, SessionStatus};
pub use customer::Customer;
pub use delivery::Delivery;
pub use endpoint::Endpoint;
pub use error::StripeError;
pub use event::Event;
pub use face::{BookPayments, WEBHOOK_SECRETS};
pub use fault::{Fault, Target};
pub use invoice::{Invoice, InvoiceStatus, Line};
pub use link::Visit;
pub use oracle::{Oracle, Paid};
pub use price::Price;
pub use signature::{TOLERANCE, check, sign};
pub use state::{Books, LIVE_KEY, TEST_KEY};
pub use subscription::Subscription;
pub use transfer::Transfer;
pub use version::{OLD_VERSION, OLDEST_VERSION, VERSION};
pub use wire::{Body, Fate, Method, Request, Response, decode_form, encode_form};
