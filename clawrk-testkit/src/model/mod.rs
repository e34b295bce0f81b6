//! A naive exchange: what the documents promise, in plain maps, with no store and no concurrency.
//!
//! Written from the documented rules and not from the engine, so that the two can disagree.

mod ask;
mod job;

use std::collections::BTreeMap;

use clawrk_core::error::Code;
use clawrk_core::job::{OnRejected, Status};

pub use ask::{Asked, By, Said, Seen, Verb};
use job::Job;

/// The settings of a naive exchange. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Whether making a job takes credits.
    pub credits: bool,
    /// Whether a payment provider is configured.
    pub payments: bool,
    /// What a rejection does.
    pub on_rejected: OnRejected,
    /// How many outputs may be rejected where rejected jobs are offered again.
    pub max_attempts: u32,
    /// How long a receiver may hold a job.
    pub accept_timeout: Option<u64>,
    /// How long output waits for its sender.
    pub review_timeout: Option<u64>,
}

/// What a request under an idempotency key came to.
#[derive(Debug, Clone)]
struct Remembered {
    verb: Verb,
    said: Said,
    until: u64,
}

/// How long a request under a key is remembered, in seconds.
const REMEMBERED: u64 = 30 * 24 * 60 * 60;

/// What the cheapest skill costs.
const CHEAPEST: i64 = 2;

/// The naive exchange.
#[derive(Debug, Clone)]
pub struct Model {
    /// The settings.
    pub rules: Rules,
    /// What each user has.
    pub credits: BTreeMap<By, i64>,
    /// What each user is owed, in cents, one a job.
    pub payouts: BTreeMap<By, Vec<i64>>,
    /// What was said to the last thing asked.
    pub said: Option<Said>,
    now: u64,
    jobs: Vec<Job>,
    remembered: BTreeMap<(By, u8), Remembered>,
}

impl Model {
    /// An exchange without jobs, whose users have these credits.
    pub fn new(rules: Rules, credits: BTreeMap<By, i64>) -> Model {
        Model {
            rules,
            credits,
            payouts: BTreeMap::new(),
            said: None,
            now: 0,
            jobs: Vec::new(),
            remembered: BTreeMap::new(),
        }
    }

    /// How many jobs were made.
    pub fn jobs(&self) -> usize {
        self.jobs.len()
    }

    /// A job as its participants see it.
    pub fn seen(&self, job: usize) -> Seen {
        self.jobs[job].seen()
    }

    /// Answers, and remembers what it said.
    pub fn ask(&mut self, asked: &Asked) {
        self.said = Some(match (wrong_door(asked), asked.key) {
            (Some(code), _) => Err(code),
            (None, None) => self.give(asked.by, &asked.verb),
            (None, Some(key)) => self.give_once(asked.by, key, &asked.verb),
        });
    }

    /// Only what had an effect is remembered; a refusal is evaluated afresh.
    fn give_once(&mut self, by: By, key: u8, verb: &Verb) -> Said {
        if let Some(before) = self.remembered.get(&(by, key))
            && before.until > self.now
        {
            return match before.verb == *verb {
                true => before.said.clone(),
                false => Err(Code::IdempotencyKeyReused),
            };
        }
        let said = self.give(by, verb);
        if said.is_ok() {
            let remembered = Remembered {
                verb: verb.clone(),
                said: said.clone(),
                until: self.now + REMEMBERED,
            };
            self.remembered.insert((by, key), remembered);
        }
        said
    }

    fn give(&mut self, by: By, verb: &Verb) -> Said {
        match verb {
            Verb::Create { cost } => self.create(by, *cost),
            Verb::Accept(job) => self.accept(by, *job),
            Verb::Submit(job, passes) => self.submit(by, *job, *passes),
            Verb::RunSkill(job) => self.run_skill(by, *job),
            Verb::Verify(job) => self.verify(by, *job),
            Verb::Cancel(job) => self.cancel(by, *job),
            Verb::Release(job) => self.release(by, *job),
            Verb::Grant(user, delta) => self.grant(*user, *delta),
            Verb::Wait(seconds) => self.wait(*seconds),
        }
    }

    fn create(&mut self, by: By, cost: i64) -> Said {
        let held = if self.rules.credits { cost } else { 0 };
        let has = self.credits.entry(by).or_default();
        if self.rules.credits && *has < CHEAPEST.max(held) {
            return Err(Code::InsufficientCredits);
        }
        *has -= held;
        let payout = if self.rules.payments { held * 50 } else { 0 };
        self.jobs.push(Job::new(by, cost, held, payout));
        Ok(Some(self.seen(self.jobs.len() - 1)))
    }

