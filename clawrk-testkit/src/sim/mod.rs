//! The seeded simulator: real engines over one store, and all that can go wrong.
//!
//! Two processes, each with an engine and a fault store of its own, work over one memory store.
//! Several users, a stranger among them, and the operator give commands; every call on the store
//! is a point where another command may go on, so commands interleave in an order that the seed
//! alone decides. Calls fail, leave their caller in doubt, or end the process; the clock jumps,
//! also back; processes start again with other settings. After each step that wrote something, the
//! rules of [`crate::invariants`] are checked on bare records, and so is that each command had the
//! effect that it was answered with: once if it was acknowledged, never if it was refused. Payouts
//! are sent to Stripe's books, which fail as well, and at the end nobody was paid twice there.

mod command;
mod coverage;
mod effects;
mod process;
mod skill;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use clawrk_core::clock::Clock;
use clawrk_core::id::UserId;
use clawrk_core::job::Status;
use clawrk_core::money::Credits;
use clawrk_core::record::{Body, Kind, PayoutStatus};
use clawrk_core::store::PageLimit;
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::time::Timestamp;
use clawrk_core::{Call, Engine};

use crate::books::{self, BookPayments, Oracle, Standing, Target};
use crate::clock::{SeededIds, VirtualClock};
use crate::faults::{Fault, Op};
use crate::invariants::{check, check_kept};
use crate::rng::Rng;
use crate::run::block_on;
use crate::suite::{Census, census};

pub use coverage::Coverage;

use command::Command;
use effects::Effects;
use process::Process;

/// Steps of one run.
const STEPS: usize = 150;

/// Processes over the one store.
const PROCESSES: usize = 2;

/// Commands that a process may be busy with at once.
const TASKS_MAX: usize = 4;

/// Every how many commits the indexes are checked too, and the audit is asked. That takes several
/// times as long as the rules.
const WHOLE_EVERY: u64 = 8;

/// How often the clock may jump back by hours.
const JUMPS_MAX: u32 = 2;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How far the clock may come while idempotency keys must be remembered.
const TIME_MAX: Duration = Duration::from_secs(25 * 24 * 60 * 60);

/// What one run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// A hash of all that happened, in order. Equal seeds give equal ones.
    pub trace: u64,
    /// What was tried.
    pub coverage: Coverage,
}

/// Runs the simulation with that seed.
///
/// # Panics
/// If a rule is broken.
pub fn run(seed: u64) -> Report {
    Sim::new(seed).run()
}

/// Runs the simulation with that seed and prints all that happens, one line each, to standard
/// error.
///
/// # Panics
/// If a rule is broken.
pub fn run_aloud(seed: u64) -> Report {
    let mut sim = Sim::new(seed);
    sim.trace.aloud = true;
    sim.run()
}

struct Sim {
    rng: Rng,
    clock: VirtualClock,
    end: Timestamp,
    store: Arc<MemoryStore>,
    processes: Vec<Process>,
    stripe: BookPayments,
    /// How often the clock jumped back by hours.
    jumps: u32,
    /// An engine that no fault can meet.
    quiet: Engine,
    effects: Effects,
    last: Census,
    /// Commits of processes that have ended.
    commits: u64,
    /// How many commits there had been when the rules were checked last.
    checked: u64,
    trace: Trace,
    coverage: Coverage,
}

impl Sim {
    fn new(seed: u64) -> Sim {
        let mut rng = Rng::new(seed);
        let (clock, store) = (VirtualClock::new(), Arc::new(MemoryStore::new()));
        let stripe = BookPayments::new(rng.bits(), Arc::new(clock.clone()));
        stripe.set_yielding(true);
        let processes = (0..PROCESSES)
            .map(|_| Process::start(&mut rng, &clock, &store, &stripe))
            .collect();
        let quiet = Engine::builder(store.clone(), Arc::new(clock.clone()))
            .ids(Arc::new(SeededIds::new(rng.bits())))
            .payments(Arc::new(stripe.clone()))
            .build();
        let mut sim = Sim {
            end: clock.now().after(TIME_MAX),
            rng,
            clock,
            store,
            processes,
            stripe,
            quiet,
            jumps: 0,
            effects: Effects::default(),
            last: Census::default(),
            commits: 0,
            checked: 0,
            trace: Trace::default(),
            coverage: Coverage::default(),
        };
        sim.fund();
        sim
    }

