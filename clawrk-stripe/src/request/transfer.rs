//! Transfers.

use clawrk_core::payments::{TransferTerms, Transfers};

use crate::form::Form;
use crate::request::page;
use crate::shape::Noted;

pub(crate) fn new_transfer(terms: &TransferTerms) -> Form {
    Form::new()
        .with("amount", terms.amount.to_string())
        .with("currency", &terms.currency)
        .with("destination", &terms.destination)
        .with("transfer_group", &terms.group)
        .noted(Noted::PAYOUT, &terms.payout)
        .noted(Noted::JOB, &terms.job)
        .noted(Noted::STORE, &terms.store)
}

pub(crate) fn transfers(which: &Transfers, after: Option<&str>) -> Form {
    let page = page(after);
    match which {
        Transfers::Group(group) => page.with("transfer_group", group),
        // Stripe counts in seconds; the part of one that is cut off only lets more in.
        Transfers::Since(time) => page.with("created[gte]", (time.as_millis() / 1_000).to_string()),
    }
}
