//! Money: credits that were bought, and payouts that stand everywhere a payout can stand.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use clawrk_core::clock::Clock;
use clawrk_core::engine::{Once, PageRequest, Resolution};
use clawrk_core::id::{JobId, PayoutId};
use clawrk_core::job::OnRejected;
use clawrk_core::payments::Mode;
use clawrk_core::record::PayoutStatus;
use clawrk_core::{Call, Engine};

use super::{GOOD, Research, World, alice, user};
use crate::books::{
    BookPayments, Books, Endpoint, Fault, Standing, TEST_KEY, Target, VERSION, Visit,
};

const SECRETS: [&str; 2] = ["whsec_own", "whsec_connect"];
const HOUR: Duration = Duration::from_secs(60 * 60);

/// The receiver who has an account that can be paid.
const PAID: &str = "dora";

impl World {
    /// Buys credits, and pays a receiver, with everything that can come in between.
    pub(super) async fn money(&self) {
        let stripe = self.stripe();
        let shop = Shop {
            world: self,
            engine: self.selling(&stripe),
            stripe,
        };
        shop.restored().await;
        shop.bought().await;
        shop.connected().await;
        shop.paid().await;
    }

    /// Books with a price for `pro` alone.
    fn stripe(&self) -> BookPayments {
        let mut books = Books::new(3);
        books.advance(self.clock.now());
        books.test().add_price("price_pro", 2_500);
        books.test().add_price("price_of_another", 700);
        for (endpoint, secret) in [Endpoint::own, Endpoint::connect].into_iter().zip(SECRETS) {
            let endpoint = endpoint("https://clawrk.example.com", secret);
            books.test().add_endpoint(endpoint.in_version(VERSION));
        }
        let books = Arc::new(Mutex::new(books));
        let stripe = BookPayments::over(books, Arc::new(self.clock.clone()), TEST_KEY, Mode::Test);
        stripe.with_webhook_secrets(&SECRETS)
    }

    fn selling(&self, stripe: &BookPayments) -> Engine {
        let mut policy = Self::policy(OnRejected::Refund);
        for plan in &mut policy.plans {
            if plan.tier == "pro" {
                plan.price_ids = vec!["price_pro".to_owned()];
            }
        }
        self.builder(policy, Research::Works)
            .payments(Arc::new(stripe.clone()))
            .build()
    }
}

fn once(key: &str) -> Once {
    Once::new(key, b"a request").unwrap()
}

struct Shop<'a> {
    world: &'a World,
    engine: Engine,
    stripe: BookPayments,
}

