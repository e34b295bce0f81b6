//! Makes each request that the client can make, of a server that stands in for Stripe.
//!
//! usage: every_request URL SECRET_KEY PRICE SUBSCRIPTION INVOICE [exact]
//!
//! With `exact`, what comes back is compared with what was asked for, and all has to be as it is at
//! Stripe. Without, each request has to be taken, whatever is answered.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a program for a test, which fails by a panic"
)]

use clawrk_core::id::UserId;
use clawrk_core::money::Cents;
use clawrk_core::payments::{
    NewAccount, NewCheckout, NewCustomer, NewLink, Payments, PaymentsError, SendTransfer,
    TransferTerms, Transfers,
};
use clawrk_core::time::Timestamp;
use clawrk_stripe::Stripe;
use tokio::runtime::Handle;

/// What was taken, and how many requests that makes.
struct Asked {
    taken: u32,
}

impl Asked {
    /// What was answered; ends the program where the request was not taken.
    fn taken<T>(&mut self, what: &str, answer: Result<T, PaymentsError>) -> T {
        self.taken += 1;
        answer.unwrap_or_else(|error| panic!("{what}: {error}"))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [url, key, price, subscription, invoice, rest @ ..] = words.as_slice() else {
        panic!("usage: every_request URL SECRET_KEY PRICE SUBSCRIPTION INVOICE [exact]");
    };
    let exact = matches!(rest, [word] if word == "exact");
    let stripe = Stripe::builder(key, Handle::current())
        .url(url)
        .build()
        .unwrap();
    let user = UserId::new("alice").unwrap();
    let store = "the-store".to_owned();
    let mut asked = Asked { taken: 0 };

    let platform = asked.taken("platform", stripe.platform().await);
    let customer = NewCustomer {
        key: "cus:alice:1".to_owned(),
        user: user.clone(),
        store: store.clone(),
    };
    let customer = asked.taken("customer", stripe.create_customer(&customer).await);
    let checkout = NewCheckout {
        customer: customer.clone(),
        user: user.clone(),
        tier: "pro".to_owned(),
        price: price.clone(),
        store: store.clone(),
        success_url: "https://example.com/checkout/success".to_owned(),
        cancel_url: "https://example.com/checkout/cancel".to_owned(),
    };
    let checkout = asked.taken("checkout", stripe.create_checkout(&checkout).await);
    let account = NewAccount {
        key: "acct:alice:1".to_owned(),
        user,
        store: store.clone(),
    };
    let account = asked.taken("account", stripe.create_account(&account).await);
    let link = NewLink {
        account: account.clone(),
        refresh_url: "https://example.com/connect/refresh?t=1".to_owned(),
        return_url: "https://example.com/connect/return".to_owned(),
    };
    let link = asked.taken("link", stripe.create_link(&link).await);
    let shown = asked.taken("show account", stripe.account(&account).await);
    let terms = TransferTerms {
        amount: Cents::new(100),
        currency: "usd".to_owned(),
        destination: account.clone(),
        group: "job-1".to_owned(),
        payout: "po_job-1".to_owned(),
        job: "job-1".to_owned(),
        store: store.clone(),
    };
    let send = SendTransfer {
        key: "po_job-1:1".to_owned(),
        body: stripe.draft(&terms),
        api_version: stripe.api_version().to_owned(),
    };
    let sent = asked.taken("send", stripe.send_transfer(&send).await);
    let found = asked.taken("show transfer", stripe.transfer(&sent.id).await);
    let group = Transfers::Group("job-1".to_owned());
    let of_group = asked.taken("group", stripe.transfers(&group, None).await);
    asked.taken("group, on", stripe.transfers(&group, Some(&sent.id)).await);
    let since = Transfers::Since(Timestamp::from_millis(1_700_000_000_000));
    asked.taken("since", stripe.transfers(&since, None).await);
    let owner = asked.taken("show customer", stripe.customer(&customer).await);
    asked.taken("subscription", stripe.subscription(subscription).await);
    let lines = asked.taken("lines", stripe.invoice_lines(invoice, None).await);
    if let Some(line) = lines.items.last() {
        asked.taken(
            "lines, on",
            stripe.invoice_lines(invoice, Some(&line.id)).await,
        );
    }

    if exact {
        assert!(platform.starts_with("acct_"), "{platform}");
        assert!(checkout.starts_with("https://") && link.starts_with("https://"));
        assert!(shown.is_active(), "{shown:?}");
        assert_eq!(sent, found);
        assert_eq!(of_group.items, std::slice::from_ref(&sent));
        let said = (
            sent.amount,
            sent.currency.as_str(),
            sent.destination.as_str(),
        );
        assert_eq!(said, (terms.amount, "usd", account.as_str()));
        assert_eq!(sent.payout.as_deref(), Some("po_job-1"));
        assert_eq!(owner.user.as_deref(), Some("alice"));
        assert_eq!(lines.items.len(), 1);
    }
    println!("our client: {} requests were taken", asked.taken);
}
