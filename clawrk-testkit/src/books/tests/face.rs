//! The books as the port sees them.

use std::sync::Arc;

use clawrk_core::clock::Clock;
use clawrk_core::id::UserId;
use clawrk_core::money::Cents;
use clawrk_core::payments::{
    DeclineClass, Failure, Mode, NewAccount, NewCheckout, NewCustomer, NewLink, News, Payments,
    SendTransfer, TransferTerms, Transfers, WebhookError,
};

use super::*;
use crate::clock::VirtualClock;
use crate::run::{block_on, poll_once};

struct Shop {
    payments: BookPayments,
    clock: VirtualClock,
}

impl Shop {
    fn new() -> Shop {
        let clock = VirtualClock::new();
        let payments = BookPayments::new(3, Arc::new(clock.clone()));
        Shop { payments, clock }
    }

    fn receiver(&self) -> String {
        let account = NewAccount {
            key: "acct:bob:1".to_owned(),
            user: UserId::new("bob").unwrap(),
            store: "store".to_owned(),
        };
        let id = block_on(self.payments.create_account(&account)).unwrap();
        self.payments
            .books()
            .test()
            .set_standing(&id, Standing::Complete);
        id
    }

    fn send(&self, destination: &str, key: &str) -> SendTransfer {
        let terms = TransferTerms {
            amount: Cents::new(100),
            currency: "usd".to_owned(),
            destination: destination.to_owned(),
            group: "job_1".to_owned(),
            payout: "po_job_1".to_owned(),
            job: "job_1".to_owned(),
            store: "store".to_owned(),
        };
        SendTransfer {
            key: key.to_owned(),
            body: self.payments.draft(&terms),
            api_version: self.payments.api_version().to_owned(),
        }
    }
}

#[test]
fn a_transfer_is_what_was_drafted() {
    let shop = Shop::new();
    let account = shop.receiver();
    let sent = block_on(shop.payments.send_transfer(&shop.send(&account, "po:1"))).unwrap();
    assert_eq!(sent.amount, Cents::new(100));
    assert_eq!(
        (sent.destination.as_str(), sent.mode),
        (account.as_str(), Mode::Test)
    );
    assert_eq!(sent.payout.as_deref(), Some("po_job_1"));
    assert_eq!(sent.store.as_deref(), Some("store"));
    assert_eq!(block_on(shop.payments.transfer(&sent.id)), Ok(sent.clone()));
    let group = Transfers::Group("job_1".to_owned());
    let page = block_on(shop.payments.transfers(&group, None)).unwrap();
    assert_eq!((page.items, page.more), (vec![sent.clone()], false));
    let since = Transfers::Since(shop.clock.now());
    let page = block_on(shop.payments.transfers(&since, Some(&sent.id))).unwrap();
    assert_eq!(page.items, []);
}

#[test]
fn each_fault_reads_as_what_it_means() {
    let busy = |seconds| Failure::NotBegun {
        retry_after: Option::map(seconds, Duration::from_secs),
    };
    let declined = |code: &str| Failure::Declined {
        class: DeclineClass::Person,
        code: code.to_owned(),
    };
    for fault in Fault::all() {
        let expected = match &fault {
            Fault::Nothing | Fault::Mismatch => None,
            Fault::Hangs | Fault::HangsUndone | Fault::HangsDoneLater(_) => continue,
            Fault::NotConnected => Some(Failure::NotSent),
            Fault::Invalid => Some(declined("parameter_invalid_string_blank")),
            Fault::Declined { code, .. } => Some(declined(code)),
            Fault::Unauthorized | Fault::Forbidden => Some(Failure::Unauthorized),
            Fault::Conflict => Some(busy(None)),
            Fault::Busy => Some(busy(Some(2))),
            _ => Some(Failure::Unknown),
        };
        let shop = Shop::new();
        let send = shop.send(&shop.receiver(), "po:1");
        shop.payments.books().plan(Target::send(), fault.clone());
        let answer = block_on(shop.payments.send_transfer(&send));
        assert_eq!(
            answer.err().map(|error| error.failure),
            expected,
            "{fault:?}"
        );
    }
}

#[test]
fn a_call_that_hangs_never_ends_and_may_have_happened() {
    let shop = Shop::new();
    let send = shop.send(&shop.receiver(), "po:1");
    shop.payments.books().plan(Target::send(), Fault::Hangs);
    let mut call = shop.payments.send_transfer(&send);
    assert!(poll_once(call.as_mut()).is_pending());
    shop.clock.advance(Duration::from_secs(60));
    assert!(poll_once(call.as_mut()).is_pending());
    assert_eq!(shop.payments.books().test().transfers().count(), 1);
}

