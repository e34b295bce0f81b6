//! Any sequence of commands, by anybody, with the clock going anywhere.

use std::ops::AddAssign;
use std::sync::Arc;
use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use clawrk_core::engine::{JobFilter, PageRequest};
use clawrk_core::id::{JobId, UserId};
use clawrk_core::job::{OnRejected, Status};
use clawrk_core::money::Credits;
use clawrk_core::policy::{Policy, Timeout};
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::{Call, Engine, Error, Job, Once};
use clawrk_testkit::clock::{SeededIds, VirtualClock};
use clawrk_testkit::payments::OfflinePayments;
use clawrk_testkit::run::block_on;

/// More steps than this only make an input slow.
const STEPS_MAX: usize = 64;

/// How the exchange is set up.
#[derive(Debug, Arbitrary)]
struct Setting {
    credits: bool,
    pays: bool,
    on_rejected: Rejected,
    accept_timeout_s: Option<u16>,
    review_timeout_s: Option<u16>,
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Rejected {
    Refund,
    Keep,
    Requeue,
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Who {
    Ann,
    Bob,
    Eve,
    Operator,
}

#[derive(Debug, Arbitrary)]
enum Step {
    Create {
        by: Who,
        prompt: Text,
        key: Option<Key>,
    },
    Accept {
        by: Who,
        job: u8,
        key: Option<Key>,
    },
    Submit {
        by: Who,
        job: u8,
        output: Option<Text>,
        key: Option<Key>,
    },
    Verify {
        by: Who,
        job: u8,
        key: Option<Key>,
    },
    Cancel {
        by: Who,
        job: u8,
        key: Option<Key>,
    },
    Release {
        by: Who,
        job: u8,
        key: Option<Key>,
    },
    Grant {
        by: Who,
        to: Who,
        delta: Delta,
        reason: Text,
        key: Option<Key>,
    },
    Look {
        by: Who,
        job: u8,
    },
    Advance {
        seconds: u32,
    },
    JumpBack {
        seconds: u32,
    },
    Tick {
        budget: u8,
    },
}

/// One of a few idempotency keys, so that some are used again.
#[derive(Debug, Clone, Copy, Arbitrary)]
enum Key {
    One,
    Two,
    Odd,
}

/// An amount of credits, mostly one that people have.
#[derive(Debug, Clone, Copy, Arbitrary)]
enum Delta {
    Small(i8),
    Any(i64),
}

/// A text, mostly one that does its duty.
#[derive(Debug)]
struct Text(String);

impl<'a> Arbitrary<'a> for Text {
    fn arbitrary(input: &mut Unstructured<'a>) -> arbitrary::Result<Text> {
        let text = match u8::arbitrary(input)? % 4 {
            0 => "Too short.".to_owned(),
            1 => {
                let bytes = input.int_in_range(0..=40)?;
                String::from_utf8_lossy(input.bytes(bytes)?).into_owned()
            }
            _ => "Long enough to be what somebody asked for.".to_owned(),
        };
        Ok(Text(text))
    }
}

/// How much of a story had an effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Commands that were done.
    pub done: usize,
    /// Commands that were refused.
    pub refused: usize,
    /// Verdicts that an output passed.
    pub verified: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.done += other.done;
        self.refused += other.refused;
        self.verified += other.verified;
    }
}

/// A command is done or refused, and never anything else; afterwards the audit finds every rule
/// kept.
pub fn commands(bytes: &[u8]) {
    tell(bytes);
}

/// As [`commands`], with what came of it.
pub fn tell(bytes: &[u8]) -> Tally {
    let mut input = Unstructured::new(bytes);
    match (Setting::arbitrary(&mut input), steps(&mut input)) {
        (Ok(setting), Ok(steps)) => block_on(World::new(&setting).live(&steps)),
        _ => Tally::default(),
    }
}

/// As many steps as the input has bytes for.
fn steps(input: &mut Unstructured<'_>) -> arbitrary::Result<Vec<Step>> {
    let mut steps = Vec::new();
    while steps.len() < STEPS_MAX && !input.is_empty() {
        steps.push(Step::arbitrary(input)?);
    }
    Ok(steps)
}

struct World {
    engine: Engine,
    clock: VirtualClock,
    jobs: Vec<JobId>,
    tally: Tally,
}

impl World {
    fn new(setting: &Setting) -> World {
        let clock = VirtualClock::new();
        let store = Arc::new(MemoryStore::new());
        let mut builder = Engine::builder(store, Arc::new(clock.clone()))
            .ids(Arc::new(SeededIds::new(1)))
            .policy(policy(setting));
        if setting.pays {
            builder = builder.payments(Arc::new(OfflinePayments));
        }
        World {
            engine: builder.build(),
            clock,
            jobs: Vec::new(),
            tally: Tally::default(),
        }
    }

    async fn live(mut self, steps: &[Step]) -> Tally {
        // Only who was here before can be given credits; Eve was not.
        for who in [Who::Ann, Who::Bob] {
            self.engine.user(&user(who)).await.expect("a user is made");
        }
        for step in steps {
            match self.step(step).await {
                Ok(()) => self.tally.done += 1,
                Err(Error::Rejected(_)) => self.tally.refused += 1,
                Err(error) => panic!("{step:?} failed: {error:?}"),
            }
        }
        let audit = self.engine.audit().await.expect("the store answers");
        assert_eq!(audit.found, 0, "{:#?}", audit.violations);
        assert_eq!(audit.jobs, self.jobs.len() as u64);
        self.tally
    }

