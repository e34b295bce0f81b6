//! Random runs: several payouts, two processes, and everything that can go wrong, in any order.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use clawrk_core::record::{Alarm, PayoutStatus};
use clawrk_core::{Call, Error};
use clawrk_testkit::books::{Fault, Method, Standing, Target};
use clawrk_testkit::faults::{Fault as Crash, Op};
use clawrk_testkit::rng::Rng;
use clawrk_testkit::run::{block_on, poll_once};

use super::world::{HOUR, MINUTE, Process, World, user};

/// How many runs there are where nobody says.
const RUNS: u64 = 10_000;

/// How often a process is looked at before time passes for both.
const LOOKS_MAX: usize = 60;

struct Run {
    rng: Rng,
    world: World,
    processes: Vec<Process>,
}

impl Run {
    fn new(seed: u64) -> Run {
        let mut rng = Rng::new(seed);
        let mut world = World::new(seed, 1 + rng.below(3));
        if rng.chance(50) {
            world.decoys(3);
        }
        {
            let mut books = world.stripe.books();
            books.draw(Target::send(), 60, Fault::all());
            let reads = vec![
                Fault::NotConnected,
                Fault::Busy,
                Fault::Error,
                Fault::Hangs,
                Fault::Cut,
                Fault::Gateway,
                Fault::Redirect,
            ];
            books.draw(Target::list(), 15, reads.clone());
            books.draw(Target::new(Method::Get, "/v1/accounts/*"), 15, reads);
            if rng.chance(40) {
                books.set_page_max(1);
            }
            if rng.chance(40) {
                books.set_stale(5 * MINUTE);
            }
            let delay = HOUR * rng.below(30) as u32;
            books.test().set_courier(delay, 3);
        }
        world.stripe.set_yielding(true);
        let processes = (0..2).map(|_| Run::start(&mut world)).collect();
        Run {
            rng,
            world,
            processes,
        }
    }

    fn start(world: &mut World) -> Process {
        let process = world.start();
        process.store.set_yielding(true);
        process
    }

    /// Ticks of both processes at once, in an order that the seed decides. One that ends in it is
    /// started again.
    fn tick(&mut self) {
        let (one, two) = (&self.processes[0], &self.processes[1]);
        let mut ticks = [
            Some(Box::pin(one.engine.tick(20))),
            Some(Box::pin(two.engine.tick(20))),
        ];
        let mut looks = 0;
        while ticks.iter().any(Option::is_some) {
            let at = self.rng.below(2);
            if let Some(tick) = &mut ticks[at]
                && let Poll::Ready(done) = poll_once(tick.as_mut())
            {
                // A store in doubt fails the tick; the next one goes on from what was written.
                if let Err(error) = done {
                    assert!(matches!(error, Error::Store { .. }), "{error:?}");
                }
                ticks[at] = None;
            }
            for (tick, process) in ticks.iter_mut().zip([one, two]) {
                if process.store.has_crashed() {
                    *tick = None;
                }
            }
            looks += 1;
            if looks > LOOKS_MAX
                && let Some(wake) = self.world.ours.next_wake()
            {
                looks = 0;
                self.world.advance(wake.since(self.world.now()));
            }
        }
        drop(ticks);
        for at in 0..2 {
            if self.processes[at].store.has_crashed() {
                self.processes[at] = Run::start(&mut self.world);
            }
        }
    }

    fn tell(&self) {
        let now = self.world.theirs_now();
        let posts = self.world.stripe.books().deliveries(now);
        for post in posts {
            let engine = &self.processes[0].engine;
            let mut taken = pin!(engine.receive_webhook(post.body.as_bytes(), &post.signature));
            // A signature is refused whose time is not near that of the exchange's clock.
            loop {
                match poll_once(taken.as_mut()) {
                    Poll::Pending if self.processes[0].store.has_crashed() => return,
                    Poll::Pending => {}
                    Poll::Ready(Ok(_)) => break,
                    Poll::Ready(Err(error)) => {
                        assert_eq!(error.code().as_str(), "webhook_invalid");
                        assert!(self.world.is_clock_wrong(), "{error}");
                        self.world.stripe.books().refused(&post);
                        break;
                    }
                }
            }
        }
    }