impl Shop<'_> {
    /// Lets time pass, hears what there is to hear, and does what is due.
    async fn later(&self, by: Duration) {
        self.world.clock.advance(by);
        let posts = {
            let now = self.world.clock.now();
            self.stripe.books().deliveries(now)
        };
        for post in posts {
            let received = self
                .engine
                .receive_webhook(post.body.as_bytes(), &post.signature);
            received.await.unwrap();
        }
        while self.engine.tick(100).await.unwrap().done > 0 {}
    }

    /// The store is taken for an old copy; in a day it turns out that nothing was paid since.
    async fn restored(&self) {
        let once = once("restored");
        let doubted = self.engine.mark_restored(Call::by_admin().once(&once));
        let doubted = doubted.await.unwrap();
        assert!(doubted > 0, "something was owed");
        for _ in 0..4 {
            self.later(25 * HOUR).await;
        }
    }

    /// Invoices that grant, that grant nothing, and that wait for somebody to be known.
    async fn bought(&self) {
        let once = once("checkout");
        let alice = alice();
        let url = self.engine.checkout(Call::by(&alice).once(&once), "pro");
        let url = url.await.unwrap();
        {
            let mut books = self.stripe.books();
            let session = books.test().session_at(&url).unwrap().id.clone();
            assert!(books.test().complete_checkout(&session));
        }
        self.later(HOUR).await;
        let customer = self.engine.user(&alice).await.unwrap().customer_id;
        {
            let mut books = self.stripe.books();
            let book = books.test();
            book.start_subscription(&customer.unwrap(), "price_of_another", 1);
            let session = book.session_at(&url).unwrap();
            let subscription = session.subscription.clone().unwrap();
            // In the middle of a month.
            book.change_plan(&subscription, "price_pro", 2);
        }
        self.later(HOUR).await;
    }

    async fn connected(&self) {
        let link = self.engine.connect(&user(PAID)).await.unwrap();
        let visit = self.stripe.books().test().visit_link(&link);
        let Visit::Onboarding { account, .. } = visit else {
            panic!("{visit:?}");
        };
        self.stripe
            .books()
            .test()
            .set_standing(&account, Standing::Complete);
        self.later(HOUR).await;
    }

    async fn verified(&self) -> PayoutId {
        let job: JobId = self.world.job(&self.engine, "Worth a dollar").await;
        let dora = user(PAID);
        self.engine.accept_job(&dora, &job).await.unwrap();
        let handed_in = self.engine.submit_output(&dora, &job, Some(GOOD));
        handed_in.await.unwrap();
        self.engine.verify_job(&alice(), &job).await.unwrap();
        PayoutId::of(job)
    }

    fn fails(&self, fault: Fault) {
        self.stripe.books().plan(Target::send(), fault);
    }

    async fn stands(&self, payout: PayoutId) -> PayoutStatus {
        let page = PageRequest::first();
        let all = self.engine.payouts(&user(PAID), &page).await.unwrap();
        let mut all = all.items.into_iter();
        all.find(|it| it.id == payout).unwrap().status
    }

    /// Payouts of the one who can be paid, each with an end of its own.
    async fn paid(&self) {
        let paid = self.verified().await;
        self.later(HOUR).await;
        assert_eq!(self.stands(paid).await, PayoutStatus::Paid);

        let reversed = self.verified().await;
        self.later(HOUR).await;
        self.take_back(reversed);
        self.later(HOUR).await;
        assert_eq!(self.stands(reversed).await, PayoutStatus::Reversed);

        self.doubted().await;
        self.operated().await;

        let strange = self.verified().await;
        self.fails(Fault::Mismatch);
        self.later(Duration::ZERO).await;
        assert_eq!(self.stands(strange).await, PayoutStatus::Unknown);
        let sending = self.verified().await;
        self.fails(Fault::HangsUndone);
        self.cut_off(sending).await;
    }

    /// Payouts of which it was not known for a while whether they were sent.
    async fn doubted(&self) {
        let absent = self.verified().await;
        self.fails(Fault::Error);
        self.later(HOUR).await;
        assert_eq!(self.stands(absent).await, PayoutStatus::Unknown);
        self.world.clock.advance(25 * HOUR);
        // First comes the look at the whole list.
        for fault in [Fault::Nothing, Fault::Gateway] {
            self.stripe.books().plan(Target::list(), fault);
        }
        for _ in 0..3 {
            self.later(25 * HOUR).await;
        }
        assert_eq!(self.stands(absent).await, PayoutStatus::Paid);

        let lost = self.verified().await;
        self.fails(Fault::HangsUndone);
        self.cut_off(lost).await;
        self.later(HOUR).await;
        self.later(HOUR).await;
        assert_eq!(self.stands(lost).await, PayoutStatus::Paid);
    }

    /// Payouts that need the operator.
    async fn operated(&self) {
        let [retried, declined] = [self.declined().await, self.declined().await];
        let retry =
            self.engine
                .retry_payout(Call::by_admin(), retried, Some("the card was mended"));
        retry.await.unwrap();
        self.later(HOUR).await;
        assert_eq!(self.stands(retried).await, PayoutStatus::Paid);
        assert_eq!(self.stands(declined).await, PayoutStatus::Declined);

        let written_off = self.verified().await;
        self.fails(Fault::Busy);
        self.later(Duration::ZERO).await;
        assert_eq!(self.stands(written_off).await, PayoutStatus::Owed);
        let off = Resolution::WrittenOff {
            note: "settled by cheque — \"no. 7\"".to_owned(),
        };
        let resolve = once("resolve");
        let call = Call::by_admin().once(&resolve);
        let off = self.engine.resolve_payout(call, written_off, &off);
        off.await.unwrap();
        assert_eq!(self.stands(written_off).await, PayoutStatus::WrittenOff);

        let resume = once("resume");
        let call = Call::by_admin().once(&resume);
        let resumed = self.engine.resume_outbox(call, Some("nothing is wrong"));
        resumed.await.unwrap();
    }

    async fn declined(&self) -> PayoutId {
        let declined = self.verified().await;
        self.fails(Fault::Declined {
            status: 402,
            code: "a_code_of_tomorrow".to_owned(),
        });
        self.later(HOUR).await;
        declined
    }

    fn take_back(&self, payout: PayoutId) {
        let mut books = self.stripe.books();
        let group = payout.job().to_string();
        let mut transfers = books.test().transfers();
        let transfer = transfers.find(|it| it.group.as_deref() == Some(&*group));
        let transfer = transfer.unwrap().id.clone();
        drop(transfers);
        books.test().take_back(&transfer, None);
    }

    /// A tick that ends while a payout is being sent, as with a process that dies.
    async fn cut_off(&self, sending: PayoutId) {
        let before = self.hangs();
        {
            let mut tick = pin!(self.engine.tick(100));
            poll_fn(|context| match tick.as_mut().poll(context) {
                Poll::Ready(ended) => panic!("a tick that hangs ended: {ended:?}"),
                Poll::Pending if self.hangs() > before => Poll::Ready(()),
                Poll::Pending => Poll::Pending,
            })
            .await;
        }
        assert_eq!(self.stands(sending).await, PayoutStatus::Sending);
    }

    /// How many requests were never answered.
    fn hangs(&self) -> u64 {
        let books = self.stripe.books();
        books
            .hits()
            .get(Fault::HangsUndone.name())
            .copied()
            .unwrap_or(0)
    }
}