    async fn step(&mut self, step: &Step) -> Result<(), Error> {
        let engine = self.engine.clone();
        match step {
            Step::Create { by, prompt, key } => {
                let once = once(*key, "create");
                let job = engine.create_job(call(*by, &once), &prompt.0).await?;
                if !self.jobs.contains(&job.id) {
                    self.jobs.push(job.id);
                }
            }
            Step::Accept { by, job, key } => {
                let (job, once) = (self.job(*job), once(*key, "accept"));
                engine.accept_job(call(*by, &once), &job).await?;
            }
            Step::Submit {
                by,
                job,
                output,
                key,
            } => {
                let (job, once) = (self.job(*job), once(*key, "submit"));
                let output = output.as_ref().map(|text| text.0.as_str());
                engine.submit_output(call(*by, &once), &job, output).await?;
            }
            Step::Verify { by, job, key } => {
                let (job, once) = (self.job(*job), once(*key, "verify"));
                let job = engine.verify_job(call(*by, &once), &job).await?;
                self.judged(&job, *key);
            }
            Step::Cancel { by, job, key } => {
                let (job, once) = (self.job(*job), once(*key, "cancel"));
                engine.cancel_job(call(*by, &once), &job).await?;
            }
            Step::Release { by, job, key } => {
                let (job, once) = (self.job(*job), once(*key, "release"));
                engine.release_job(call(*by, &once), &job).await?;
            }
            Step::Grant {
                by,
                to,
                delta,
                reason,
                key,
            } => {
                let once = once(*key, "grant");
                let (to, delta) = (user(*to), credits(*delta));
                let balance = engine
                    .grant_credits(call(*by, &once), &to, delta, &reason.0)
                    .await?;
                assert!(balance >= Credits::ZERO);
            }
            Step::Look { by, job } => {
                let (by, job) = (user(*by), self.job(*job));
                let seen = engine.job(&by, &job).await?;
                let sent = engine
                    .jobs(&by, &JobFilter::sent(), &PageRequest::first())
                    .await?;
                assert_eq!(seen.sender == by, sent.items.contains(&seen));
            }
            Step::Advance { seconds } => self.clock.advance(self::seconds(*seconds)),
            Step::JumpBack { seconds } => self.clock.jump_back(self::seconds(*seconds)),
            Step::Tick { budget } => {
                let progress = engine.tick(usize::from(*budget)).await?;
                assert!(progress.done <= usize::from(*budget));
            }
        }
        Ok(())
    }

    /// A job with the verdict that was asked for; under the odd key, the answer may be that of any
    /// other command.
    fn judged(&mut self, job: &Job, key: Option<Key>) {
        if matches!(key, Some(Key::Odd)) {
            return;
        }
        let verdict = job.verification.as_ref().expect("it has a verdict");
        assert_eq!(verdict.passed, job.status == Status::Verified);
        self.tally.verified += usize::from(verdict.passed);
    }

    /// One of the jobs there are, or one that there is not.
    fn job(&self, number: u8) -> JobId {
        let at = usize::from(number) % (self.jobs.len() + 1);
        self.jobs.get(at).copied().unwrap_or(JobId::from_bits(0))
    }
}

fn policy(setting: &Setting) -> Policy {
    let timeout = |seconds: Option<u16>| match seconds {
        Some(seconds) => Timeout::After(self::seconds(seconds.into())),
        None => Timeout::Auto,
    };
    let mut policy = Policy::default();
    policy.credits = setting.credits;
    policy.accept_timeout = timeout(setting.accept_timeout_s);
    policy.review_timeout = timeout(setting.review_timeout_s);
    policy.on_rejected = match setting.on_rejected {
        Rejected::Refund => OnRejected::Refund,
        Rejected::Keep => OnRejected::Keep,
        Rejected::Requeue => OnRejected::Requeue,
    };
    policy
}

fn credits(delta: Delta) -> Credits {
    Credits::new(match delta {
        Delta::Small(units) => units.into(),
        Delta::Any(units) => units,
    })
}

fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}

fn user(who: Who) -> UserId {
    let id = match who {
        Who::Ann => "ann",
        Who::Bob => "bob",
        Who::Eve => "eve",
        Who::Operator => "somebody",
    };
    UserId::new(id).expect("it is a user id")
}

fn call(who: Who, once: &Option<Once>) -> Call<'_> {
    let call = match who {
        Who::Operator => Call::by_admin(),
        _ => Call::by(&user(who)),
    };
    match once {
        Some(once) => call.once(once),
        None => call,
    }
}

/// The odd key says that every request is the same one, which a careless client may do.
fn once(key: Option<Key>, request: &str) -> Option<Once> {
    let (key, request) = match key? {
        Key::One => ("one", request),
        Key::Two => ("two", request),
        Key::Odd => ("odd", "any"),
    };
    Some(Once::new(key, request.as_bytes()).expect("it is a key"))
}
