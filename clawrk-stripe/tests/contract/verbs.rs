//! Everything that the port can be asked.

use std::fmt::Debug;

use clawrk_core::id::UserId;
use clawrk_core::money::Cents;
use clawrk_core::payments::{
    NewAccount, NewCheckout, NewCustomer, NewLink, Payments, PaymentsError, SendTransfer,
    TransferTerms, Transfers,
};
use clawrk_core::time::Timestamp;

/// The ids of what is there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct World {
    pub(crate) customer: String,
    pub(crate) session: String,
    pub(crate) subscription: String,
    pub(crate) invoice: String,
    pub(crate) account: String,
    pub(crate) transfer: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Platform,
    CreateCustomer,
    CreateCheckout,
    CreateAccount,
    CreateLink,
    Account,
    SendTransfer,
    Transfer,
    TransfersOfAGroup,
    TransfersSince,
    Customer,
    Subscription,
    InvoiceLines,
}

impl Verb {
    pub(crate) const ALL: [Verb; 13] = [
        Verb::Platform,
        Verb::CreateCustomer,
        Verb::CreateCheckout,
        Verb::CreateAccount,
        Verb::CreateLink,
        Verb::Account,
        Verb::SendTransfer,
        Verb::Transfer,
        Verb::TransfersOfAGroup,
        Verb::TransfersSince,
        Verb::Customer,
        Verb::Subscription,
        Verb::InvoiceLines,
    ];

    /// What is answered, as a text to compare; of an error, what it means.
    pub(crate) async fn ask(self, payments: &dyn Payments, world: &World) -> String {
        match self {
            Verb::Platform => told(payments.platform().await),
            Verb::CreateCustomer => told(payments.create_customer(&customer("cus:carol:1")).await),
            Verb::CreateCheckout => {
                let checkout = checkout(&world.customer, "price_1Pro");
                told(payments.create_checkout(&checkout).await)
            }
            Verb::CreateAccount => told(payments.create_account(&account("acct:carol:1")).await),
            Verb::CreateLink => {
                let link = NewLink {
                    account: world.account.clone(),
                    refresh_url: "https://app.test/connect/refresh?t=1".to_owned(),
                    return_url: "https://app.test/connect/return".to_owned(),
                };
                told(payments.create_link(&link).await)
            }
            Verb::Account => told(payments.account(&world.account).await),
            Verb::SendTransfer => {
                let draft = payments.draft(&terms(&world.account));
                told(payments.send_transfer(&attempt(&draft, "po_2:1")).await)
            }
            Verb::Transfer => told(payments.transfer(&world.transfer).await),
            Verb::TransfersOfAGroup => {
                let group = Transfers::Group("job_1".to_owned());
                told(payments.transfers(&group, None).await)
            }
            Verb::TransfersSince => {
                let since = Transfers::Since(Timestamp::from_millis(1));
                told(payments.transfers(&since, None).await)
            }
            Verb::Customer => told(payments.customer(&world.customer).await),
            Verb::Subscription => told(payments.subscription(&world.subscription).await),
            Verb::InvoiceLines => told(payments.invoice_lines(&world.invoice, None).await),
        }
    }
}

fn told<T: Debug>(answer: Result<T, PaymentsError>) -> String {
    match answer {
        Ok(found) => format!("{found:?}"),
        Err(error) => format!("{:?}", error.failure),
    }
}

fn user() -> UserId {
    UserId::new("alice").unwrap()
}

pub(crate) fn customer(key: &str) -> NewCustomer {
    NewCustomer {
        key: key.to_owned(),
        user: user(),
        store: "st_1".to_owned(),
    }
}

pub(crate) fn checkout(customer: &str, price: &str) -> NewCheckout {
    NewCheckout {
        customer: customer.to_owned(),
        user: user(),
        tier: "pro".to_owned(),
        price: price.to_owned(),
        store: "st_1".to_owned(),
        success_url: "https://app.test/checkout/success".to_owned(),
        cancel_url: "https://app.test/checkout/cancel".to_owned(),
    }
}

pub(crate) fn account(key: &str) -> NewAccount {
    NewAccount {
        key: key.to_owned(),
        user: user(),
        store: "st_1".to_owned(),
    }
}

pub(crate) fn terms(account: &str) -> TransferTerms {
    TransferTerms {
        amount: Cents::new(100),
        currency: "usd".to_owned(),
        destination: account.to_owned(),
        group: "job_1".to_owned(),
        payout: "po_1".to_owned(),
        job: "job_1".to_owned(),
        store: "st_1".to_owned(),
    }
}

pub(crate) fn attempt(body: &str, key: &str) -> SendTransfer {
    SendTransfer {
        key: key.to_owned(),
        body: body.to_owned(),
        api_version: "2026-08-26.dahlia".to_owned(),
    }
}