    /// The job, if its status is one of these; 404 comes before 400.
    fn job(&mut self, job: usize, statuses: &[Status]) -> Result<&mut Job, Code> {
        let job = self.jobs.get_mut(job).ok_or(Code::JobNotFound)?;
        match statuses.contains(&job.status) {
            true => Ok(job),
            false => Err(Code::WrongStatus),
        }
    }

    fn accept(&mut self, by: By, job: usize) -> Said {
        let due = self.rules.accept_timeout.map(|timeout| self.now + timeout);
        let job = self.job(job, &[Status::Queued])?;
        job.status = Status::Accepted;
        job.receiver = Some(by);
        job.due = due;
        Ok(Some(job.seen()))
    }

    fn submit(&mut self, by: By, job: usize, passes: bool) -> Said {
        let due = self.rules.review_timeout.map(|timeout| self.now + timeout);
        let job = self.job(job, &[Status::Accepted])?;
        if job.receiver != Some(by) {
            return Err(Code::NotReceiver);
        }
        job.hand_in(passes, due);
        Ok(Some(job.seen()))
    }

    /// The skill that costs three fails, the other one's output passes.
    fn run_skill(&mut self, by: By, job: usize) -> Said {
        let due = self.rules.review_timeout.map(|timeout| self.now + timeout);
        let job = self.job(job, &[Status::Accepted])?;
        if job.receiver != Some(by) {
            return Err(Code::NotReceiver);
        }
        if job.cost != CHEAPEST {
            return Err(Code::SkillFailed);
        }
        job.hand_in(true, due);
        Ok(Some(job.seen()))
    }

    fn verify(&mut self, by: By, job: usize) -> Said {
        let at = job;
        let job = self.job(at, &[Status::Submitted])?;
        if by != job.sender && by != By::Admin {
            return Err(Code::NotSender);
        }
        self.judge(at);
        Ok(Some(self.seen(at)))
    }

    fn judge(&mut self, at: usize) {
        let (rules, job) = (&self.rules, &mut self.jobs[at]);
        let (passed, held) = (job.passes, job.held);
        job.passed = Some(passed);
        job.due = None;
        job.rejections += u32::from(!passed);
        let own = job.receiver == Some(job.sender);
        let (status, back) = match (passed, rules.on_rejected) {
            (true, _) => (Status::Verified, own),
            (false, OnRejected::Refund) => (Status::Rejected, true),
            (false, OnRejected::Keep) => (Status::Rejected, false),
            (false, OnRejected::Requeue) if job.rejections < rules.max_attempts => {
                (Status::Queued, false)
            }
            (false, OnRejected::Requeue) => (Status::Failed, true),
        };
        job.status = status;
        if status == Status::Queued {
            job.receiver = None;
        }
        let (sender, receiver, payout) = (job.sender, job.receiver, job.payout);
        if back {
            *self.credits.entry(sender).or_default() += held;
        } else if let (Status::Verified, Some(receiver), 1..) = (status, receiver, payout) {
            self.payouts.entry(receiver).or_default().push(payout);
        }
    }

    fn cancel(&mut self, by: By, job: usize) -> Said {
        let at = job;
        let job = self.job(at, &[Status::Queued])?;
        if by != job.sender && by != By::Admin {
            return Err(Code::NotSender);
        }
        job.status = Status::Cancelled;
        let (sender, held) = (job.sender, job.held);
        *self.credits.entry(sender).or_default() += held;
        Ok(Some(self.seen(at)))
    }

    fn release(&mut self, by: By, job: usize) -> Said {
        let job = self.job(job, &[Status::Accepted])?;
        if job.receiver != Some(by) && by != By::Admin {
            return Err(Code::NotReceiver);
        }
        job.offer_again();
        Ok(Some(job.seen()))
    }

    fn grant(&mut self, user: By, delta: i64) -> Said {
        if delta == 0 {
            return Err(Code::InvalidRequest);
        }
        let has = self.credits.entry(user).or_default();
        if *has + delta < 0 {
            return Err(Code::InsufficientCredits);
        }
        *has += delta;
        Ok(None)
    }

    /// Time passes, and what is overdue happens by itself.
    fn wait(&mut self, seconds: u64) -> Said {
        self.now += seconds;
        for at in 0..self.jobs.len() {
            if self.jobs[at].due.is_none_or(|due| due > self.now) {
                continue;
            }
            match self.jobs[at].status {
                Status::Submitted => self.judge(at),
                _ => self.jobs[at].offer_again(),
            }
        }
        Ok(None)
    }
}

/// What is for users alone, or for the operator alone, is refused before anything else.
fn wrong_door(asked: &Asked) -> Option<Code> {
    match (&asked.verb, asked.by) {
        (Verb::Create { .. } | Verb::Accept(_), By::Admin) => Some(Code::UserOnly),
        (Verb::Grant(..), by) if by != By::Admin => Some(Code::AdminOnly),
        _ => None,
    }
}
