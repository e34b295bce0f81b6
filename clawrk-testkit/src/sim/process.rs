//! A process: an engine, its way to the store, and what it is busy with.

use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use clawrk_core::Engine;
use clawrk_core::job::OnRejected;
use clawrk_core::policy::{Policy, Timeout};
use clawrk_core::store::memory::MemoryStore;

use super::command::{Answer, Command};
use super::skill::Work;
use super::{DAY, HOUR};
use crate::books::BookPayments;
use crate::clock::{SeededIds, VirtualClock};
use crate::faults::{FaultStore, Op};
use crate::rng::Rng;
use crate::run::poll_once;

pub(super) struct Process {
    pub(super) store: Arc<FaultStore>,
    pub(super) tasks: Vec<Task>,
    engine: Engine,
}

pub(super) struct Task {
    pub(super) command: Command,
    future: Pin<Box<dyn Future<Output = Answer> + Send>>,
}

impl Process {
    /// Starts a process with settings of its own.
    pub(super) fn start(
        rng: &mut Rng,
        clock: &VirtualClock,
        store: &Arc<MemoryStore>,
        stripe: &BookPayments,
    ) -> Process {
        let store = Arc::new(FaultStore::over(store.clone()));
        store.set_yielding(true);
        let builder = Engine::builder(store.clone(), Arc::new(clock.clone()))
            .policy(policy(rng))
            .skill(Work(clock.clone()))
            .ids(Arc::new(SeededIds::new(rng.bits())));
        let engine = if rng.chance(80) {
            builder.payments(Arc::new(stripe.clone())).build()
        } else {
            builder.build()
        };
        Process {
            store,
            tasks: Vec::new(),
            engine,
        }
    }

    pub(super) fn start_task(&mut self, command: Command) {
        let (engine, given) = (self.engine.clone(), command.clone());
        let future = Box::pin(async move { given.give(&engine).await });
        self.tasks.push(Task { command, future });
    }

    /// Looks at a task once; gives its answer if it ended.
    pub(super) fn poll(&mut self, task: usize) -> Option<(Command, Answer)> {
        match poll_once(self.tasks[task].future.as_mut()) {
            Poll::Ready(answer) => Some((self.tasks.swap_remove(task).command, answer)),
            Poll::Pending => None,
        }
    }

    pub(super) fn commits(&self) -> u64 {
        self.store.calls_of(Op::Commit)
    }
}

fn policy(rng: &mut Rng) -> Policy {
    let mut policy = Policy::default();
    policy.credits = rng.chance(85);
    policy.on_rejected = rng.pick(&[
        OnRejected::Refund,
        OnRejected::Keep,
        OnRejected::Requeue,
        OnRejected::Requeue,
    ]);
    policy.max_attempts = 1 + rng.below(2) as u32;
    policy.accept_timeout = rng.pick(&[Timeout::Auto, Timeout::After(HOUR), Timeout::Off]);
    policy.review_timeout = rng.pick(&[Timeout::Auto, Timeout::After(DAY), Timeout::Off]);
    policy.skill_timeout = Duration::from_secs(60);
    policy
}
