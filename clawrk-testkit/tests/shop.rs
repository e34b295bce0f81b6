//! Credits are bought and receivers are paid over Stripe's books, whose news come late, in any
//! order, more than once, and many at a time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod common;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clawrk_core::Engine;
use clawrk_core::clock::Clock;
use clawrk_core::engine::ConnectStatus;
use clawrk_core::id::UserId;
use clawrk_core::job::OnRejected;
use clawrk_core::money::Credits;
use clawrk_core::payments::{InvoiceLine, Mode, Payments};
use clawrk_core::store::memory::MemoryStore;
use clawrk_testkit::books::{
    BookPayments, Books, Delivery, Endpoint, InvoiceStatus, OLD_VERSION, OLDEST_VERSION, Oracle,
    Standing, TEST_KEY, VERSION, Visit,
};
use clawrk_testkit::rng::Rng;
use clawrk_testkit::run::{block_on, together};

use common::{World, policy, user};

const SEEDS: u64 = 24;
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How late news may be, and how often they come.
const LATE: Duration = Duration::from_secs(3 * 24 * 60 * 60);
const COPIES: usize = 5;

/// How many news come at a time.
const AT_ONCE: usize = 16;

const SECRETS: [&str; 2] = ["whsec_own", "whsec_connect"];
const TIERS: [(&str, i64); 3] = [("starter", 1_000), ("pro", 2_500), ("team", 7_500)];

struct Shop {
    world: World,
    engine: Engine,
    stripe: BookPayments,
}

impl Shop {
    /// Every plan has a price, and news come in that version.
    fn new(seed: u64, version: &str) -> Shop {
        let mut policy = policy(OnRejected::Refund);
        for plan in &mut policy.plans {
            plan.price_ids = vec![format!("price_{}", plan.tier)];
        }
        let world = World::new(Arc::new(MemoryStore::new()), policy);
        let mut books = Books::new(seed);
        books.advance(world.clock.now());
        for (tier, cents) in TIERS {
            books.test().add_price(&format!("price_{tier}"), cents);
        }
        let endpoints = [Endpoint::own, Endpoint::connect];
        for (endpoint, secret) in endpoints.into_iter().zip(SECRETS) {
            let endpoint = endpoint("https://clawrk.example.com", secret);
            books.test().add_endpoint(endpoint.in_version(version));
        }
        let clock = Arc::new(world.clock.clone());
        let books = Arc::new(Mutex::new(books));
        let stripe = BookPayments::over(books, clock, TEST_KEY, Mode::Test);
        let stripe = stripe.with_webhook_secrets(&SECRETS);
        let engine = world.engine_with(|builder| builder.payments(Arc::new(stripe.clone())));
        Shop {
            world,
            engine,
            stripe,
        }
    }

    /// A user opens a checkout and pays there. Gives the subscription.
    async fn buys(&self, user: &UserId, tier: &str) -> String {
        let url = self.engine.checkout(user, tier).await.unwrap();
        let mut books = self.stripe.books();
        let session = books.test().session_at(&url).unwrap().id.clone();
        assert!(books.test().complete_checkout(&session));
        let session = books.test().session(&session).unwrap();
        session.subscription.clone().unwrap()
    }

    /// Lets time pass, and has the engine told and do what is due, many news at a time. Gives how
    /// many there were.
    async fn later(&self, by: Duration) -> usize {
        self.world.clock.advance(by);
        let posts = {
            let now = self.world.clock.now();
            self.stripe.books().deliveries(now)
        };
        for posts in posts.chunks(AT_ONCE) {
            self.told(posts).await;
        }
        while self.engine.tick(100).await.unwrap().done > 0 {}
        posts.len()
    }

    async fn told(&self, posts: &[Delivery]) {
        let (engine, posts) = (self.engine.clone(), Arc::new(posts.to_vec()));
        let count = posts.len();
        together(count, move |at| {
            let (engine, posts) = (engine.clone(), Arc::clone(&posts));
            async move {
                let post = &posts[at];
                let received = engine.receive_webhook(post.body.as_bytes(), &post.signature);
                let received = received.await.unwrap();
                assert_eq!(received.event, post.event);
            }
        })
        .await;
    }

    async fn credits(&self, user: &UserId) -> Credits {
        self.engine.user(user).await.unwrap().credits
    }

    /// What users should have been granted: by the invoices in the books, asked for line by line.
    async fn due(&self) -> BTreeMap<String, i64> {
        let invoices: Vec<(String, String)> = {
            let mut books = self.stripe.books();
            let paid = books
                .test()
                .invoices()
                .filter(|invoice| invoice.status == InvoiceStatus::Paid);
            paid.map(|invoice| (invoice.id.clone(), invoice.customer.clone()))
                .collect()
        };
        let mut due = BTreeMap::new();
        for (invoice, customer) in invoices {
            let granted: i64 = self.lines(&invoice).await.iter().map(grant).sum();
            *due.entry(customer).or_insert(0) += granted;
        }
        due
    }

