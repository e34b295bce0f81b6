//! An exchange with one verified job, and Stripe's books beside it.

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use clawrk_core::audit::Audit;
use clawrk_core::clock::Clock;
use clawrk_core::engine::{ConnectStatus, PageRequest, PayoutDetail, Progress};
use clawrk_core::id::UserId;
use clawrk_core::money::{Cents, Credits};
use clawrk_core::payments::{Payments, SendTransfer, TransferTerms};
use clawrk_core::policy::Policy;
use clawrk_core::record::{Alarm, Body, PayoutStatus, Wait};
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::store::{Index, PageLimit, Store};
use clawrk_core::time::Timestamp;
use clawrk_core::{Call, Engine};
use clawrk_testkit::books::{BookPayments, Oracle, Standing};
use clawrk_testkit::clock::{SeededIds, VirtualClock};
use clawrk_testkit::faults::FaultStore;
use clawrk_testkit::run::{block_on, poll_once};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(60 * 60);

/// What outlives a process.
pub(crate) struct World {
    pub(crate) memory: Arc<MemoryStore>,
    /// The exchange's clock, and Stripe's, which never goes back.
    pub(crate) ours: VirtualClock,
    pub(crate) theirs: VirtualClock,
    pub(crate) stripe: BookPayments,
    pub(crate) policy: Policy,
    /// The account of bob's.
    pub(crate) account: String,
    seed: u64,
    starts: u64,
}

/// A process: an engine and its way to the store.
pub(crate) struct Process {
    pub(crate) engine: Engine,
    pub(crate) store: Arc<FaultStore>,
}

pub(crate) fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

impl World {
    /// The exchange before anything is paid: `jobs` jobs of alice's are verified, and bob can be
    /// paid.
    pub(crate) fn new(seed: u64, jobs: usize) -> World {
        let (ours, theirs) = (VirtualClock::new(), VirtualClock::new());
        let stripe = BookPayments::new(seed, Arc::new(theirs.clone()));
        let mut policy = Policy::default();
        policy.credits = true;
        let mut world = World {
            memory: Arc::new(MemoryStore::new()),
            ours,
            theirs,
            stripe,
            policy,
            account: String::new(),
            seed,
            starts: 0,
        };
        block_on(world.settle(jobs));
        world
    }

    async fn settle(&mut self, jobs: usize) {
        let engine = self.start().engine;
        self.account = self.connect(&engine, "bob").await;
        let (alice, bob) = (user("alice"), user("bob"));
        engine.user(&alice).await.unwrap();
        let credits = Credits::new(1_000);
        let grant = engine.grant_credits(Call::by_admin(), &alice, credits, "start");
        grant.await.unwrap();
        for _ in 0..jobs {
            // Their order is that of their times.
            self.advance(Duration::from_millis(1));
            self.verified(&engine, &alice, &bob).await;
        }
    }

    /// A job of the one's that the other has done.
    pub(crate) async fn verified(&self, engine: &Engine, from: &UserId, to: &UserId) {
        let job = engine.create_job(from, "Sum up RFC 9110").await.unwrap().id;
        engine.accept_job(to, &job).await.unwrap();
        let output = Some("An output of more than twenty characters.");
        engine.submit_output(to, &job, output).await.unwrap();
        engine.verify_job(from, &job).await.unwrap();
    }

    /// Gives a user an account that can be paid.
    pub(crate) async fn connect(&self, engine: &Engine, name: &str) -> String {
        engine.connect(&user(name)).await.unwrap();
        let id = engine.user(&user(name)).await.unwrap().account_id.unwrap();
        {
            let mut books = self.stripe.books();
            books.test().set_standing(&id, Standing::Complete);
        }
        let status = engine.connect_status(&user(name)).await.unwrap();
        assert_eq!(status, ConnectStatus::Active);
        id
    }

    /// Starts a process over the store as it is.
    pub(crate) fn start(&mut self) -> Process {
        self.start_with(self.stripe.clone())
    }

