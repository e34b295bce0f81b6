//! The process ends at every call on the store, before it and after it, while something is bought
//! or somebody is connected; then a new engine goes on over the same store and the same Stripe. No
//! second customer, account or grant comes of it, and all ends where it would have ended anyway.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clawrk_core::Engine;
use clawrk_core::clock::Clock;
use clawrk_core::error::Error;
use clawrk_core::job::OnRejected;
use clawrk_core::record::{Body, InvoiceOutcome};
use clawrk_core::store::Store;
use clawrk_core::store::memory::MemoryStore;
use clawrk_testkit::books::{
    Body as StripeBody, BookPayments, Delivery, Method, Request, Standing, TEST_KEY, VERSION, Visit,
};
use clawrk_testkit::faults::{Fault, FaultStore};
use clawrk_testkit::invariants::{check, check_kept};
use clawrk_testkit::run::{block_on, block_on_unless};
use clawrk_testkit::suite::{Census, census};

use common::{World, policy, user};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// How long until it is done again: longer than what was begun and lost is left alone, and not so
/// long that Stripe's signatures are too old.
const LATER: Duration = Duration::from_secs(3 * 60);

/// What is done when the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    /// The first checkout: the customer is made.
    Checkout,
    /// A checkout after the customer was deleted.
    CheckoutAnew,
    /// The first connection: the account is made.
    Connect,
    /// A connection after the account was taken back.
    ConnectAnew,
    /// A status that has changed.
    Status,
    /// A stale page gives way to a fresh one.
    Refresh,
    /// All that Stripe tells of a purchase comes in.
    Hear,
    /// It comes in the other way round.
    HearBackwards,
    /// An invoice that only Stripe knows the user of is looked at.
    Settle,
    /// An account that has changed is looked at.
    Look,
}

impl Command {
    const ALL: [Command; 10] = [
        Command::Checkout,
        Command::CheckoutAnew,
        Command::Connect,
        Command::ConnectAnew,
        Command::Status,
        Command::Refresh,
        Command::Hear,
        Command::HearBackwards,
        Command::Settle,
        Command::Look,
    ];
}

/// An exchange with Stripe, and what a command needs.
struct Shop {
    world: World,
    stripe: BookPayments,
    /// What Stripe told and nobody heard.
    posts: Vec<Delivery>,
    token: String,
}

impl Shop {
    async fn prepare(command: Command) -> Shop {
        let mut policy = policy(OnRejected::Refund);
        policy.plans[1].price_ids = vec!["price_pro".to_owned()];
        let world = World::new(Arc::new(MemoryStore::new()), policy);
        let stripe = BookPayments::new(7, Arc::new(world.clock.clone()));
        stripe.books().test().add_price("price_pro", 2_500);
        let mut shop = Shop {
            world,
            stripe,
            posts: Vec::new(),
            token: String::new(),
        };
        let engine = shop.engine(&shop.world);
        let (ann, bob) = (user("ann"), user("bob"));
        match command {
            Command::Checkout | Command::Connect => {}
            Command::CheckoutAnew => {
                engine.checkout(&ann, "pro").await.unwrap();
                let customer = engine.user(&ann).await.unwrap().customer_id.unwrap();
                shop.ask(Method::Delete, &format!("/v1/customers/{customer}"), &[]);
            }
            Command::ConnectAnew => {
                let account = shop.connect(&engine).await;
                shop.stripe.books().test().deauthorize(&account);
            }
            Command::Status => {
                let account = shop.connect(&engine).await;
                let mut books = shop.stripe.books();
                books.test().set_standing(&account, Standing::Complete);
            }
            Command::Refresh => {
                let url = engine.connect(&bob).await.unwrap();
                let mut books = shop.stripe.books();
                books.test().visit_link(&url);
                let Visit::Expired { refresh_url } = books.test().visit_link(&url) else {
                    panic!("a page is good once");
                };
                drop(books);
                let (_, token) = refresh_url.split_once("?t=").unwrap();
                shop.token = token.to_owned();
            }
            Command::Hear | Command::HearBackwards => {
                let url = engine.checkout(&ann, "pro").await.unwrap();
                let mut books = shop.stripe.books();
                let session = books.test().session_at(&url).unwrap().id.clone();
                assert!(books.test().complete_checkout(&session));
                drop(books);
                shop.posts = shop.told();
            }
            Command::Settle => {
                shop.sell_in_the_dark(&engine).await;
                shop.world.clock.advance(HOUR);
            }
            Command::Look => {
                let account = shop.connect(&engine).await;
                shop.told();
                {
                    let mut books = shop.stripe.books();
                    books.test().set_standing(&account, Standing::Complete);
                }
                for post in shop.told() {
                    hear(&engine, &post).await.unwrap();
                }
            }
        }
        if command == Command::HearBackwards {
            shop.posts.reverse();
        }
        // The user is there in any case, so that all that differs is what the command does.
        for person in [ann, bob] {
            engine.user(&person).await.unwrap();
        }
        shop
    }

    fn engine(&self, world: &World) -> Engine {
        world.engine_with(|builder| builder.payments(Arc::new(self.stripe.clone())))
    }

    /// Connects bob, and gives his account.
    async fn connect(&mut self, engine: &Engine) -> String {
        let url = engine.connect(&user("bob")).await.unwrap();
        match self.stripe.books().test().visit_link(&url) {
            Visit::Onboarding { account, .. } => account,
            other => panic!("{other:?}"),
        }
    }

