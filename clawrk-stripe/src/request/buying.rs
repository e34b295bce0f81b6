//! Customers and checkouts.

use clawrk_core::payments::{NewCheckout, NewCustomer};

use crate::form::Form;
use crate::shape::Noted;

/// The longest `client_reference_id` that Stripe takes. A user's id that is longer stands in the
/// metadata alone.
const REFERENCE_CHARS_MAX: usize = 200;

pub(crate) fn new_customer(customer: &NewCustomer) -> Form {
    Form::new()
        .noted(Noted::USER, customer.user.as_str())
        .noted(Noted::STORE, &customer.store)
}

/// The session is told of at once, and the subscription with each invoice: both name the owner.
pub(crate) fn new_checkout(checkout: &NewCheckout) -> Form {
    let user = checkout.user.as_str();
    let reference = (user.chars().count() <= REFERENCE_CHARS_MAX).then_some(user);
    let form = Form::new()
        .with("mode", "subscription")
        .with("customer", &checkout.customer)
        .maybe("client_reference_id", reference)
        .with("line_items[0][price]", &checkout.price)
        .with("line_items[0][quantity]", "1")
        .with("success_url", &checkout.success_url)
        .with("cancel_url", &checkout.cancel_url);
    let notes = [
        (Noted::USER, user),
        (Noted::TIER, &checkout.tier),
        (Noted::STORE, &checkout.store),
    ];
    notes.iter().fold(form, |form, (name, value)| {
        form.noted(name, value)
            .with(&format!("subscription_data[metadata][{name}]"), value)
    })
}