    pub(crate) fn start_with(&mut self, payments: BookPayments) -> Process {
        self.starts += 1;
        let store = Arc::new(FaultStore::over(self.memory.clone()));
        let ids = SeededIds::new(self.seed.wrapping_mul(1_000).wrapping_add(self.starts));
        let engine = Engine::builder(store.clone(), Arc::new(self.ours.clone()))
            .policy(self.policy.clone())
            .ids(Arc::new(ids))
            .payments(Arc::new(payments))
            .build();
        Process { engine, store }
    }

    /// Lets time pass, here and there.
    pub(crate) fn advance(&self, by: Duration) {
        self.theirs.advance(by);
        self.ours.advance(by);
        // What was to happen at Stripe has happened.
        drop(self.stripe.books());
    }

    /// A tick, from its start to its end; none where the process ended in it. Time passes where it
    /// waits for that.
    pub(crate) fn tick(&self, process: &Process) -> Option<Progress> {
        let mut tick = pin!(process.engine.tick(100));
        loop {
            if let Poll::Ready(done) = poll_once(tick.as_mut()) {
                return Some(done.unwrap());
            }
            if process.store.has_crashed() {
                return None;
            }
            let Some(wake) = self.ours.next_wake() else {
                continue;
            };
            self.advance(wake.since(self.ours.now()));
        }
    }

    /// Ticks until the payouts are where they stay without anybody's help, or until there were so
    /// many ticks.
    pub(crate) fn run(&self, process: &Process, ticks: usize) {
        for _ in 0..ticks {
            let Some(progress) = self.tick(process) else {
                return;
            };
            if self.rests() {
                return;
            }
            let wait = progress.next.map(|next| next.since(self.ours.now()));
            let wait = wait.unwrap_or(HOUR).clamp(Duration::ZERO, 6 * HOUR);
            self.advance(wait);
        }
    }

    /// Whether nothing is on its way any more.
    pub(crate) fn rests(&self) -> bool {
        self.payouts().iter().all(|payout| {
            matches!(
                (payout.status, payout.wait),
                (PayoutStatus::Paid, _)
                    | (PayoutStatus::Reversed, _)
                    | (PayoutStatus::Declined, _)
                    | (PayoutStatus::WrittenOff, _)
                    | (_, Some(Wait::Person | Wait::Account))
            )
        })
    }

    /// All payouts, as the operator sees them.
    pub(crate) fn payouts(&self) -> Vec<PayoutDetail> {
        let index = Index::All(clawrk_core::record::Kind::Payout);
        let limit = PageLimit::rows(100);
        let page = block_on(self.memory.scan(&index, None, limit)).unwrap();
        let payouts = page
            .rows
            .into_iter()
            .filter_map(|record| match record.body {
                Body::Payout(payout) => Some(PayoutDetail::from(payout)),
                _ => None,
            });
        payouts.collect()
    }

    pub(crate) fn payout(&self) -> PayoutDetail {
        self.payouts().remove(0)
    }

    /// What was paid in truth.
    pub(crate) fn truth(&self) -> Oracle {
        Oracle::of(&self.stripe.books())
    }

    pub(crate) fn audit(&self, process: &Process) -> Audit {
        block_on(process.engine.audit()).unwrap()
    }

