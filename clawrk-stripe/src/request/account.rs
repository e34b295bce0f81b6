//! Connected accounts and the pages on which they are completed.

use clawrk_core::payments::{NewAccount, NewLink};

use crate::form::Form;
use crate::shape::Noted;

/// An account whose owner sees the Express dashboard, while the exchange pays Stripe's fees and
/// answers for losses: what was once `type=express`.
pub(crate) fn new_account(account: &NewAccount) -> Form {
    Form::new()
        .with("controller[stripe_dashboard][type]", "express")
        .with("controller[fees][payer]", "application")
        .with("controller[losses][payments]", "application")
        .with("controller[requirement_collection]", "stripe")
        .with("capabilities[transfers][requested]", "true")
        .noted(Noted::USER, account.user.as_str())
        .noted(Noted::STORE, &account.store)
}

pub(crate) fn new_link(link: &NewLink) -> Form {
    Form::new()
        .with("account", &link.account)
        .with("refresh_url", &link.refresh_url)
        .with("return_url", &link.return_url)
        .with("type", "account_onboarding")
}
