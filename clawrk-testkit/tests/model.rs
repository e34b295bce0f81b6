//! Random commands on an engine and on the naive exchange: the same answers, the same state.
//! `PROPTEST_CASES` says how many sequences are tried.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clawrk_core::engine::PageRequest;
use clawrk_core::error::Error;
use clawrk_core::id::JobId;
use clawrk_core::job::{Job, OnRejected};
use clawrk_core::money::Credits;
use clawrk_core::policy::{Policy, Timeout};
use clawrk_core::{Call, Engine, Once};
use clawrk_testkit::invariants::check;
use clawrk_testkit::model::{Asked, By, Model, Rules, Said, Seen, Verb};
use clawrk_testkit::payments::OfflinePayments;
use clawrk_testkit::run::block_on;
use clawrk_testkit::suite::{Home, census};
use proptest::prelude::*;
use proptest::sample::select;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use common::{Fails, Folder, World, funded, memory, user};

const GOOD: &str = "An output that is long enough to pass";
const BAD: &str = "too short";
const DAY: u64 = 24 * 60 * 60;

/// Draws settings and commands.
struct Naive;

impl ReferenceStateMachine for Naive {
    type State = Model;
    type Transition = Asked;

    fn init_state() -> BoxedStrategy<Model> {
        let fates = [OnRejected::Refund, OnRejected::Keep, OnRejected::Requeue];
        let timeouts = [None, Some(2 * DAY), Some(5 * DAY)];
        let settings = (
            prop::bool::weighted(0.8),
            prop::bool::weighted(0.8),
            select(fates.to_vec()),
            1..=3_u32,
            select(timeouts.to_vec()),
            select(timeouts.to_vec()),
        );
        let rules = settings.prop_map(|(credits, payments, on_rejected, max, accept, review)| {
            let rules = Rules {
                credits,
                payments,
                on_rejected,
                max_attempts: max,
                accept_timeout: accept,
                review_timeout: review,
            };
            let credits = [(By::Ann, 20), (By::Bob, 7), (By::Eve, 1)];
            Model::new(rules, credits.into())
        });
        rules.boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Asked> {
        // One more than there are: a job that does not exist.
        let job = 0..=model.jobs();
        let by = select(vec![By::Ann, By::Ann, By::Bob, By::Bob, By::Eve, By::Admin]);
        let verb = prop_oneof![
            4 => select(vec![2_i64, 2, 3]).prop_map(|cost| Verb::Create { cost }),
            6 => job.clone().prop_map(Verb::Accept),
            5 => (job.clone(), any::<bool>()).prop_map(|(job, good)| Verb::Submit(job, good)),
            4 => job.clone().prop_map(Verb::RunSkill),
            6 => job.clone().prop_map(Verb::Verify),
            1 => job.clone().prop_map(Verb::Cancel),
            2 => job.prop_map(Verb::Release),
            2 => (select(&By::USERS[..]), -9..=12_i64).prop_map(|(user, n)| Verb::Grant(user, n)),
            1 => select(vec![1, DAY, 3 * DAY, 31 * DAY]).prop_map(Verb::Wait),
        ];
        let key = prop::option::weighted(0.3, 0..3_u8);
        let asked = (by, key, verb).prop_map(|(by, key, verb)| {
            let key = key.filter(|_| !matches!(verb, Verb::Wait(_)));
            Asked { by, key, verb }
        });
        asked.boxed()
    }

    fn apply(mut model: Model, asked: &Asked) -> Model {
        model.ask(asked);
        model
    }
}

/// An engine that is asked the same.
struct Real {
    home: Box<dyn Home>,
    world: World,
    engine: Engine,
    jobs: Vec<JobId>,
}

impl Real {
    fn new(home: Box<dyn Home>, model: &Model) -> Real {
        let world = World::new(block_on(home.open()), policy(&model.rules));
        let engine = world.engine_with(|builder| match model.rules.payments {
            true => builder.payments(Arc::new(OfflinePayments)).skill(Fails),
            false => builder.skill(Fails),
        });
        for (by, credits) in &model.credits {
            block_on(funded(&engine, by.name(), *credits));
        }
        Real {
            home,
            world,
            engine,
            jobs: Vec::new(),
        }
    }

    fn ask(&mut self, asked: &Asked) -> Said {
        let request = format!("{:?}", asked.verb);
        let once = asked
            .key
            .map(|key| Once::new(format!("key-{key}"), request.as_bytes()).unwrap());
        let by = user(asked.by.name());
        let call = match asked.by {
            By::Admin => Call::by_admin(),
            _ => Call::by(&by),
        };
        let call = match &once {
            Some(once) => call.once(once),
            None => call,
        };
        let answer = block_on(self.give(call, &asked.verb));
        let job = answer.map_err(|error| error.code())?;
        if let (Some(job), Verb::Create { .. }) = (&job, &asked.verb)
            && !self.jobs.contains(&job.id)
        {
            self.jobs.push(job.id);
        }
        Ok(job.map(|job| seen(&job)))
    }