    fn wait(&mut self, most: Duration) {
        let millis = self.rng.below(most.as_millis() as usize) as u64;
        self.world.advance(Duration::from_millis(millis));
    }

    /// Sets the exchange's clock wrong, or right.
    fn move_clock(&mut self) {
        let ours = &self.world.ours;
        match self.rng.below(5) {
            0 => ours.jump_back(2 * HOUR),
            1 => ours.jump_back(30 * HOUR),
            2 => ours.advance(3 * HOUR),
            3 => ours.advance(48 * HOUR),
            _ => self.world.mend_clock(),
        }
    }

    fn step(&mut self) {
        match self.rng.below(16) {
            0..=4 => self.tick(),
            5 => {
                let at = self.rng.below(2);
                let nth = 1 + self.rng.below(6) as u64;
                let crash = self.rng.pick(&Crash::ALL);
                // A store that fails outright is another test's: here it is in doubt, or ends.
                if crash != Crash::Refuse {
                    self.processes[at].store.fail(Op::Commit, nth, crash);
                }
                self.tick();
            }
            6 => self.wait(5 * MINUTE),
            7 => self.wait(3 * HOUR),
            8 => self.wait(30 * HOUR),
            9 => self.world.advance(48 * HOUR),
            10 => self.move_clock(),
            11 => self.tell(),
            12 => self.operate(),
            13 => {
                let standing = self.rng.pick(&[Standing::Restricted, Standing::Complete]);
                let account = self.world.account.clone();
                let mut books = self.world.stripe.books();
                books.test().set_standing(&account, standing);
            }
            14 => {
                let balance = self.rng.pick(&[0, 100, 1_000_000]);
                self.world.stripe.books().test().set_balance("usd", balance);
            }
            _ => {
                let (alice, bob) = (user("alice"), user("bob"));
                let engine = self.world.start().engine;
                block_on(self.world.verified(&engine, &alice, &bob));
            }
        }
    }

    /// The operator has what was declined sent again, and has the outbox go on.
    fn operate(&mut self) {
        let engine = self.world.start().engine;
        for payout in self.world.payouts() {
            if payout.status == PayoutStatus::Declined {
                let retried = engine.retry_payout(Call::by_admin(), payout.id, Some("again"));
                block_on(retried).unwrap();
            }
        }
        let resumed = engine.resume_outbox(Call::by_admin(), Some("looked"));
        block_on(resumed).unwrap();
    }

    /// Everything works again; whatever is not settled is.
    fn end(mut self) {
        {
            let mut books = self.world.stripe.books();
            books.calm();
            books.test().set_balance("usd", 1_000_000);
            let account = self.world.account.clone();
            books.test().set_standing(&account, Standing::Complete);
        }
        self.world.stripe.set_yielding(false);
        self.world.mend_clock();
        let process = self.world.start();
        for _ in 0..3 {
            self.world.run_operated(&process);
            self.world.advance(HOUR);
        }
        let stop = self.world.stop(&process);
        assert!(
            stop.is_none_or(|stop| stop == Alarm::Unauthorized),
            "{stop:?}"
        );
        self.world.judge();
    }
}

fn go(seed: u64) {
    let mut run = Run::new(seed);
    for _ in 0..4 + run.rng.below(16) {
        run.step();
    }
    run.end();
}

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text:?}")),
    )
}

#[test]
fn no_random_run_pays_twice_or_loses_anything() {
    if let Some(seed) = setting("CLAWRK_PAYOUT_SEED") {
        go(seed);
        return;
    }
    let runs = setting("CLAWRK_PAYOUT_RUNS").unwrap_or(RUNS);
    let seeds: Vec<u64> = (0..runs).collect();
    super::spread(&seeds, |_, seed| go(*seed));
}
