//! What happens at Stripe, and what the exchange is told of it.

use std::time::Duration;

use clawrk_core::Call;
use clawrk_core::engine::Resolution;
use clawrk_core::id::UserId;
use clawrk_core::record::PayoutStatus;

use super::{Busy, PLANS, Truth};
use crate::books::{Fault, Standing, Target, Visit};

/// The longest id in a key, of whose 255 bytes the rest is ours.
const CLIENT_BYTES_MAX: usize = 240;

/// What may befall a transfer on its way, one of these in a third of all cases. None hangs, since
/// nobody waits here.
fn faults() -> Vec<Fault> {
    vec![
        Fault::NotConnected,
        Fault::Declined {
            status: 402,
            code: "card_declined".to_owned(),
        },
        Fault::Busy,
        Fault::LostThenBusy,
        Fault::Error,
        Fault::ErrorDone,
        Fault::ErrorDoneLater(Duration::from_secs(2 * 60 * 60)),
        Fault::Lost,
        Fault::Cut,
        Fault::Gateway,
        Fault::GatewayDone,
        Fault::Redirect,
    ]
}

impl Busy {
    /// From now on, what is sent meets faults, and webhooks come late, twice and out of order.
    pub fn disturb(&mut self) {
        let mut books = self.payments.books();
        books.draw(Target::send(), 33, faults());
        books.test().set_courier(Duration::from_secs(60 * 60), 3);
    }

    /// Somebody whose id fits into a key at Stripe. (`clawrk-stripe` sends a hash of longer keys.)
    fn client(&mut self) -> UserId {
        loop {
            let who = self.person();
            if who.as_str().len() <= CLIENT_BYTES_MAX {
                return who;
            }
        }
    }

    /// Somebody gives an account to be paid on, and Stripe may or may not be content with it.
    pub(super) async fn connect(&mut self) {
        let (who, engine) = (self.client(), self.any_engine());
        self.pass(30);
        let url = engine.connect(&who).await.unwrap();
        let standings = [
            Standing::Complete,
            Standing::Complete,
            Standing::Complete,
            Standing::InReview,
            Standing::NoPayouts,
            Standing::Restricted,
        ];
        let standing = self.rng.pick(&standings);
        let mut books = self.payments.books();
        let book = books.test();
        let Visit::Onboarding { account, .. } = book.visit_link(&url) else {
            panic!("{url} is no fresh link");
        };
        book.set_standing(&account, standing);
    }

    /// Somebody subscribes, unless they change their mind on the page.
    pub(super) async fn buy(&mut self) {
        let (who, engine) = (self.client(), self.any_engine());
        let (tier, ..) = self.rng.pick(&PLANS);
        self.pass(30);
        let url = engine.checkout(&who, tier).await.unwrap();
        if self.rng.chance(20) {
            return;
        }
        let mut books = self.payments.books();
        let book = books.test();
        let session = book.session_at(&url).unwrap().id.clone();
        assert!(book.complete_checkout(&session));
        let bought = book.session(&session).unwrap().subscription.clone();
        self.subscriptions.extend(bought);
    }

    /// A month of a subscription is paid for, or its plan is changed.
    pub(super) async fn renew(&mut self) {
        self.pass(30);
        if self.subscriptions.is_empty() {
            return;
        }
        let subscription = self.rng.pick(&self.subscriptions);
        let (_, price, _) = self.rng.pick(&PLANS);
        let changes = self.rng.chance(30);
        let mut books = self.payments.books();
        match changes {
            true => books.test().change_plan(&subscription, price, 1),
            false => books.test().renew(&subscription),
        };
    }

    /// A person at Stripe takes a transfer back, whole or in part.
    pub(super) fn take_back(&mut self) {
        self.pass(30);
        let mut books = self.payments.books();
        let book = books.test();
        let left = |transfer: &crate::books::Transfer| transfer.amount - transfer.reversed();
        let whole: Vec<(String, i64)> = book
            .transfers()
            .filter(|transfer| left(transfer) > 0)
            .map(|transfer| (transfer.id.clone(), left(transfer)))
            .collect();
        if whole.is_empty() {
            return;
        }
        let (transfer, left) = self.rng.pick(&whole);
        let part = self.rng.chance(50).then_some((left / 3).max(1));
        book.take_back(&transfer, part);
    }

    /// The operator looks after a payout.
    pub(super) async fn operate(&mut self) {
        self.pass(30);
        let engine = self.any_engine();
        let waiting = Truth::all_payouts(&engine).await.into_iter();
        let waiting: Vec<_> = waiting
            .filter(|payout| matches!(payout.status, PayoutStatus::Owed | PayoutStatus::Declined))
            .collect();
        if waiting.is_empty() {
            return;
        }
        let payout = self.rng.pick(&waiting).id;
        let note = "looked after";
        let done = match self.rng.chance(30) {
            true => {
                let note = note.to_owned();
                let written_off = Resolution::WrittenOff { note };
                let admin = Call::by_admin();
                engine.resolve_payout(admin, payout, &written_off).await
            }
            false => {
                engine
                    .retry_payout(Call::by_admin(), payout, Some(note))
                    .await
            }
        };
        done.unwrap();
    }

    /// Hands the exchange what Stripe posts by now.
    pub(super) async fn deliver(&mut self) {
        let engine = self.any_engine();
        let now = self.payments.books().now();
        let posts = self.payments.books().deliveries(now);
        for post in posts {
            let taken = engine.receive_webhook(post.body.as_bytes(), &post.signature);
            taken.await.unwrap();
        }
    }

    /// Whether all posts have come, and nothing that was sent is in doubt.
    pub(super) async fn is_settled(&self) -> bool {
        let posted = self.payments.books().next_due().is_none();
        let payouts = Truth::all_payouts(self.engine()).await;
        posted && payouts.iter().all(|payout| is_certain(payout.status))
    }
}

fn is_certain(status: PayoutStatus) -> bool {
    !matches!(status, PayoutStatus::Sending | PayoutStatus::Unknown)
}
