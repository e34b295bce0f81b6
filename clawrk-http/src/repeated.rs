//! Failures that every request meets, such as those of a store that has ended.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long a failure that was logged is only counted.
const QUIET: Duration = Duration::from_secs(10);

/// Tells the first of many failures of one kind from those that follow at once.
#[derive(Debug)]
pub(crate) struct Repeated(Mutex<Option<Said>>);

#[derive(Debug)]
struct Said {
    at: Instant,
    held_back: u64,
}

impl Repeated {
    pub(crate) const fn new() -> Repeated {
        Repeated(Mutex::new(None))
    }

    /// How many were held back since the last one that was logged, where this one is to be logged;
    /// none where it is held back too.
    pub(crate) fn held_back(&self) -> Option<u64> {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match said.as_mut() {
            Some(said) if said.at.elapsed() < QUIET => {
                said.held_back += 1;
                None
            }
            _ => {
                let at = Instant::now();
                let before = said.replace(Said { at, held_back: 0 });
                Some(before.map_or(0, |before| before.held_back))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_is_said_and_those_that_follow_are_counted() {
        let repeated = Repeated::new();
        assert_eq!(repeated.held_back(), Some(0));
        for _ in 0..1_000 {
            assert_eq!(repeated.held_back(), None);
        }
        tokio::time::advance(QUIET).await;
        assert_eq!(repeated.held_back(), Some(1_000));
        assert_eq!(repeated.held_back(), None);
        tokio::time::advance(QUIET).await;
        assert_eq!(repeated.held_back(), Some(1));
    }
}
