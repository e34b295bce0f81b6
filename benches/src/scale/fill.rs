//! Makes a store big, through the engine, as its callers would.

use std::io;

use clawrk_core::id::{JobId, UserId};
use clawrk_core::money::Credits;
use clawrk_core::{Call, Engine};
use tokio::runtime::Runtime;

use crate::callers::run;
use crate::exchange::{self, CREDITS, Exchange, Pair};
use crate::prompt;
use crate::scale::fate::{Fate, Lot};
use crate::scale::progress::Progress;
use crate::scale::site::{self, Site, receivers_for, senders_for};

/// So many callers fill a store: enough for the largest groups.
const CALLERS: usize = 256;

/// The most jobs between two looks at how far it is.
const CHUNK_JOBS: usize = 20_000;

/// Of so many jobs one is noted for later.
const SAMPLE_EVERY: usize = 100;

/// What mock mode rejects.
const SHORT: &str = "no idea";

/// A store that grows.
#[derive(Debug)]
pub struct Filler<'a> {
    site: &'a Site,
    runtime: &'a Runtime,
    exchange: Exchange,
    jobs: usize,
    senders: usize,
}

impl<'a> Filler<'a> {
    /// Opens a site, and makes the senders that a store of so many jobs has.
    ///
    /// # Errors
    /// What the file system says.
    ///
    /// # Panics
    /// Where the store refuses something, as everything here.
    pub fn open(site: &'a Site, runtime: &'a Runtime, jobs: usize) -> io::Result<Filler<'a>> {
        let exchange = Exchange::open(&site.store(), runtime.handle());
        let there = site.senders();
        let senders = senders_for(jobs).max(there);
        let engine = exchange.engine.clone();
        run(runtime, spread(there..senders), move |number| {
            let engine = engine.clone();
            async move { make_sender(&engine, number).await }
        });
        site.note(site.jobs(), senders)?;
        Ok(Filler {
            site,
            runtime,
            exchange,
            jobs: site.jobs(),
            senders,
        })
    }

    /// How many jobs there are.
    pub fn jobs(&self) -> usize {
        self.jobs
    }

    /// How many commits were made since it was opened.
    pub fn commits(&self) -> u64 {
        self.exchange.stats().commits
    }

    /// Grows to so many jobs.
    ///
    /// # Errors
    /// What the file system says.
    ///
    /// # Panics
    /// Where the store refuses something.
    pub fn grow_to(&mut self, jobs: usize) -> io::Result<()> {
        let from = self.jobs;
        let mut progress = Progress::of(format!("jobs from {from} to {jobs}"), jobs - from);
        while self.jobs < jobs {
            self.add((jobs - self.jobs).min(CHUNK_JOBS))?;
            progress.at(self.jobs - from);
        }
        Ok(())
    }

    /// Lives so many jobs more.
    ///
    /// # Errors
    /// What the file system says.
    ///
    /// # Panics
    /// Where the store refuses something.
    pub fn add(&mut self, jobs: usize) -> io::Result<()> {
        let (senders, receivers) = (self.senders, receivers_for(self.senders));
        let engine = self.exchange.engine.clone();
        let work = spread(self.jobs..self.jobs + jobs);
        let (_, made) = run(self.runtime, work, move |number| {
            let engine = engine.clone();
            async move {
                let lot = Lot::of(number, senders, receivers);
                let made = live(&engine, number, &lot).await;
                number.is_multiple_of(SAMPLE_EVERY).then_some(made)
            }
        });
        let sample: Vec<_> = made.into_iter().flatten().flatten().collect();
        self.site.add_to_sample(&sample)?;
        self.jobs += jobs;
        self.site.note(self.jobs, self.senders)
    }
}

/// Numbers, dealt out to the callers in turn.
fn spread(numbers: std::ops::Range<usize>) -> Vec<Vec<usize>> {
    let callers = CALLERS.min(numbers.len().max(1));
    let of = |caller| numbers.clone().skip(caller).step_by(callers).collect();
    (0..callers).map(of).collect()
}

async fn make_sender(engine: &Engine, number: usize) {
    let id = site::sender(number);
    engine
        .create_user(Some(id.as_str()), None)
        .await
        .expect("a user");
    let credits = Credits::new(CREDITS);
    let grant = engine.grant_credits(Call::by_admin(), &id, credits, "benchmark");
    grant.await.expect("credits");
}

/// Lives a job as far as its lot says.
async fn live(engine: &Engine, number: usize, lot: &Lot) -> (UserId, JobId) {
    let pair = Pair {
        sender: site::sender(lot.sender),
        receiver: site::receiver(lot.receiver),
    };
    let job = exchange::create(engine, &pair, &prompt(number)).await;
    if lot.fate == Fate::Cancelled {
        engine
            .cancel_job(&pair.sender, &job)
            .await
            .expect("cancelled");
    } else if lot.fate == Fate::Rejected {
        exchange::step(engine, &pair, &job, 1).await;
        let submit = engine.submit_output(&pair.receiver, &job, Some(SHORT));
        submit.await.expect("submitted");
        engine.verify_job(&pair.sender, &job).await.expect("judged");
    } else {
        let steps = match lot.fate {
            Fate::Accepted => 1,
            Fate::Submitted => 2,
            Fate::Verified => 3,
            _ => 0,
        };
        for step in 1..=steps {
            exchange::step(engine, &pair, &job, step).await;
        }
    }
    (pair.sender, job)
}
