//! When a request is made again.

use std::time::Duration;

/// The longest wait that a provider can ask for. Where it asks for more, the request fails at
/// once: whoever asks may know another model.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);
/// The longest wait that nobody asked for.
const BACKOFF_MAX: Duration = Duration::from_secs(8);
/// Into how many parts a wait is divided, so that requests that failed together come apart.
const SPREAD: u32 = 8;

/// How often a request is made, and how long is waited in between.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retries {
    pub(crate) tries: u32,
    pub(crate) backoff: Duration,
}

impl Retries {
    /// How long to wait after so many tries, with that much time left; nothing where it is enough.
    ///
    /// Each wait is twice the one before, and up to twice that long for a number that the calls
    /// take in turn: chance is not needed for that.
    pub(crate) fn wait(
        self,
        tried: u32,
        asked_for: Option<Duration>,
        turn: u32,
        left: Duration,
    ) -> Option<Duration> {
        if tried >= self.tries || asked_for.is_some_and(|it| it > RETRY_AFTER_MAX) {
            return None;
        }
        let doubled = 1_u32.checked_shl(tried - 1).unwrap_or(u32::MAX);
        let backoff = self.backoff.saturating_mul(doubled).min(BACKOFF_MAX);
        let apart = backoff / SPREAD * (turn % SPREAD);
        let wait = asked_for.unwrap_or(backoff) + apart;
        (wait < left).then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const RETRIES: Retries = Retries {
        tries: 8,
        backoff: SECOND,
    };

    fn wait(tried: u32, asked_for: Option<u64>, left: u64) -> Option<u64> {
        let asked_for = asked_for.map(Duration::from_secs);
        let wait = RETRIES.wait(tried, asked_for, 0, Duration::from_secs(left));
        wait.map(|it| it.as_secs())
    }

    #[test]
    fn each_wait_is_twice_the_one_before_up_to_a_limit() {
        let waits: Vec<_> = (1..=8).map(|tried| wait(tried, None, 100)).collect();
        let expected = [1, 2, 4, 8, 8, 8, 8].map(Some);
        assert_eq!(waits, [&expected[..], &[None]].concat());
    }

    #[test]
    fn what_a_provider_asks_for_is_waited() {
        assert_eq!(wait(1, Some(0), 100), Some(0));
        assert_eq!(wait(3, Some(60), 100), Some(60));
        assert_eq!(wait(1, Some(61), 100), None);
        assert_eq!(wait(8, Some(0), 100), None);
    }

    #[test]
    fn nobody_waits_for_longer_than_there_is_time() {
        assert_eq!(wait(1, None, 1), None);
        assert_eq!(wait(1, Some(30), 30), None);
        assert_eq!(wait(1, Some(30), 31), Some(30));
    }

    #[test]
    fn calls_that_fail_together_come_apart() {
        let waits: Vec<_> = (0..SPREAD)
            .filter_map(|turn| RETRIES.wait(1, None, turn, 100 * SECOND))
            .collect();
        assert!(waits.is_sorted_by(|one, next| one < next), "{waits:?}");
        assert!(
            waits.iter().all(|it| (SECOND..2 * SECOND).contains(it)),
            "{waits:?}"
        );
    }
}
