//! The forms that Stripe is sent, with the names that it gives their fields.

mod account;
mod buying;
mod transfer;

use crate::form::Form;

pub(crate) use account::{new_account, new_link};
pub(crate) use buying::{new_checkout, new_customer};
pub(crate) use transfer::{new_transfer, transfers};

/// How much of a list is asked for at once: as much as Stripe gives.
const PAGE: &str = "100";

/// The page behind a thing.
pub(crate) fn page(after: Option<&str>) -> Form {
    Form::new()
        .with("limit", PAGE)
        .maybe("starting_after", after)
}
