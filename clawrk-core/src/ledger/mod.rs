//! Double entry: accounts and the postings between them.
//!
//! Two commodities, credits and US cents; every commit balances in each. The sign convention: a
//! posting's `delta` is what the account gains, so a flow of `n` from `a` to `b` posts `-n` to `a`
//! and `+n` to `b`.

mod account;
mod posting;

pub use account::{Account, Commodity, InvalidAccount};
pub(crate) use posting::Flow;
pub use posting::{Posting, Reason};