    /// Two users have credits to begin with; the others have to be given some.
    fn fund(&mut self) {
        let engine = self.quiet.clone();
        for (name, credits) in [("ann", 60), ("bob", 10)] {
            let user = UserId::new(name).unwrap();
            let credits = Credits::new(credits);
            block_on(engine.user(&user)).unwrap();
            let grant = engine.grant_credits(Call::by_admin(), &user, credits, "start");
            block_on(grant).unwrap();
            // Whom the others pay cannot be paid out at first, or ever.
            self.connect(&user);
        }
        let mut books = self.stripe.books();
        books.draw(Target::send(), 40, books::Fault::all());
        books.draw(
            Target::list(),
            10,
            vec![books::Fault::Error, books::Fault::Hangs],
        );
        drop(books);
        self.last = block_on(census(self.store.as_ref())).unwrap();
    }

    fn connect(&self, user: &UserId) {
        block_on(self.quiet.connect(user)).unwrap();
        let account = block_on(self.quiet.user(user)).unwrap().account_id.unwrap();
        let mut books = self.stripe.books();
        books.test().set_standing(&account, Standing::Complete);
        drop(books);
        block_on(self.quiet.connect_status(user)).unwrap();
    }

    fn run(mut self) -> Report {
        for _ in 0..STEPS {
            self.step();
        }
        self.settle();
        Report {
            trace: self.trace.hash,
            coverage: self.coverage,
        }
    }

    fn step(&mut self) {
        let at = self.rng.below(PROCESSES);
        match self.rng.below(100) {
            0..35 => self.give(at),
            35..80 => {
                for _ in 0..=self.rng.below(6) {
                    self.go_on(at);
                }
            }
            80..87 => self.plan_fault(at),
            87..94 => self.move_clock(),
            94..97 => self.jump_back(),
            97..99 => self.restart(at, "restart"),
            _ => self.tick_all(at),
        }
        if self.processes[at].store.has_crashed() {
            self.restart(at, "crash");
        }
        self.check();
    }

    /// Starts a command.
    fn give(&mut self, at: usize) {
        if self.processes[at].tasks.len() >= TASKS_MAX {
            return self.go_on(at);
        }
        let command = self.effects.next(&mut self.rng, &self.last);
        self.trace.note(&(at, &command));
        self.processes[at].start_task(command);
    }

    /// Takes one of the process's commands a little further.
    fn go_on(&mut self, at: usize) {
        let process = &mut self.processes[at];
        if process.tasks.is_empty() || process.store.has_crashed() {
            return;
        }
        let task = self.rng.below(process.tasks.len());
        if let Some((command, answer)) = process.poll(task) {
            self.trace.note(&(&command, &answer));
            self.coverage.answer(&answer);
            self.effects.answered(&command, answer);
        }
    }

    fn plan_fault(&mut self, at: usize) {
        let fault = self.rng.pick(&Fault::ALL);
        let op = self.rng.pick(&[Op::Read, Op::Scan, Op::Commit, Op::Commit]);
        let first = 1 + self.rng.below(3) as u64;
        // Now and then so often that the engine gives up finding out.
        let times = if self.rng.chance(20) { 4 } else { 1 };
        for nth in first..first + times {
            self.processes[at].store.fail(op, nth, fault);
        }
        self.trace.note(&(at, op, fault, first, times));
    }

    fn move_clock(&mut self) {
        let second = Duration::from_secs(1);
        let steps = [second / 1000, second, 10 * second, 70 * second, HOUR, DAY];
        let by = self.rng.pick(&[&steps[..], &[4 * DAY, 8 * DAY]].concat());
        let now = self.clock.now();
        if now.after(by) < self.end {
            self.clock.advance(by);
            self.trace.note(&by);
            self.coverage.happened("clock on");
        }
    }

    fn jump_back(&mut self) {
        let by = self.rng.pick(&[HOUR / 3600, 2 * HOUR]);
        // Keys of attempts allow for four hours of wrong clocks.
        if by == 2 * HOUR {
            self.jumps += 1;
            if self.jumps > JUMPS_MAX {
                return;
            }
        }
        self.clock.jump_back(by);
        self.trace.note(&("back", by));
        self.coverage.happened("clock back");
    }

    /// The process ends, with all it was doing, and starts anew.
    fn restart(&mut self, at: usize, why: &'static str) {
        let fresh = Process::start(&mut self.rng, &self.clock, &self.store, &self.stripe);
        let old = std::mem::replace(&mut self.processes[at], fresh);
        self.commits += old.commits();
        self.coverage.faults(&old.store);
        for task in old.tasks {
            self.effects.lost(&task.command);
        }
        self.trace.note(&(at, why));
        self.coverage.happened(why);
    }

