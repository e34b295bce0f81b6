//! What is kept under idempotency keys.

use std::collections::BTreeMap;
use std::time::Duration;

use clawrk_core::payments::Mode;
use clawrk_core::time::Timestamp;
use serde_json::Value;

use super::error::StripeError;
use super::wire::{Method, Request};
use crate::rng::Rng;

/// How long a key is kept at least.
const KEPT_MIN: Duration = Duration::from_secs(24 * 60 * 60);

/// How much longer it may be kept.
const KEPT_MORE: usize = 24 * 60 * 60;

/// The longest key.
const KEY_MAX: usize = 255;

/// Whose key it is: no two accounts, and no two modes, share keys.
pub(super) type Owner = (String, Mode, String);

/// An answer that is given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) status: u16,
    pub(super) body: Value,
    /// The request that was answered so first.
    pub(super) request_id: String,
}

/// The answers that are kept.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    rng: Rng,
    entries: BTreeMap<Owner, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    method: Method,
    path: String,
    params: Vec<(String, String)>,
    /// None while the request is being carried out.
    kept: Option<Kept>,
    forget_at: Timestamp,
}

impl Keys {
    pub(super) fn new(rng: Rng) -> Keys {
        Keys {
            rng,
            entries: BTreeMap::new(),
        }
    }

    /// What is known of a key: an answer to give again, or nothing yet.
    pub(super) fn find(
        &mut self,
        owner: &Owner,
        request: &Request,
        now: Timestamp,
    ) -> Result<Option<Kept>, StripeError> {
        self.entries.retain(|_, entry| entry.forget_at > now);
        let key = &owner.2;
        if key.len() > KEY_MAX {
            let message = format!("Idempotency keys must be at most {KEY_MAX} characters long.");
            return Err(StripeError::key_reused(message));
        }
        let Some(entry) = self.entries.get(owner) else {
            return Ok(None);
        };
        if (entry.method, entry.path.as_str()) != (request.method, request.path.as_str()) {
            let message = format!(
                "Keys for idempotent requests can only be used for the same endpoint they were \
                 first used for ('{}' vs '{}'). Try using a key other than '{key}' if you meant \
                 to execute a different request.",
                request.path, entry.path
            );
            return Err(StripeError::key_reused(message));
        }
        if entry.params != sorted(&request.params) {
            let message = format!(
                "Keys for idempotent requests can only be used with the same parameters they were \
                 first used with. Try using a key other than '{key}' if you meant to execute a \
                 different request."
            );
            return Err(StripeError::key_reused(message));
        }
        let kept = entry.kept.clone();
        kept.map(Some).ok_or_else(|| StripeError::key_in_use(key))
    }

    /// A request begins to be carried out.
    pub(super) fn begin(&mut self, owner: &Owner, request: &Request, now: Timestamp) {
        let more = Duration::from_secs(self.rng.below(KEPT_MORE + 1) as u64);
        let entry = Entry {
            method: request.method,
            path: request.path.clone(),
            params: sorted(&request.params),
            kept: None,
            forget_at: now.after(KEPT_MIN).after(more),
        };
        self.entries.insert(owner.clone(), entry);
    }

    /// Keeps an answer, unless there is one or the key is forgotten.
    pub(super) fn keep(&mut self, owner: &Owner, kept: Kept) {
        if let Some(entry) = self.entries.get_mut(owner) {
            entry.kept.get_or_insert(kept);
        }
    }
}

fn sorted(params: &[(String, String)]) -> Vec<(String, String)> {
    let mut params = params.to_vec();
    params.sort();
    params
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_forgotten_at_some_time_of_the_second_day() {
        let start = Timestamp::from_millis(1_735_689_600_000);
        let hours = |hours: u64| start.after(Duration::from_secs(hours * 60 * 60));
        let mut keys = Keys::new(Rng::new(5));
        let request = Request::new(Method::Post, "/v1/transfers", "k").param("amount", "1");
        let owner = |n: usize| ("acct".to_owned(), Mode::Test, n.to_string());
        for n in 0..100 {
            keys.begin(&owner(n), &request, start);
            let kept = Kept {
                status: 200,
                body: n.into(),
                request_id: "req".to_owned(),
            };
            keys.keep(&owner(n), kept);
        }
        let mut left = |now| {
            let found = |n: &usize| keys.find(&owner(*n), &request, now).unwrap().is_some();
            (0..100).filter(found).count()
        };
        assert_eq!(left(start.after(KEPT_MIN - Duration::from_secs(1))), 100);
        let middle = left(hours(36));
        assert!((25..75).contains(&middle), "{middle} are left");
        assert_eq!(left(hours(48).after(Duration::from_secs(1))), 0);
    }

    #[test]
    fn modes_and_accounts_do_not_share_keys() {
        let mut keys = Keys::new(Rng::new(5));
        let request = Request::new(Method::Post, "/v1/transfers", "k");
        let now = Timestamp::from_millis(0);
        let owner = |account: &str, mode| (account.to_owned(), mode, "key".to_owned());
        keys.begin(&owner("a", Mode::Test), &request, now);
        assert!(keys.find(&owner("a", Mode::Test), &request, now).is_err());
        assert_eq!(keys.find(&owner("a", Mode::Live), &request, now), Ok(None));
        assert_eq!(keys.find(&owner("b", Mode::Test), &request, now), Ok(None));
    }
}
