//! How long pages and looks take in a big store.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clawrk_core::engine::{JobFilter, PageRequest};
use clawrk_core::id::{JobId, UserId};
use clawrk_testkit::rng::Rng;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::conditions::cpu;
use crate::exchange::Exchange;
use crate::now;
use crate::numbers::quantile;
use crate::prompt;
use crate::scale::process::{drop_cached, rss_mib};
use crate::scale::site::{self, SENDERS_MIN, Site};
use crate::scale::table::{Table, number};

/// Rows of a page.
pub const PAGE_ROWS: usize = 50;

/// Different senders and jobs of a cold round.
const COLD_PAGES: usize = 200;
const COLD_LOOKS: usize = 2_000;

/// Senders and jobs of a warm round, so few that sled's cache holds them, and how often each.
const WARM_PAGES: usize = 4;
const WARM_LOOKS: usize = 50;
const TIMES: usize = 100;

/// Callers that write beside a busy round, and how often it reads.
const WRITERS: usize = 64;
const BUSY_CALLS: usize = 400;

/// What came out.
pub const TABLE: Table = Table {
    name: "reads",
    columns: &[
        "jobs", "what", "state", "calls", "rows", "p50_us", "p99_us", "cpu_us",
    ],
};

/// What the memory is afterwards.
pub const MEMORY: Table = Table {
    name: "memory",
    columns: &["jobs", "when", "rss_mib"],
};

/// Measures pages of a sender's jobs, pages of the board, and looks at one job; each first cold,
/// in a store that was just opened and whose files the system has forgotten, unless only the warm
/// rounds are asked for. Last come looks and pages beside callers that write.
///
/// # Errors
/// What the file system says.
///
/// # Panics
/// Where something is refused.
pub fn measure(
    site: &Site,
    runtime: &Runtime,
    warm_only: bool,
) -> io::Result<[Vec<Vec<String>>; 2]> {
    let mut looks = site.sample()?;
    shuffle(&mut looks);
    looks.truncate(COLD_LOOKS);
    let senders: BTreeSet<&UserId> = looks.iter().map(|(sender, _)| sender).collect();
    let senders: Vec<_> = senders.into_iter().take(COLD_PAGES).collect();
    let reader = Reader {
        exchange: Exchange::open(&site.store(), runtime.handle()),
        runtime,
        jobs: site.jobs(),
    };
    let opened = rss_mib(std::process::id());
    let page = |sender: &&UserId| reader.page(sender);
    let look = |(sender, job): &(UserId, JobId)| reader.look(sender, job);
    let board = |(): &()| reader.board();
    let mut rows = Vec::new();
    if !warm_only {
        drop_cached(&site.store())?;
        rows.push(reader.time("board page", "cold", &[()], board));
        rows.push(reader.time("job", "cold", &looks, look));
        rows.push(reader.time("page", "cold", &senders, page));
    }
    // Once to warm up; the second time counts.
    let (senders, looks) = (repeated(&senders, WARM_PAGES), repeated(&looks, WARM_LOOKS));
    reader.time("page", "", &senders, page);
    rows.push(reader.time("page", "warm", &senders, page));
    reader.time("job", "", &looks, look);
    rows.push(reader.time("job", "warm", &looks, look));
    reader.board();
    rows.push(reader.time("board page", "warm", &[(); WARM_PAGES * TIMES], board));
    if !warm_only {
        // Beside callers that write, whose groups hold readers up.
        let writers = Writers::start(&reader);
        let looks = &looks[..looks.len().min(BUSY_CALLS)];
        rows.push(reader.time("job", "busy", looks, look));
        let senders = &senders[..senders.len().min(BUSY_CALLS)];
        rows.push(reader.time("page", "busy", senders, page));
        let made = writers.stop(runtime);
        site.note(site.jobs() + made, site.senders())?;
    }
    let memory = |when: &str, mib| vec![site.jobs().to_string(), when.to_owned(), number(mib)];
    let used = rss_mib(std::process::id());
    Ok([rows, vec![memory("opened", opened), memory("used", used)]])
}

fn shuffle<T>(items: &mut [T]) {
    let mut rng = Rng::new(items.len() as u64);
    for last in (1..items.len()).rev() {
        items.swap(last, rng.below(last + 1));
    }
}

/// The first of some items, again and again.
fn repeated<T: Clone>(items: &[T], different: usize) -> Vec<T> {
    let different = &items[..different.min(items.len())];
    let times = std::iter::repeat_n(different, TIMES);
    times.flatten().cloned().collect()
}

/// Callers that make jobs until they are told to stop.
struct Writers {
    stop: Arc<AtomicBool>,
    callers: Vec<JoinHandle<usize>>,
}

impl Writers {
    fn start(reader: &Reader<'_>) -> Writers {
        let stop = Arc::new(AtomicBool::new(false));
        let callers = (0..WRITERS).map(|caller| {
            let (stop, engine) = (Arc::clone(&stop), reader.exchange.engine.clone());
            reader.runtime.spawn(async move {
                let (sender, mut made) = (site::sender(caller % SENDERS_MIN), 0);
                while !stop.load(Ordering::Relaxed) {
                    let job = engine.create_job(&sender, &prompt(made)).await;
                    job.expect("created");
                    made += 1;
                }
                made
            })
        });
        Writers {
            callers: callers.collect(),
            stop,
        }
    }

    /// How many jobs they made.
    fn stop(self, runtime: &Runtime) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        let made = self.callers.into_iter();
        made.map(|caller| runtime.block_on(caller).expect("a caller panicked"))
            .sum()
    }
}

struct Reader<'a> {
    exchange: Exchange,
    runtime: &'a Runtime,
    jobs: usize,
}

impl Reader<'_> {
    /// The first page of a sender's jobs, with their texts. How many there are.
    fn page(&self, sender: &UserId) -> usize {
        let page = PageRequest {
            rows: PAGE_ROWS,
            ..PageRequest::first()
        };
        let jobs =
            self.runtime
                .block_on(self.exchange.engine.jobs(sender, &JobFilter::sent(), &page));
        jobs.expect("a page").items.len()
    }

    /// The first page of the board, with its texts. How many jobs there are on it.
    fn board(&self) -> usize {
        let page = PageRequest {
            rows: PAGE_ROWS,
            ..PageRequest::first()
        };
        let jobs = self
            .runtime
            .block_on(self.exchange.engine.board(None, &page));
        jobs.expect("the board").items.len()
    }

    fn look(&self, sender: &UserId, job: &JobId) -> usize {
        let job = self.runtime.block_on(self.exchange.engine.job(sender, job));
        usize::from(!job.expect("a job").prompt.is_empty())
    }

    /// Calls with each item, and makes a row of it. `rows` is what a call found on average.
    fn time<T>(
        &self,
        what: &str,
        state: &str,
        items: &[T],
        call: impl Fn(&T) -> usize,
    ) -> Vec<String> {
        let (mut times, mut found, computed) = (Vec::with_capacity(items.len()), 0, cpu());
        for item in items {
            let began = now();
            found += call(item);
            times.push(began.elapsed());
        }
        let calls = items.len().max(1) as f64;
        let computed = cpu().saturating_sub(computed).as_secs_f64() * 1e6 / calls;
        let us = |time: Duration| number(time.as_secs_f64() * 1e6);
        vec![
            self.jobs.to_string(),
            what.to_owned(),
            state.to_owned(),
            items.len().to_string(),
            number(found as f64 / calls),
            us(quantile(&times, 50)),
            us(quantile(&times, 99)),
            number(computed),
        ]
    }
}