    fn tick_all(&mut self, at: usize) {
        if self.processes[at].tasks.len() < TASKS_MAX {
            self.processes[at].start_task(Command::tick());
        }
    }

    /// Checks every rule, if something was written since the last time.
    fn check(&mut self) {
        let running: u64 = self.processes.iter().map(Process::commits).sum();
        let commits = self.commits + running;
        if self.checked == commits {
            return;
        }
        self.checked = commits;
        let whole = commits.is_multiple_of(WHOLE_EVERY);
        let now = match whole {
            true => block_on(census(self.store.as_ref())),
            false => block_on(Census::of_records(self.store.as_ref(), PageLimit::ROWS_MAX)),
        }
        .unwrap();
        check(&now);
        check_kept(&self.last, &now);
        self.effects.check(&now);
        self.last = now;
        if whole {
            self.audit_agrees();
        }
    }

    /// Ends all faults, lets every command end and everything that is due happen.
    fn settle(&mut self) {
        for at in 0..PROCESSES {
            self.processes[at].store.restart();
            while !self.processes[at].tasks.is_empty() {
                for _ in 0..200 {
                    self.go_on(at);
                }
                if let Some(wake) = self.clock.next_wake() {
                    self.clock.set(wake);
                }
            }
        }
        self.check();
        let engine = self.quiet.clone();
        self.stripe.books().calm();
        self.stripe.set_yielding(false);
        let resumed = engine.resume_outbox(Call::by_admin(), Some("the end"));
        block_on(resumed).unwrap();
        for _ in 0..8 {
            self.clock.advance(5 * DAY);
            while block_on(engine.tick(50)).unwrap().done > 0 {}
        }
        self.nobody_is_paid_twice();
        self.commits += 1;
        self.check();
        let steps = check(&self.last);
        self.coverage.steps(steps);
        let old = std::mem::take(&mut self.processes);
        old.iter()
            .for_each(|process| self.coverage.faults(&process.store));
        let whole = block_on(census(self.store.as_ref())).unwrap();
        assert_eq!(whole, self.last, "what the indexes show at the end");
        self.nothing_is_left_undone();
        self.audit_agrees();
        self.trace.note(&self.last.records);
    }

    /// Stripe has one transfer for each payout at most, and for each that is paid.
    fn nobody_is_paid_twice(&mut self) {
        let truth = Oracle::of(&self.stripe.books());
        truth.assert_single();
        let now = block_on(census(self.store.as_ref())).unwrap();
        for record in now.records.values() {
            let Body::Payout(payout) = &record.body else {
                continue;
            };
            self.coverage.happened(&format!("payout {}", payout.status));
            if payout.attempt > 1 {
                self.coverage.happened("payout tried again");
            }
            if payout.status == PayoutStatus::Paid {
                let held = &truth.held[&payout.id.job().to_string()];
                assert_eq!(Some(&held[0].transfer), payout.transfer.as_ref());
            }
        }
    }

    /// Whatever had a time has happened, and nothing is remembered for ever.
    fn nothing_is_left_undone(&self) {
        let now = self.clock.now();
        for record in self.last.records.values() {
            match &record.body {
                Body::Job(job) => {
                    let overdue = job.state.due_at().is_some_and(|due| due <= now);
                    assert!(!overdue, "nobody saw to {job:?}");
                    assert_ne!(job.state.status(), Status::InProgress, "{job:?}");
                }
                Body::Once(once) => assert!(once.expires_at > now, "{once:?} is old"),
                _ => {}
            }
        }
    }

    fn audit_agrees(&self) {
        let audit = block_on(self.quiet.audit()).unwrap();
        assert_eq!(audit.found, 0, "{:?}", audit.violations);
        let jobs = self.last.of(Kind::Job).count();
        assert_eq!(audit.jobs, jobs as u64, "jobs that the audit saw");
    }
}

/// A hash of what happened (64-bit FNV-1a).
struct Trace {
    hash: u64,
    aloud: bool,
}

impl Default for Trace {
    fn default() -> Trace {
        Trace {
            hash: 0xcbf2_9ce4_8422_2325,
            aloud: false,
        }
    }
}

impl Trace {
    #[allow(clippy::print_stderr, reason = "who replays a seed wants to read it")]
    fn note(&mut self, what: &impl Debug) {
        let text = format!("{what:?}");
        if self.aloud {
            eprintln!("{text}");
        }
        for byte in text.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