    /// Asks Stripe for something as somebody else would.
    fn ask(&self, method: Method, path: &str, params: &[(&str, &str)]) -> String {
        let request = Request::new(method, path, TEST_KEY).version(VERSION);
        let ask = |request: Request, (name, value): &(&str, &str)| request.param(name, *value);
        let request = params.iter().fold(request, ask);
        let now = self.world.clock.now();
        let answer = self.stripe.books().handle(&request, now);
        match answer.body {
            StripeBody::Json(answer) => answer["id"].as_str().unwrap().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    /// Sells a month to a customer of whom only Stripe knows who it is, and has that told.
    async fn sell_in_the_dark(&self, engine: &Engine) {
        let noted = [("metadata[clawrk_user]", "ann")];
        let customer = self.ask(Method::Post, "/v1/customers", &noted);
        {
            let mut books = self.stripe.books();
            books.test().start_subscription(&customer, "price_pro", 1);
        }
        for post in self.told() {
            hear(engine, &post).await.unwrap();
        }
    }

    /// Does the command, and whatever is due then.
    async fn give(&self, command: Command, engine: &Engine) -> Result<(), Error> {
        let (ann, bob) = (user("ann"), user("bob"));
        match command {
            Command::Checkout | Command::CheckoutAnew => {
                engine.checkout(&ann, "pro").await?;
            }
            Command::Connect | Command::ConnectAnew => drop(engine.connect(&bob).await?),
            Command::Status => drop(engine.connect_status(&bob).await?),
            Command::Refresh => drop(engine.refresh_connect(&self.token).await?),
            Command::Hear | Command::HearBackwards => {
                for post in &self.posts {
                    hear(engine, post).await?;
                }
            }
            Command::Settle | Command::Look => {}
        }
        while engine.tick(100).await?.done > 0 {}
        Ok(())
    }

    fn told(&self) -> Vec<Delivery> {
        let now = self.world.clock.now();
        self.stripe.books().deliveries(now)
    }
}

async fn hear(engine: &Engine, post: &Delivery) -> Result<(), Error> {
    let received = engine.receive_webhook(post.body.as_bytes(), &post.signature);
    received.await.map(drop)
}

/// What it all comes to, without ids, which differ from run to run.
fn shape(census: &Census) -> BTreeMap<String, u64> {
    let mut shape: BTreeMap<String, u64> = BTreeMap::new();
    for record in census.records.values() {
        let what = match &record.body {
            Body::User(user) => {
                let account = user.account.as_ref();
                let account = account.map(|it| (it.status, it.can_receive, it.look.is_some()));
                let earlier = user.earlier_accounts.len();
                let (buys, numbers) = (user.customer.is_some(), (user.customers, user.accounts));
                format!("user {} {buys} {numbers:?} {account:?} {earlier}", user.id)
            }
            Body::Account(account) => format!("{} {}", account.account, account.balance),
            Body::Entry(entry) => format!("{} {}", entry.account, entry.delta),
            Body::Link(link) => format!("{} of {}", link.what.as_str(), link.user),
            Body::Invoice(invoice) => match &invoice.outcome {
                InvoiceOutcome::Granted { user, grants, .. } => format!("{grants:?} of {user}"),
                other => format!("{other:?}"),
            },
            Body::Inbox(inbox) => format!("{} {}", inbox.kind, inbox.outcome),
            _ => continue,
        };
        *shape.entry(what).or_default() += 1;
    }
    shape
}

async fn look(store: &Arc<dyn Store>) -> Census {
    let census = census(store.as_ref()).await.unwrap();
    check(&census);
    census
}

/// Does it, undisturbed or with a crash at the `nth` call. Gives whether it crashed, and what it
/// came to in the end, in the store and at Stripe.
fn run(command: Command, crash: Option<(u64, Fault)>) -> (bool, BTreeMap<String, u64>) {
    let shop = block_on(Shop::prepare(command));
    let before = block_on(look(&shop.world.store));
    let faulty = Arc::new(FaultStore::over(Arc::clone(&shop.world.store)));
    if let Some((nth, fault)) = crash {
        faulty.fail_call(nth, fault);
    }
    let crashing = World {
        store: faulty.clone(),
        ..shop.world.clone()
    };
    let first = shop.engine(&crashing);
    let first = block_on_unless(shop.give(command, &first), || faulty.has_crashed());
    let crashed = faulty.has_crashed();
    assert_eq!(first.is_none(), crashed, "{command:?} {crash:?}");
    if let Some(result) = first {
        result.unwrap();
    }
    let after = block_on(look(&shop.world.store));
    check_kept(&before, &after);
    if crashed {
        shop.world.clock.advance(LATER);
        let again = shop.engine(&shop.world);
        block_on(shop.give(command, &again)).unwrap();
    }
    let end = block_on(look(&shop.world.store));
    check_kept(&after, &end);
    let audit = block_on(shop.engine(&shop.world).audit()).unwrap();
    assert!(audit.ok(), "{command:?} {crash:?}: {:#?}", audit.violations);
    let mut shape = shape(&end);
    for event in shop.stripe.books().test().events() {
        if event.kind == "customer.created" {
            *shape.entry("customers at Stripe".to_owned()).or_default() += 1;
        }
    }
    (crashed, shape)
}

#[test]
fn a_crash_at_every_call_makes_nothing_twice_and_loses_nothing() {
    let mut all = 0;
    for command in Command::ALL {
        let (_, undisturbed) = run(command, None);
        for fault in [Fault::CrashBefore, Fault::CrashAfter] {
            let mut crashes = 0;
            loop {
                let crash = Some((crashes + 1, fault));
                let (crashed, end) = run(command, crash);
                assert_eq!(end, undisturbed, "{command:?} with {crash:?}");
                if !crashed {
                    break;
                }
                crashes += 1;
            }
            assert!(crashes > 0, "{command:?} makes no call");
            all += crashes;
        }
    }
    assert!(all > 200, "{all} crashes are fewer than there were");
}