    async fn lines(&self, invoice: &str) -> Vec<InvoiceLine> {
        let mut lines: Vec<InvoiceLine> = Vec::new();
        loop {
            let after = lines.last().map(|line| line.id.clone());
            let page = self.stripe.invoice_lines(invoice, after.as_deref());
            let page = page.await.unwrap();
            lines.extend(page.items);
            if !page.more {
                return lines;
            }
        }
    }
}

/// What a line grants, by the documented plans.
fn grant(line: &InvoiceLine) -> i64 {
    let credits = match line.price.as_deref() {
        Some("price_starter") => 50,
        Some("price_pro") => 150,
        Some("price_team") => 500,
        _ => 0,
    };
    let counts = !line.proration && line.net.units() > 0;
    match counts {
        true => credits * i64::try_from(line.quantity).unwrap(),
        false => 0,
    }
}

/// Something happens to a subscription.
fn change(rng: &mut Rng, stripe: &BookPayments, subscription: &str) {
    let mut books = stripe.books();
    let book = books.test();
    let customer = book.subscription(subscription).customer.clone();
    match rng.below(10) {
        0..4 => {
            book.renew(subscription);
        }
        4..6 => {
            let (tier, _) = rng.pick(&TIERS);
            let quantity = 1 + i64::try_from(rng.below(3)).unwrap();
            book.change_plan(subscription, &format!("price_{tier}"), quantity);
        }
        6 => book.give_card(&customer, rng.chance(50)),
        7 => {
            for n in 0..12 {
                book.add_invoice_item(&customer, n, "something else");
            }
        }
        8 => {
            // Nothing is noted with this one: only its customer says whose it is.
            let started = book.start_subscription(&customer, "price_pro", 2);
            book.renew(&started);
        }
        _ => {
            let events: Vec<String> = book.events().map(|event| event.id.clone()).collect();
            book.resend(&rng.pick(&events));
        }
    }
}

async fn a_month(seed: u64, version: &str) {
    let mut rng = Rng::new(seed);
    let shop = Shop::new(seed, version);
    shop.stripe.books().test().set_courier(LATE, COPIES);
    let people = ["alice", "bob", "carol"].map(user);
    let (mut subscriptions, mut told) = (Vec::new(), 0);
    for person in &people {
        let (tier, _) = rng.pick(&TIERS);
        subscriptions.push(shop.buys(person, tier).await);
        told += shop.later(HOUR).await;
    }
    for _ in 0..20 {
        let subscription = rng.pick(&subscriptions);
        change(&mut rng, &shop.stripe, &subscription);
        let wait = u32::try_from(1 + rng.below(24)).unwrap();
        told += shop.later(wait * HOUR).await;
    }
    for _ in 0..8 {
        told += shop.later(DAY).await;
    }
    let events = shop.stripe.books().test().events().count();
    assert!(told > 2 * events, "{told} news of {events} events");
    assert_eq!(shop.stripe.books().next_due(), None, "all was told");
    let due = shop.due().await;
    for person in &people {
        let customer = shop.engine.user(person).await.unwrap().customer_id.unwrap();
        let has = shop.credits(person).await.units();
        assert!(has > 0);
        assert_eq!(has, due[&customer], "seed {seed}, {version}: {person}");
    }
    let audit = shop.engine.audit().await.unwrap();
    assert!(
        audit.ok(),
        "seed {seed}, {version}: {:#?}",
        audit.violations
    );
}

#[test]
fn however_the_news_come_each_invoice_grants_once() {
    let versions = [VERSION, OLD_VERSION, OLDEST_VERSION];
    for seed in 0..SEEDS {
        let version = versions[usize::try_from(seed).unwrap() % versions.len()];
        block_on(a_month(seed, version));
    }
}

#[test]
fn credits_that_were_bought_become_a_dollar_at_the_receiver() {
    block_on(async {
        let shop = Shop::new(1, VERSION);
        let (alice, bob) = (user("alice"), user("bob"));
        shop.buys(&alice, "pro").await;
        shop.later(HOUR).await;
        assert_eq!(shop.credits(&alice).await, Credits::new(150));

        let link = shop.engine.connect(&bob).await.unwrap();
        let visit = shop.stripe.books().test().visit_link(&link);
        let Visit::Onboarding { account, .. } = visit else {
            panic!("{visit:?}");
        };
        let before = shop.engine.connect_status(&bob).await.unwrap();
        assert_eq!(before, ConnectStatus::Pending);
        {
            let mut books = shop.stripe.books();
            books.test().set_standing(&account, Standing::Complete);
        }
        let after = shop.engine.connect_status(&bob).await.unwrap();
        assert_eq!(after, ConnectStatus::Active);

        let job = shop.engine.create_job(&alice, "Sum up RFC 9110").await;
        let job = job.unwrap().id;
        shop.engine.accept_job(&bob, &job).await.unwrap();
        let output = Some("An output of more than twenty characters.");
        shop.engine.submit_output(&bob, &job, output).await.unwrap();
        shop.engine.verify_job(&alice, &job).await.unwrap();
        shop.later(HOUR).await;

        let paid = Oracle::of(&shop.stripe.books());
        let held = &paid.held[&job.to_string()];
        assert_eq!((held.len(), held[0].amount), (1, 100));
        assert_eq!(held[0].destination, account);
    });
}
