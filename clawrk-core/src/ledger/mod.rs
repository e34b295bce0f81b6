//! Double entry: accounts and the postings between them.
//!
//! Two commodities, credits and US cents; every commit balances in each. The sign convention: a
//! posting's `delta` is what the account gains, so a flow of `n` from `a` to `b` posts `-n` to `a`
//! and `+n` to `b`.
//!
//! What an account gains is a credit to an accountant, and a flow goes from debit to credit:
//! liabilities such as [`Payable`](Account::Payable) and income such as [`Sales`](Account::Sales)
//! grow by it, and assets and expenses such as [`Provider`](Account::Provider) and
//! [`PayoutCost`](Account::PayoutCost) by what they lose here. So a payout that is paid flows from
//! `Payable` to `Provider`, which has less then; an invoice that is paid flows from `Provider`,
//! which has more then, to `Sales`.

mod account;
mod posting;

pub use account::{Account, Commodity, InvalidAccount};
pub(crate) use posting::Flow;
pub use posting::{Posting, Reason};
