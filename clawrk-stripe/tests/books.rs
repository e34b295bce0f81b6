//! Stripe's books are read alike by the client here and by the face of the books themselves: two
//! readers that know nothing of each other, on every event of a shop's life, in three versions.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clawrk_core::clock::Clock;
use clawrk_core::payments::{News, Payments};
use clawrk_stripe::Stripe;
use clawrk_testkit::books::{
    BookPayments, Endpoint, Method, OLD_VERSION, OLDEST_VERSION, Request, Standing, TEST_KEY,
    VERSION, WEBHOOK_SECRETS,
};
use clawrk_testkit::clock::VirtualClock;
use tokio::runtime::Runtime;

const SECRET: &str = "whsec_of_all";

struct Shop {
    payments: BookPayments,
    clock: VirtualClock,
}

impl Shop {
    fn new() -> Shop {
        let clock = VirtualClock::new();
        let payments = BookPayments::new(11, Arc::new(clock.clone()));
        for version in [VERSION, OLD_VERSION, OLDEST_VERSION] {
            for endpoint in [Endpoint::own, Endpoint::connect] {
                let endpoint = endpoint("https://clawrk.example.com", SECRET);
                let endpoint = endpoint.in_version(version);
                payments.books().test().add_endpoint(endpoint);
            }
        }
        let secrets = [SECRET, WEBHOOK_SECRETS[0], WEBHOOK_SECRETS[1]];
        Shop {
            payments: payments.with_webhook_secrets(&secrets),
            clock,
        }
    }

    fn make(&self, path: &str, pairs: &[(&str, &str)]) -> String {
        let request = Request::new(Method::Post, path, TEST_KEY);
        let request = pairs.iter().fold(request, |request, (name, value)| {
            request.param(name, *value)
        });
        let response = self.payments.books().handle(&request, self.clock.now());
        assert_eq!(response.status, 200, "{:?}", response.body);
        response.json()["id"].as_str().unwrap().to_owned()
    }

    /// Everything that an exchange may be told of, at least once.
    fn live(&self) {
        self.sell();
        let asked = [("capabilities[transfers][requested]", "true")];
        let account = self.make("/v1/accounts", &asked);
        let ways = [
            Standing::InReview,
            Standing::NoPayouts,
            Standing::Restricted,
            Standing::Complete,
        ];
        for standing in ways {
            self.payments
                .books()
                .test()
                .set_standing(&account, standing);
        }
        let transfer = [
            ("amount", "100"),
            ("currency", "usd"),
            ("destination", account.as_str()),
            ("transfer_group", "job_1"),
            ("metadata[clawrk_payout]", "po_job_1"),
            ("metadata[clawrk_store]", "store"),
        ];
        let transfer = self.make("/v1/transfers", &transfer);
        let mut books = self.payments.books();
        let book = books.test();
        book.take_back(&transfer, Some(40));
        book.take_back(&transfer, None);
        book.pay_bank(&account, 50, Some("The account was closed."));
        book.pay_bank(&account, 50, None);
        book.deauthorize(&account);
    }

    fn sell(&self) {
        let prices = [("price_pro", 1_500), ("price_team", 7_500)];
        for (price, cents) in prices {
            self.payments.books().test().add_price(price, cents);
        }
        self.make("/v1/coupons", &[("id", "HALF"), ("percent_off", "50")]);
        let customer = self.make("/v1/customers", &[("metadata[clawrk_user]", "alice")]);
        let ways = [
            ("metadata[plain]", "1"),
            ("subscription_data[trial_period_days]", "14"),
            ("discounts[0][coupon]", "HALF"),
        ];
        for way in ways {
            let session = [
                ("mode", "subscription"),
                ("customer", &customer),
                ("client_reference_id", "alice"),
                ("line_items[0][price]", "price_pro"),
                ("line_items[0][quantity]", "2"),
                ("success_url", "https://clawrk.example.com/s"),
                ("subscription_data[metadata][clawrk_user]", "alice"),
                ("subscription_data[metadata][clawrk_tier]", "pro"),
                way,
            ];
            let session = self.make("/v1/checkout/sessions", &session);
            let mut books = self.payments.books();
            let book = books.test();
            assert!(book.complete_checkout(&session));
            let bought = book.session(&session).unwrap().subscription.clone();
            let bought = bought.unwrap();
            book.renew(&bought);
            for n in 0..11 {
                book.add_invoice_item(&customer, n - 5, "something else");
            }
            book.change_plan(&bought, "price_team", 1);
            book.renew(&bought);
            book.cancel_subscription(&bought);
        }
        let mut books = self.payments.books();
        books.test().add_invoice_item(&customer, 7, "alone");
        books.test().invoice_now(&customer);
    }
}

