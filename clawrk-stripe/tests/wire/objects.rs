//! Objects of Stripe, and what core asks for, for tests.

use clawrk_core::id::UserId;
use clawrk_core::money::Cents;
use clawrk_core::payments::{
    NewAccount, NewCheckout, NewCustomer, NewLink, SendTransfer, TransferTerms,
};
use serde_json::{Value, json};

pub(crate) fn user() -> UserId {
    UserId::new("alice & bob/ü").unwrap()
}

pub(crate) fn customer() -> NewCustomer {
    NewCustomer {
        key: "cus:alice:1".to_owned(),
        user: user(),
        store: "st_1".to_owned(),
    }
}

pub(crate) fn checkout() -> NewCheckout {
    NewCheckout {
        customer: "cus_1".to_owned(),
        user: user(),
        tier: "pro".to_owned(),
        price: "price_1".to_owned(),
        store: "st_1".to_owned(),
        success_url: "https://app.test/checkout/success".to_owned(),
        cancel_url: "https://app.test/checkout/cancel".to_owned(),
    }
}

pub(crate) fn account() -> NewAccount {
    NewAccount {
        key: "acct:alice:1".to_owned(),
        user: user(),
        store: "st_1".to_owned(),
    }
}

pub(crate) fn link() -> NewLink {
    NewLink {
        account: "acct_1".to_owned(),
        refresh_url: "https://app.test/connect/refresh?t=1".to_owned(),
        return_url: "https://app.test/connect/return".to_owned(),
    }
}

pub(crate) fn terms() -> TransferTerms {
    TransferTerms {
        amount: Cents::new(100),
        currency: "usd".to_owned(),
        destination: "acct_1".to_owned(),
        group: "job_1".to_owned(),
        payout: "po_job_1".to_owned(),
        job: "job_1".to_owned(),
        store: "st_1".to_owned(),
    }
}

pub(crate) fn attempt(body: &str) -> SendTransfer {
    SendTransfer {
        key: "po_job_1:1".to_owned(),
        body: body.to_owned(),
        api_version: "2026-08-26.dahlia".to_owned(),
    }
}

pub(crate) fn transfer(id: &str) -> Value {
    json!({
        "id": id,
        "object": "transfer",
        "amount": 100,
        "amount_reversed": 0,
        "currency": "usd",
        "created": 1_790_000_000,
        "destination": "acct_1",
        "livemode": false,
        "metadata": {"clawrk_payout": "po_job_1", "clawrk_job": "job_1", "clawrk_store": "st_1"},
        "reversals": {"object": "list", "data": []},
        "reversed": false,
        "transfer_group": "job_1",
        "a_field_of_tomorrow": [{}]
    })
}

pub(crate) fn list(items: &[Value], more: bool) -> Value {
    json!({"object": "list", "url": "/v1/transfers", "data": items, "has_more": more})
}

pub(crate) fn error(kind: &str, code: &str, message: &str) -> Value {
    json!({"error": {"type": kind, "code": code, "message": message}})
}
