//! Time and randomness that a test moves.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use clawrk_core::clock::Clock;
use clawrk_core::ids::{Ids, IdsError};
use clawrk_core::time::Timestamp;

use crate::rng::Rng;

/// A clock that stands still until it is moved. Clones are the same clock.
#[derive(Clone, Default)]
pub struct VirtualClock {
    state: Arc<Mutex<State>>,
}

struct State {
    now: Timestamp,
    next_sleeper: u64,
    /// Who sleeps until when; equal times in the order they began.
    sleepers: BTreeMap<(Timestamp, u64), Waker>,
}

impl Default for State {
    fn default() -> State {
        State {
            now: Timestamp::from_millis(1_735_689_600_000),
            next_sleeper: 0,
            sleepers: BTreeMap::new(),
        }
    }
}

impl VirtualClock {
    /// A clock at the start of 2025.
    pub fn new() -> VirtualClock {
        VirtualClock::default()
    }

    /// Moves the clock on and wakes whose time has come, in the order of their times.
    pub fn advance(&self, by: Duration) {
        let now = self.state().now;
        self.set(now.after(by));
    }

    /// Sets the clock back; nobody wakes.
    pub fn jump_back(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        let now = self.state().now.as_millis();
        self.set(Timestamp::from_millis(now.saturating_sub(millis)));
    }

    /// Sets the clock to any time and wakes whose time has come, in the order of their times.
    pub fn set(&self, now: Timestamp) {
        let due = {
            let mut state = self.state();
            state.now = now;
            let later = state.sleepers.split_off(&(now, u64::MAX));
            std::mem::replace(&mut state.sleepers, later)
        };
        due.into_values().for_each(Waker::wake);
    }

    /// When the first sleeper wants to be woken.
    pub fn next_wake(&self) -> Option<Timestamp> {
        let state = self.state();
        state.sleepers.keys().next().map(|(until, _)| *until)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for VirtualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("VirtualClock")
            .field("now", &state.now)
            .field("sleepers", &state.sleepers.len())
            .finish()
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.state().now
    }

    async fn sleep(&self, until: Timestamp) {
        let clock = self.clone();
        Sleep {
            clock,
            until,
            place: None,
        }
        .await;
    }
}

struct Sleep {
    clock: VirtualClock,
    until: Timestamp,
    place: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut state = clock.state();
        if state.now >= self.until {
            return Poll::Ready(());
        }
        let place = *self.place.get_or_insert_with(|| {
            state.next_sleeper += 1;
            state.next_sleeper
        });
        let waker = context.waker().clone();
        state.sleepers.insert((self.until, place), waker);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.clock.state().sleepers.remove(&(self.until, place));
        }
    }
}

/// Random bytes that a seed repeats. Clones go on where the original is.
#[derive(Debug, Clone)]
pub struct SeededIds {
    rng: Arc<Mutex<Rng>>,
}

impl SeededIds {
    /// The source with that seed.
    pub fn new(seed: u64) -> SeededIds {
        let rng = Arc::new(Mutex::new(Rng::new(seed)));
        SeededIds { rng }
    }
}

impl Ids for SeededIds {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), IdsError> {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&rng.bits().to_be_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::poll_once;

    #[test]
    fn sleepers_wake_when_their_time_comes_and_not_before() {
        let clock = VirtualClock::new();
        let (soon, late) = (
            clock.now().after(Duration::from_secs(1)),
            clock.now().after(Duration::from_secs(9)),
        );
        let (mut first, mut second) = (clock.sleep(soon), clock.sleep(late));
        assert!(poll_once(first.as_mut()).is_pending());
        assert!(poll_once(second.as_mut()).is_pending());
        assert_eq!(clock.next_wake(), Some(soon));
        clock.jump_back(Duration::from_secs(60));
        assert!(poll_once(first.as_mut()).is_pending());
        clock.advance(Duration::from_secs(62));
        assert!(poll_once(first.as_mut()).is_ready());
        assert!(poll_once(second.as_mut()).is_pending());
        drop(second);
        assert_eq!(clock.next_wake(), None, "who gave up is forgotten");
    }

    #[test]
    fn equal_seeds_give_equal_ids() {
        let draw = |seed| {
            let mut bytes = [0; 19];
            SeededIds::new(seed).fill(&mut bytes).unwrap();
            bytes
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
