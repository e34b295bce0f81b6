//! The client beside another implementation of the port, by another hand: the books of the test
//! kit, which are the same Stripe asked without HTTP. Both must say the same of everything.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod faults;
mod twins;
mod verbs;