/// The variant of what an event says.
fn name(news: &News) -> String {
    let text = format!("{news:?}");
    text.split(['(', ' ']).next().unwrap().to_owned()
}

#[test]
fn both_read_the_same_of_every_event_in_every_version() {
    let shop = Shop::new();
    shop.live();
    let runtime = Runtime::new().unwrap();
    let builder = Stripe::builder("sk_test_of_the_books", runtime.handle().clone());
    let secrets = format!("{SECRET},{}", WEBHOOK_SECRETS.join(","));
    let stripe = builder.webhook_secrets(&secrets).build().unwrap();
    let now = shop.clock.now().after(Duration::from_secs(200));
    let posts = shop.payments.books().deliveries(shop.clock.now());
    let mut read: BTreeMap<String, usize> = BTreeMap::new();
    for post in &posts {
        let bytes = post.body.as_bytes();
        let (ours, theirs) = (
            stripe.read_webhook(bytes, &post.signature, now),
            shop.payments.read_webhook(bytes, &post.signature, now),
        );
        assert_eq!(ours, theirs, "{}", post.body);
        *read.entry(name(&ours.unwrap().news)).or_default() += 1;
    }
    let expected = [
        "Account",
        "AccountGone",
        "BankFailed",
        "BankPaid",
        "CheckoutCompleted",
        "InvoicePaid",
        "Other",
        "SubscriptionEnded",
        "Transfer",
    ];
    let seen: Vec<&str> = read.keys().map(String::as_str).collect();
    assert_eq!(seen, expected);
    assert!(
        read.values().all(|times| *times >= 3),
        "in three versions: {read:?}"
    );
}

#[test]
fn both_draft_a_transfer_that_the_books_take() {
    use clawrk_core::money::Cents;
    use clawrk_core::payments::{SendTransfer, TransferTerms};
    use clawrk_testkit::run::block_on;

    let shop = Shop::new();
    let asked = [("capabilities[transfers][requested]", "true")];
    let account = shop.make("/v1/accounts", &asked);
    shop.payments
        .books()
        .test()
        .set_standing(&account, Standing::Complete);
    let terms = TransferTerms {
        amount: Cents::new(100),
        currency: "usd".to_owned(),
        destination: account,
        group: "job ü & 1".to_owned(),
        payout: "po_1".to_owned(),
        job: "job ü & 1".to_owned(),
        store: "store".to_owned(),
    };
    let runtime = Runtime::new().unwrap();
    let builder = Stripe::builder("sk_test_of_the_books", runtime.handle().clone());
    let stripe = builder.build().unwrap();
    let send = |body: String, key: &str| SendTransfer {
        key: key.to_owned(),
        body,
        api_version: stripe.api_version().to_owned(),
    };
    let (ours, theirs) = (stripe.draft(&terms), shop.payments.draft(&terms));
    let ours = block_on(shop.payments.send_transfer(&send(ours, "a"))).unwrap();
    let theirs = block_on(shop.payments.send_transfer(&send(theirs, "b"))).unwrap();
    assert_ne!(ours.id, theirs.id);
    assert_eq!(ours.group.as_deref(), Some("job ü & 1"));
    let alike = clawrk_core::payments::Transfer {
        id: theirs.id.clone(),
        ..ours
    };
    assert_eq!(alike, theirs);
}
