//! The same Stripe twice, with the same seed: one asked in process, one over HTTP.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use clawrk_core::payments::{Mode, Payments};
use clawrk_stripe::{Stripe, TIMEOUT};
use clawrk_testkit::books::{Book, BookPayments, Books, Fault, Standing, TEST_KEY, Target};
use clawrk_testkit::books_http::{Server, Serving};
use clawrk_testkit::clock::VirtualClock;
use tokio::runtime::Handle;

use crate::verbs::{self, Verb, World};

const SEED: u64 = 7;
const PRICE: &str = "price_1Pro";

/// How long either is waited for where the server never answers.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) struct Twins {
    pub(crate) inside: BookPayments,
    pub(crate) outside: Stripe,
    server: Server,
    inside_world: World,
    outside_world: World,
}

/// What the twins say of one request, and what became of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) answer: String,
    pub(crate) transfers: usize,
}

impl Twins {
    /// Both with a customer, a subscription, an account that can be paid, and a transfer.
    pub(crate) async fn start() -> Twins {
        let clock = VirtualClock::new();
        let books = Arc::new(Mutex::new(Books::new(SEED)));
        let inside = BookPayments::over(books, Arc::new(clock.clone()), TEST_KEY, Mode::Test);
        let serving = Serving {
            key: TEST_KEY.to_owned(),
            listen: ([127, 0, 0, 1], 0).into(),
            control: ([127, 0, 0, 1], 0).into(),
            record: None,
            clock: Arc::new(clock),
        };
        let server = Server::start(Books::new(SEED), serving).await.unwrap();
        let outside = client(&server, TIMEOUT);
        let inside_world = settle(&inside, || inside.books()).await;
        let outside_world = settle(&outside, || server.books()).await;
        assert_eq!(inside_world, outside_world);
        Twins {
            inside,
            outside,
            server,
            inside_world,
            outside_world,
        }
    }

    /// Lets the next request to either meet a fault.
    pub(crate) async fn plan(&mut self, fault: &Fault) {
        self.inside.books().plan(Target::any(), fault.clone());
        if *fault == Fault::NotConnected {
            self.server.close().await;
            // A connection from before could still be tried, which would leave it open.
            self.outside = client(&self.server, TIMEOUT);
            return;
        }
        self.server.books().plan(Target::any(), fault.clone());
        if fault.name().starts_with("hangs") {
            self.outside = client(&self.server, PATIENCE);
        }
    }

    /// Does the same to both, and to the account that is paid there.
    pub(crate) fn change(&self, change: fn(&mut Book, &str)) {
        change(self.inside.books().test(), &self.inside_world.account);
        change(self.server.books().test(), &self.outside_world.account);
    }

    /// Ends this fault, and all others.
    pub(crate) async fn calm(&mut self, fault: &Fault) {
        self.inside.books().calm();
        self.server.books().calm();
        if *fault == Fault::NotConnected {
            self.server.open().await.unwrap();
        }
        self.outside = client(&self.server, TIMEOUT);
    }

    pub(crate) async fn ask_inside(&self, verb: Verb) -> Told {
        let asking = verb.ask(&self.inside, &self.inside_world);
        // Where the fake hangs, whoever asks has to give up; and that leaves it open.
        let answer = tokio::time::timeout(PATIENCE, asking).await;
        let answer = answer.unwrap_or_else(|_| "Unknown".to_owned());
        Told {
            answer,
            transfers: self.inside.books().test().transfers().count(),
        }
    }

    pub(crate) async fn ask_outside(&self, verb: Verb) -> Told {
        let answer = verb.ask(&self.outside, &self.outside_world).await;
        Told {
            answer,
            transfers: self.server.books().test().transfers().count(),
        }
    }
}

fn client(server: &Server, timeout: Duration) -> Stripe {
    let builder = Stripe::builder(TEST_KEY, Handle::current()).url(&server.url());
    builder.timeout(timeout).build().unwrap()
}

async fn settle<B>(payments: &dyn Payments, books: impl Fn() -> B) -> World
where
    B: std::ops::DerefMut<Target = Books>,
{
    books().test().add_price(PRICE, 2_500);
    books().test().set_balance("usd", 100_000);
    let customer = payments
        .create_customer(&verbs::customer("cus:alice:1"))
        .await
        .unwrap();
    let page = payments
        .create_checkout(&verbs::checkout(&customer, PRICE))
        .await
        .unwrap();
    let (session, subscription, invoice) = {
        let mut books = books();
        let book = books.test();
        let session = book.session_at(&page).unwrap().id.clone();
        assert!(book.complete_checkout(&session));
        let bought = book.session(&session).unwrap().subscription.clone();
        let subscription = bought.unwrap();
        let invoice = book.renew(&subscription);
        (session, subscription, invoice)
    };
    let account = payments
        .create_account(&verbs::account("acct:bob:1"))
        .await
        .unwrap();
    books().test().set_standing(&account, Standing::Complete);
    let draft = payments.draft(&verbs::terms(&account));
    let sent = payments
        .send_transfer(&verbs::attempt(&draft, "po_1:1"))
        .await
        .unwrap();
    World {
        customer,
        session,
        subscription,
        invoice,
        account,
        transfer: sent.id,
    }
}