#[test]
fn a_call_that_gives_way_can_be_dropped_before_and_after_it_happened() {
    let shop = Shop::new();
    let send = shop.send(&shop.receiver(), "po:1");
    shop.payments.set_yielding(true);
    let count = || shop.payments.books().test().transfers().count();
    let mut call = shop.payments.send_transfer(&send);
    assert!(poll_once(call.as_mut()).is_pending());
    assert_eq!(count(), 0);
    assert!(poll_once(call.as_mut()).is_pending());
    assert_eq!(count(), 1);
    assert!(poll_once(call.as_mut()).is_ready());
}

#[test]
fn whose_account_it_is_and_what_it_may_do() {
    let shop = Shop::new();
    let id = shop.receiver();
    let shown = || block_on(shop.payments.account(&id)).unwrap();
    assert!(shown().is_active());
    shop.payments
        .books()
        .test()
        .set_standing(&id, Standing::NoPayouts);
    assert!(shown().can_receive && !shown().is_active());
    shop.payments.books().test().deauthorize(&id);
    assert!(shown().gone);
    let error = block_on(shop.payments.send_transfer(&shop.send(&id, "po:1"))).unwrap_err();
    assert!(matches!(error.failure, Failure::Declined { .. }));
}

#[test]
fn a_purchase_is_read_from_signed_webhooks_of_both_endpoints() {
    let shop = Shop::new();
    shop.payments.books().test().add_price("price_pro", 1_500);
    let user = UserId::new("alice").unwrap();
    let customer = NewCustomer {
        key: "cus:alice:1".to_owned(),
        user: user.clone(),
        store: "store".to_owned(),
    };
    let customer = block_on(shop.payments.create_customer(&customer)).unwrap();
    let checkout = NewCheckout {
        customer: customer.clone(),
        user,
        tier: "pro".to_owned(),
        price: "price_pro".to_owned(),
        store: "store".to_owned(),
        success_url: "https://x.example.com/s".to_owned(),
        cancel_url: "https://x.example.com/c".to_owned(),
    };
    let url = block_on(shop.payments.create_checkout(&checkout)).unwrap();
    let account = shop.receiver();
    let posts = {
        let mut books = shop.payments.books();
        let session = books.test().session_at(&url).unwrap().id.clone();
        assert!(books.test().complete_checkout(&session));
        books.deliveries(shop.clock.now())
    };
    let now = shop.clock.now();
    let read: Vec<_> = posts
        .iter()
        .map(|post| {
            (
                post,
                shop.payments
                    .read_webhook(post.body.as_bytes(), &post.signature, now),
            )
        })
        .map(|(_, event)| event.unwrap())
        .collect();
    let paid = read.iter().find_map(|event| match &event.news {
        News::InvoicePaid(invoice) => Some(invoice),
        _ => None,
    });
    let owner = &paid.unwrap().owner;
    assert_eq!(owner.user.as_deref(), Some("alice"));
    assert_eq!(owner.tier.as_deref(), Some("pro"));
    assert_eq!(owner.customer.as_deref(), Some(customer.as_str()));
    let subscription = paid.unwrap().subscription.clone().unwrap();
    assert_eq!(
        block_on(shop.payments.subscription(&subscription)).as_ref(),
        Ok(owner)
    );
    let connected = read.iter().any(|event| match &event.news {
        News::Account(shown) => event.account.as_ref() == Some(&account) && shown.is_active(),
        _ => false,
    });
    assert!(connected, "{read:?}");
    let linked = read
        .iter()
        .any(|event| matches!(&event.news, News::CheckoutCompleted(owner) if owner.user.is_some()));
    assert!(linked);
    let late = now.after(Duration::from_secs(301));
    let first = &posts[0];
    let error = shop
        .payments
        .read_webhook(first.body.as_bytes(), &first.signature, late);
    assert_eq!(error, Err(WebhookError::Signature("is too old")));
}

#[test]
fn equal_seeds_give_equal_traces() {
    let trace = |seed| {
        let clock = VirtualClock::new();
        let payments = BookPayments::new(seed, Arc::new(clock.clone()));
        let faults = Fault::all()
            .into_iter()
            .filter(|fault| !fault.name().starts_with("hangs"))
            .collect();
        payments.books().draw(Target::any(), 60, faults);
        for n in 0..50 {
            let customer = NewCustomer {
                key: format!("cus:alice:{}", n / 3),
                user: UserId::new("alice").unwrap(),
                store: "store".to_owned(),
            };
            let _ = block_on(payments.create_customer(&customer));
            clock.advance(Duration::from_secs(600));
        }
        let link = NewLink {
            account: "acct_none".to_owned(),
            refresh_url: "https://r".to_owned(),
            return_url: "https://r".to_owned(),
        };
        let _ = block_on(payments.create_link(&link));
        payments.books().trace()
    };
    assert_eq!(trace(1), trace(1));
    assert_ne!(trace(1), trace(2));
}
