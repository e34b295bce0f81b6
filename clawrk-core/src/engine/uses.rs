//! When API keys were last used: noted in memory, written by `tick`, so that no request waits for
//! a commit.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::engine::{Engine, Progress};
use crate::error::Error;
use crate::id::KeyId;
use crate::record::{ApiKeyRecord, Body, Record};
use crate::store::{Guard, Key};
use crate::time::Timestamp;

/// A use is written only where the one written before is at least this old.
pub(crate) const PRECISION: Duration = Duration::from_secs(5 * 60);

/// The most keys whose uses wait to be written. What comes on top is noted at a later use.
const NOTED_MAX: usize = 10_000;

/// The most uses that one commit writes; each takes a guard and a put.
const WRITTEN_AT_ONCE_MAX: usize = 100;

/// The uses that are not written yet, in the order of their keys.
#[derive(Debug, Default)]
pub(crate) struct Uses(Mutex<BTreeMap<KeyId, Timestamp>>);

impl Uses {
    /// Notes that a key was used, where that is worth writing.
    pub(crate) fn note(&self, key: &ApiKeyRecord, now: Timestamp) {
        if is_news(key, now) {
            self.put(key.id, now);
        }
    }

    /// When the key was last used, as far as that is not written yet.
    pub(crate) fn noted(&self, key: KeyId) -> Option<Timestamp> {
        self.lock().get(&key).copied()
    }

    fn put(&self, key: KeyId, at: Timestamp) {
        let mut noted = self.lock();
        if let Some(known) = noted.get_mut(&key) {
            *known = at.max(*known);
        } else if noted.len() < NOTED_MAX {
            noted.insert(key, at);
        }
    }

    /// Takes some uses out.
    fn take(&self, most: usize) -> BTreeMap<KeyId, Timestamp> {
        let mut noted = self.lock();
        let rest = match noted.keys().nth(most).copied() {
            Some(first) => noted.split_off(&first),
            None => BTreeMap::new(),
        };
        std::mem::replace(&mut *noted, rest)
    }

    fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// No panic can leave the map half changed, so a poisoned lock is as good as another.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<KeyId, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Writes uses that were noted. One that cannot be written is lost: the key's next use is
    /// noted again.
    pub(crate) async fn write_uses(&self, budget: usize) -> Result<Progress, Error> {
        let uses = self.inner.uses.take(budget.min(WRITTEN_AT_ONCE_MAX));
        if uses.is_empty() {
            return Ok(Progress {
                done: 0,
                next: None,
            });
        }
        let keys: Vec<Key> = uses.keys().map(|key| Key::ApiKey(*key)).collect();
        let mut batch = self.batch()?;
        for record in self.read("tick", &keys).await?.into_iter().flatten() {
            let Body::ApiKey(key) = record.body else {
                continue;
            };
            let Some(used) = uses.get(&key.id).filter(|at| is_news(&key, **at)) else {
                continue;
            };
            // So a key that is revoked meanwhile stays so.
            let guard = Guard::At(Key::ApiKey(key.id), record.version);
            let key = ApiKeyRecord {
                last_used_at: Some(*used),
                ..key
            };
            batch.guards.push(guard);
            batch
                .puts
                .push(Record::new(record.version + 1, Body::ApiKey(key)));
        }
        let done = batch.puts.len();
        if done > 0 && !self.commit_repeatable(&batch).await? {
            for (key, at) in uses {
                self.inner.uses.put(key, at);
            }
            return Ok(Progress {
                done: 0,
                next: None,
            });
        }
        let next = (!self.inner.uses.is_empty()).then(|| self.inner.clock.now());
        Ok(Progress { done, next })
    }
}

/// Whether a use is so much later than the one that is written that it is written too.
fn is_news(key: &ApiKeyRecord, used: Timestamp) -> bool {
    key.last_used_at
        .is_none_or(|last| used >= last.after(PRECISION))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_bounded_and_taken_in_pieces() {
        let uses = Uses::default();
        let at = Timestamp::from_millis(5);
        for bits in 0..NOTED_MAX as u64 + 7 {
            uses.put(KeyId::from_bits(bits), at);
        }
        assert_eq!(uses.noted(KeyId::from_bits(0)), Some(at));
        assert_eq!(uses.noted(KeyId::from_bits(NOTED_MAX as u64)), None);
        let first = uses.take(100);
        assert!(first.len() == 100 && first.contains_key(&KeyId::from_bits(99)));
        let mut left = 0;
        while !uses.is_empty() {
            left += uses.take(3_000).len();
        }
        assert_eq!(left, NOTED_MAX - 100);
    }

    #[test]
    fn an_earlier_use_does_not_replace_a_later_one() {
        let (uses, key) = (Uses::default(), KeyId::from_bits(1));
        uses.put(key, Timestamp::from_millis(9));
        uses.put(key, Timestamp::from_millis(5));
        assert_eq!(uses.noted(key), Some(Timestamp::from_millis(9)));
    }
}
