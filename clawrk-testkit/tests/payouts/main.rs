//! Payouts over Stripe's books: the fault matrix, random runs and scenarios.
//!
//! `CLAWRK_PAYOUT_RUNS` says how many random runs there are, `CLAWRK_PAYOUT_SEED` runs one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod alarms;
mod damage;
mod hardship;
mod kinds;
mod matrix;
mod random;
mod scenarios;
mod world;

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

const THREADS: usize = 4;

/// What each gives, on a few threads; a failure names the case that failed.
fn spread<C: Debug + Sync, T: Send>(cases: &[C], go: impl Fn(u64, &C) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let given = Mutex::new(Vec::with_capacity(cases.len()));
    thread::scope(|scope| {
        for _ in 0..THREADS.min(cases.len()) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(at) else { return };
                    let gone = catch_unwind(AssertUnwindSafe(|| go(at as u64, case)));
                    let Ok(gone) = gone else {
                        next.store(cases.len(), Ordering::Relaxed);
                        panic!("case {at} failed: {case:?}");
                    };
                    given
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(gone);
                }
            });
        }
    });
    given.into_inner().unwrap_or_else(PoisonError::into_inner)
}
