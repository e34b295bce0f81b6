//! Payouts: what may happen to one, and what follows from it. Pure functions.
//!
//! The engine reads, asks the provider, and commits what is decided here.

pub(crate) mod decide;
mod doubt;
mod flow;
mod rules;
#[cfg(test)]
mod tests;
mod transition;

pub use rules::{LEASE_MARGIN, LISTED_AFTER, LISTINGS_APART, RESENT_WITHIN};
pub(crate) use rules::{Next, agrees, backoff, clocks_agree, listed_from, may_resend, next};
pub(crate) use transition::check_status;
pub use transition::{PAYOUT_TRANSITIONS, PayoutCommand, PayoutRole, PayoutTransition};
