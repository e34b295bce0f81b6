//! How often somebody may do something: a bucket for each, that fills up by itself.

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clawrk_core::time::Timestamp;

/// Microseconds since 1970.
type Micros = i64;

/// A rate for each of many.
///
/// Of each is kept only when their bucket will be full again (the generic cell rate algorithm).
/// Who is not in the table has a full bucket. Of more than `entries_max` whose buckets are not
/// full, those who come last go uncounted, so that memory is bounded.
#[derive(Debug)]
pub(crate) struct Rates<K> {
    /// How long it takes to earn one.
    step: Micros,
    /// How long it takes to fill an empty bucket.
    window: Micros,
    entries_max: usize,
    table: Mutex<Table<K>>,
}

#[derive(Debug)]
struct Table<K> {
    full_at: HashMap<K, Micros>,
    /// When full buckets were last thrown out.
    swept_at: Micros,
}

impl<K: Hash + Eq> Rates<K> {
    /// So many a second, and that many at once after a pause.
    pub(crate) fn new(per_second: NonZeroU32, burst: NonZeroU32, entries_max: usize) -> Rates<K> {
        let step = (1_000_000 / Micros::from(per_second.get())).max(1);
        Rates {
            step,
            window: step * Micros::from(burst.get()),
            entries_max,
            table: Mutex::new(Table {
                full_at: HashMap::new(),
                swept_at: Micros::MIN,
            }),
        }
    }

    /// Takes one out of a bucket.
    ///
    /// # Errors
    /// Where it is empty: how long until there is one.
    pub(crate) fn take(&self, key: K, now: Timestamp) -> Result<(), Duration> {
        let now = micros(now);
        let mut table = self.lock();
        let full_at = self.full_at(&table, &key, now);
        self.left(full_at, now)?;
        self.put(&mut table, key, full_at + self.step, now);
        Ok(())
    }

    /// Whether there is one in a bucket.
    ///
    /// # Errors
    /// Where it is empty: how long until there is one.
    pub(crate) fn look(&self, key: &K, now: Timestamp) -> Result<(), Duration> {
        let now = micros(now);
        let full_at = self.full_at(&self.lock(), key, now);
        self.left(full_at, now)
    }

    /// Takes one out of a bucket, if there is one.
    pub(crate) fn count(&self, key: K, now: Timestamp) {
        // Whoever finds it empty finds it so the next time too.
        let _ = self.take(key, now);
    }

    /// When the bucket will be full, were it left alone. No bucket takes longer than the window:
    /// one that seems to was filled before the clock was put back, and begins anew.
    fn full_at(&self, table: &Table<K>, key: &K, now: Micros) -> Micros {
        let known = table.full_at.get(key).copied();
        known
            .filter(|full_at| (now..=now + self.window).contains(full_at))
            .unwrap_or(now)
    }

    fn left(&self, full_at: Micros, now: Micros) -> Result<(), Duration> {
        match u64::try_from(full_at + self.step - now - self.window) {
            Ok(0) | Err(_) => Ok(()),
            Ok(missing) => Err(Duration::from_micros(missing)),
        }
    }

    fn put(&self, table: &mut Table<K>, key: K, full_at: Micros, now: Micros) {
        if !table.full_at.contains_key(&key) && table.full_at.len() >= self.entries_max {
            // Once in a window is enough, for it takes that long until the last one is full.
            let due = table.swept_at.saturating_add(self.window);
            if !(table.swept_at..due).contains(&now) {
                table.full_at.retain(|_, full_at| *full_at > now);
                table.swept_at = now;
            }
            if table.full_at.len() >= self.entries_max {
                return;
            }
        }
        table.full_at.insert(key, full_at);
    }

    /// No panic can leave the table half changed, so a poisoned lock is as good as another.
    fn lock(&self) -> MutexGuard<'_, Table<K>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn micros(time: Timestamp) -> Micros {
    time.as_millis() * 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(per_second: u32, burst: u32, entries_max: usize) -> Rates<u32> {
        let number = |number| NonZeroU32::new(number).unwrap();
        Rates::new(number(per_second), number(burst), entries_max)
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + millis)
    }

    /// How many are had at that time.
    fn had(rates: &Rates<u32>, key: u32, millis: i64) -> usize {
        let tries = 0..1_000;
        tries
            .take_while(|_| rates.take(key, at(millis)).is_ok())
            .count()
    }

    #[test]
    fn a_burst_then_the_rate() {
        let rates = rates(10, 20, 100);
        assert_eq!(had(&rates, 1, 0), 20);
        assert_eq!(rates.look(&1, at(0)), Err(Duration::from_millis(100)));
        assert_eq!(rates.look(&1, at(99)), Err(Duration::from_millis(1)));
        assert_eq!(rates.look(&1, at(100)), Ok(()));
        assert_eq!(had(&rates, 1, 100), 1);
        assert_eq!(had(&rates, 1, 1_100), 10);
        // However long the pause, no more than the burst.
        assert_eq!(had(&rates, 1, 900_000), 20);
        // Others have buckets of their own.
        assert_eq!(had(&rates, 2, 0), 20);
    }

    #[test]
    fn a_clock_that_is_put_back_locks_nobody_out() {
        let rates = rates(10, 20, 100);
        assert_eq!(had(&rates, 1, 900_000), 20);
        assert_eq!(had(&rates, 1, 0), 20);
        assert_eq!(had(&rates, 1, 100), 1);
    }

    #[test]
    fn the_table_is_bounded_and_cleans_itself() {
        let rates = rates(10, 20, 50);
        for key in 0..80 {
            assert_eq!(rates.take(key, at(0)), Ok(()));
        }
        assert_eq!(rates.lock().full_at.len(), 50);
        // Those who did not fit are not counted, the others are.
        assert_eq!(had(&rates, 70, 0), 1_000);
        assert_eq!(had(&rates, 7, 0), 19);
        // A tenth of a second later all but one are full; the sweep waits for its turn.
        assert_eq!(had(&rates, 70, 100), 1_000);
        assert_eq!(had(&rates, 70, 2_000), 20);
        assert_eq!(rates.lock().full_at.len(), 1);
    }

    #[test]
    fn any_rate_can_be_kept() {
        assert_eq!(had(&rates(1, 1, 9), 1, 0), 1);
        let fast = rates(u32::MAX, u32::MAX, 9);
        assert_eq!(had(&fast, 1, 0), 1_000);
    }
}
