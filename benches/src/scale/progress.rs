//! What the person who waits is told, on stderr.

use std::time::{Duration, Instant};

use crate::now;

/// So often at most.
const EVERY: Duration = Duration::from_secs(5);

/// Says one thing at once.
#[expect(clippy::print_stderr, reason = "for whoever waits for a benchmark")]
pub fn say(text: &str) {
    eprintln!("{text}");
}

/// Something that takes long, of which so many pieces are to be done.
#[derive(Debug)]
pub struct Progress {
    what: String,
    all: usize,
    began: Instant,
    said: Instant,
}

impl Progress {
    /// Nothing is done yet.
    pub fn of(what: impl Into<String>, all: usize) -> Progress {
        let began = now();
        Progress {
            what: what.into(),
            all,
            began,
            said: began,
        }
    }

    /// Tells how many are done, now and then.
    pub fn at(&mut self, done: usize) {
        if self.said.elapsed() < EVERY && done < self.all {
            return;
        }
        self.said = now();
        let seconds = self.began.elapsed().as_secs_f64();
        let rate = done as f64 / seconds.max(1e-9);
        let (what, all) = (&self.what, self.all);
        say(&format!(
            "{what}: {done} of {all}, {seconds:.0} s, {rate:.0} a second"
        ));
    }
}