    async fn give(&self, call: Call<'_>, verb: &Verb) -> Result<Option<Job>, Error> {
        let engine = &self.engine;
        let id = |job: &usize| self.jobs.get(*job).copied().unwrap_or(JobId::from_bits(7));
        let job = match verb {
            Verb::Create { cost: 2 } => engine.create_job(call, "Sum it up").await?,
            Verb::Create { .. } => engine.create_job(call, "This one fails").await?,
            Verb::Accept(job) => engine.accept_job(call, &id(job)).await?,
            Verb::Submit(job, good) => {
                let output = if *good { GOOD } else { BAD };
                engine.submit_output(call, &id(job), Some(output)).await?
            }
            Verb::RunSkill(job) => engine.submit_output(call, &id(job), None).await?,
            Verb::Verify(job) => engine.verify_job(call, &id(job)).await?,
            Verb::Cancel(job) => engine.cancel_job(call, &id(job)).await?,
            Verb::Release(job) => engine.release_job(call, &id(job)).await?,
            Verb::Grant(to, delta) => {
                let (to, delta) = (user(to.name()), Credits::new(*delta));
                engine.grant_credits(call, &to, delta, "as asked").await?;
                return Ok(None);
            }
            Verb::Wait(seconds) => {
                self.world.clock.advance(Duration::from_secs(*seconds));
                while engine.tick(10).await?.done > 0 {}
                return Ok(None);
            }
        };
        Ok(Some(job))
    }

    /// What the engine says of everything is what the model says.
    fn agrees(&self, model: &Model) {
        assert_eq!(self.jobs.len(), model.jobs());
        for (at, id) in self.jobs.iter().enumerate() {
            let expected = model.seen(at);
            let job = block_on(self.engine.job(&user(expected.sender.name()), id));
            assert_eq!(seen(&job.unwrap()), expected, "job {at}");
        }
        for by in By::USERS {
            let id = user(by.name());
            let credits = block_on(self.engine.user(&id)).unwrap().credits;
            let expected = model.credits.get(&by).copied().unwrap_or(0);
            assert_eq!(credits, Credits::new(expected), "what {id} has");
            let payouts = block_on(self.engine.payouts(&id, &PageRequest::first()))
                .unwrap()
                .items;
            let mut owed: Vec<i64> = payouts.iter().map(|p| p.amount_cents.units()).collect();
            let mut expected = model.payouts.get(&by).cloned().unwrap_or_default();
            owed.sort_unstable();
            expected.sort_unstable();
            assert_eq!(owed, expected, "what {id} is owed");
        }
    }

    fn rules_hold(&self) {
        check(&block_on(census(self.world.store.as_ref())).unwrap());
        let audit = block_on(self.engine.audit()).unwrap();
        assert_eq!(audit.found, 0, "{:?}", audit.violations);
    }
}

fn seen(job: &Job) -> Seen {
    let names: BTreeMap<_, _> = By::USERS.map(|by| (user(by.name()), by)).into();
    Seen {
        status: job.status,
        sender: names[&job.sender],
        receiver: job.receiver.as_ref().map(|receiver| names[receiver]),
        passes: job.output.as_ref().map(|output| output != BAD),
        passed: job.verification.as_ref().map(|verdict| verdict.passed),
    }
}

fn policy(rules: &Rules) -> Policy {
    let timeout = |seconds: Option<u64>| match seconds {
        Some(seconds) => Timeout::After(Duration::from_secs(seconds)),
        None => Timeout::Off,
    };
    let mut policy = Policy::default();
    policy.credits = rules.credits;
    policy.on_rejected = rules.on_rejected;
    policy.max_attempts = rules.max_attempts;
    policy.accept_timeout = timeout(rules.accept_timeout);
    policy.review_timeout = timeout(rules.review_timeout);
    policy
}

macro_rules! on {
    ($machine:ident: $home:expr) => {
        struct $machine;

        impl StateMachineTest for $machine {
            type SystemUnderTest = Real;
            type Reference = Naive;

            fn init_test(model: &Model) -> Real {
                Real::new($home, model)
            }

            fn apply(mut real: Real, model: &Model, asked: Asked) -> Real {
                assert_eq!(Some(real.ask(&asked)), model.said, "{asked:?}");
                real.agrees(model);
                real
            }

            fn teardown(real: Real, model: Model) {
                real.rules_hold();
                let Real {
                    home,
                    world,
                    engine,
                    jobs,
                } = real;
                if home.lasts() {
                    drop((world, engine));
                    let mut again = Real::new_over(home, &model);
                    again.jobs = jobs;
                    again.agrees(&model);
                }
            }
        }
    };
}

impl Real {
    /// An engine over what an earlier one left.
    fn new_over(home: Box<dyn Home>, model: &Model) -> Real {
        let world = World::new(block_on(home.open()), policy(&model.rules));
        let engine = world.engine();
        let jobs = Vec::new();
        Real {
            home,
            world,
            engine,
            jobs,
        }
    }
}

on!(OnMemory: memory());
on!(OnSled: Folder::fresh());

prop_state_machine! {
    #[test]
    fn engine_on_memory_agrees_with_the_model(sequential 1..60 => OnMemory);

    #[test]
    fn engine_on_sled_agrees_with_the_model(sequential 1..25 => OnSled);
}