    /// The oracle: nobody was paid twice, what is believed to be paid was, and nothing else; every
    /// payout is paid, declined, owed for a reason, or with a person; the store keeps the rules.
    pub(crate) fn judge(&mut self) {
        let truth = self.truth();
        assert_eq!(truth.doubles(), Vec::<&str>::new(), "paid twice");
        let payouts = self.payouts();
        let paid = payouts
            .iter()
            .filter(|payout| payout.status == PayoutStatus::Paid);
        let believed: i64 = paid.clone().map(|payout| payout.amount_cents.units()).sum();
        let with_person = payouts
            .iter()
            .filter(|payout| payout.wait == Some(Wait::Person));
        let in_doubt: i64 = with_person.map(|payout| payout.amount_cents.units()).sum();
        let sent = truth.sums.get("usd").copied().unwrap_or(0);
        assert!(
            (believed..=believed + in_doubt).contains(&sent),
            "{sent} were sent, {believed} are paid: {payouts:#?}"
        );
        for payout in paid {
            let held = &truth.held[&payout.job.to_string()];
            assert_eq!(Some(&held[0].transfer), payout.transfer.as_ref());
            assert_eq!(held[0].amount, payout.amount_cents.units());
        }
        assert!(self.rests(), "still on its way: {payouts:#?}");
        let process = self.start();
        let audit = self.audit(&process);
        assert!(audit.ok(), "{:#?}", audit.violations);
    }

    /// The payouts, as an operator lists them.
    pub(crate) fn listed(&self, process: &Process) -> Vec<PayoutDetail> {
        let page = PageRequest::first();
        let listed = process.engine.all_payouts(Call::by_admin(), None, &page);
        block_on(listed).unwrap().items
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ours.now()
    }
}

/// What an operator does, and what else happens beside the payouts.
impl World {
    /// The same Stripe with the key of another account of the exchange's.
    pub(crate) fn other_account(&self) -> BookPayments {
        let secret = "sk_test_of_another_account";
        let mode = self.stripe.mode();
        self.stripe.books().add_key(secret, "acct_another", mode);
        self.stripe.with_key(secret, mode)
    }

    pub(crate) fn theirs_now(&self) -> Timestamp {
        self.theirs.now()
    }

    /// Whether the exchange's clock is not Stripe's.
    pub(crate) fn is_clock_wrong(&self) -> bool {
        self.ours.now() != self.theirs.now()
    }

    /// Sets the exchange's clock right.
    pub(crate) fn mend_clock(&self) {
        let (ours, theirs) = (self.ours.now(), self.theirs.now());
        self.ours.jump_back(ours.since(theirs));
        self.ours.advance(theirs.since(ours));
    }

    /// Transfers of somebody else's, so that a list has more than one page.
    pub(crate) fn decoys(&self, count: usize) {
        let terms = |n: usize| TransferTerms {
            amount: Cents::new(5),
            currency: "usd".to_owned(),
            destination: self.account.clone(),
            group: format!("other-{n}"),
            payout: format!("other-{n}"),
            job: format!("other-{n}"),
            store: "another".to_owned(),
        };
        for n in 0..count {
            let send = SendTransfer {
                key: format!("other:{n}"),
                body: self.stripe.draft(&terms(n)),
                api_version: self.stripe.api_version().to_owned(),
            };
            let id = block_on(self.stripe.send_transfer(&send)).unwrap().id;
            // Taken back, so that the sums are those of the exchange.
            self.stripe.books().test().take_back(&id, None);
        }
    }

    /// A tick of a process that may end in it: by a planned crash, or, if `hanging`, where the
    /// provider hangs.
    pub(crate) fn tick_dropped(&self, process: &Process, hanging: bool) {
        if !hanging {
            self.tick(process);
            return;
        }
        let mut tick = pin!(process.engine.tick(100));
        let _ = poll_once(tick.as_mut());
    }

    /// Runs, with an operator who has it go on whenever the key was not accepted.
    pub(crate) fn run_operated(&self, process: &Process) {
        for _ in 0..4 {
            self.run(process, 400);
            if self.stop(process) != Some(Alarm::Unauthorized) {
                return;
            }
            let note = Some("the key is right");
            block_on(process.engine.resume_outbox(Call::by_admin(), note)).unwrap();
        }
    }

    /// Why nothing is sent.
    pub(crate) fn stop(&self, process: &Process) -> Option<Alarm> {
        let state = block_on(process.engine.outbox(Call::by_admin())).unwrap();
        state.stop.map(|stop| stop.alarm)
    }
}
