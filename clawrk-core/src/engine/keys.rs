//! API keys: shown once, stored hashed, compared in constant time.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::engine::commit::CommitFailure;
use crate::engine::users::check_name;
use crate::engine::{DECISIONS_MAX, Engine};
use crate::error::{Error, Rejection};
use crate::id::{CommitId, KeyId, UserId};
use crate::record::{ApiKeyRecord, Body, Record, UserRecord};
use crate::store::{Batch, Guard, Index, Key, PageLimit};
use crate::time::Timestamp;

/// What every key begins with.
const PREFIX: &str = "clawrk_";

/// The most API keys that a user may have.
const KEYS_MAX: usize = 100;

/// How often the making of a key or of a login code is decided afresh: it loses to every other one
/// that is made for the same user at once.
pub(crate) const KEY_DECISIONS_MAX: usize = 1_000;

/// An API key as its user sees it later: without the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The public part.
    pub id: KeyId,
    /// A name for people.
    pub name: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used; none where it never was. Uses are noted in memory and written by
    /// [`Engine::tick`], at most every 5 minutes: so it may be 5 minutes too early, and is what is
    /// written where the engine ended, or another one over the same store saw the use.
    pub last_used_at: Option<Timestamp>,
}

impl ApiKey {
    /// What the whole key begins with, up to its secret part: enough to tell which one it is.
    pub fn prefix(&self) -> String {
        format!("{PREFIX}{}_", self.id)
    }
}

/// An API key that was just made.
#[derive(Clone, PartialEq, Eq)]
pub struct NewApiKey {
    /// What is kept of it.
    pub key: ApiKey,
    /// The whole key, `clawrk_<id>_<secret>`. It cannot be had again.
    pub secret: String,
}

impl fmt::Debug for NewApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewApiKey")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// A user's API keys, oldest first: all of them, at most 100.
    ///
    /// # Errors
    /// Only failures of the store.
    pub async fn keys(&self, user: &UserId) -> Result<Vec<ApiKey>, Error> {
        let records = self.key_records("keys", user).await?;
        let keys = records.into_iter().map(|key| ApiKey {
            last_used_at: key.last_used_at.max(self.inner.uses.noted(key.id)),
            id: key.id,
            name: key.name,
            created_at: key.created_at,
        });
        Ok(keys.collect())
    }

    /// Makes another API key for a user. The old ones stay good.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] or [`Rejection::TooLong`] for the name, [`Rejection::UserNotFound`],
    /// [`Rejection::TooManyKeys`] where the user has 100 of them.
    pub async fn create_key(&self, user: &UserId, name: Option<&str>) -> Result<NewApiKey, Error> {
        check_name(name)?;
        for _ in 0..KEY_DECISIONS_MAX {
            let found = self.user_record("create key", user).await?;
            let owner = found.ok_or_else(|| Rejection::UserNotFound(user.clone()))?;
            let mut batch = self.batch()?;
            let key = self.write_next_key(&mut batch, owner, name).await?;
            match self.commit("create key", batch).await {
                Ok(()) => return Ok(key),
                Err(CommitFailure::Conflict) => {}
                Err(failure) => return Err(failure.into_error("create key")),
            }
        }
        Err(Error::Busy { op: "create key" })
    }

    /// Takes an API key of the user's away: it is refused from the next [`authenticate`] on. Who
    /// was let in before is not stopped.
    ///
    /// [`authenticate`]: Engine::authenticate
    ///
    /// # Errors
    /// [`Rejection::KeyNotFound`], also where the key is somebody else's or was revoked before.
    pub async fn revoke_key(&self, user: &UserId, key: KeyId) -> Result<(), Error> {
        for _ in 0..DECISIONS_MAX {
            let version = match self.read_one("revoke key", Key::ApiKey(key)).await? {
                Some(Record {
                    version,
                    body: Body::ApiKey(record),
                    ..
                }) if record.user == *user => version,
                _ => return Err(Rejection::KeyNotFound.into()),
            };
            let mut batch = self.batch()?;
            batch.guards.push(Guard::At(Key::ApiKey(key), version));
            batch.deletes.push(Key::ApiKey(key));
            match self.commit("revoke key", batch).await {
                Ok(()) => return Ok(()),
                Err(CommitFailure::Conflict) => {}
                Err(failure) => return Err(failure.into_error("revoke key")),
            }
        }
        Err(Error::Busy { op: "revoke key" })
    }

    /// Whose API key this is; none where it is malformed, unknown, wrong, or its user is disabled.
    ///
    /// # Errors
    /// Only failures of the store.
    pub async fn authenticate(&self, secret: &str) -> Result<Option<UserId>, Error> {
        let (id, secret) = split(secret).unwrap_or((KeyId::from_bits(0), secret));
        let found = self.read_one("authenticate", Key::ApiKey(id)).await?;
        let key = match found {
            Some(Record {
                body: Body::ApiKey(key),
                ..
            }) => Some(key),
            _ => None,
        };
        // An unknown key takes the same steps as a known one.
        let hash = key.as_ref().map_or([0; 32], |key| key.hash);
        let matches: bool = digest(secret).ct_eq(&hash).into();
        let Some(key) = key.filter(|_| matches) else {
            return Ok(None);
        };
        let owner = self.user_record("authenticate", &key.user).await?;
        if owner.is_none_or(|(_, owner)| owner.disabled) {
            return Ok(None);
        }
        self.inner.uses.note(&key, self.inner.clock.now());
        Ok(Some(key.user))
    }

    /// The records of a user's keys, oldest first.
    async fn key_records(
        &self,
        op: &'static str,
        user: &UserId,
    ) -> Result<Vec<ApiKeyRecord>, Error> {
        let index = Index::KeysOf(user.clone());
        let limit = PageLimit::rows(PageLimit::ROWS_MAX);
        let page = self.scan(op, &index, None, limit).await?;
        let keys = page
            .rows
            .into_iter()
            .filter_map(|record| match record.body {
                Body::ApiKey(key) => Some(key),
                _ => None,
            });
        Ok(keys.collect())
    }

    /// Puts one more key of a user into the batch, unless there are too many. The user's record is
    /// written again, so that of all keys that are made for a user at once only one is counted on
    /// what was read, and none is made for a user who is disabled at the same time.
    pub(crate) async fn write_next_key(
        &self,
        batch: &mut Batch,
        (version, owner): (u64, UserRecord),
        name: Option<&str>,
    ) -> Result<NewApiKey, Error> {
        if self.key_records("create key", &owner.id).await?.len() >= KEYS_MAX {
            return Err(Rejection::TooManyKeys { limit: KEYS_MAX }.into());
        }
        let id = owner.id.clone();
        batch.guards.push(Guard::At(Key::User(id.clone()), version));
        batch.puts.push(Record::new(version + 1, Body::User(owner)));
        self.write_key(batch, &id, name, self.inner.clock.now())
    }

    /// Puts a new key into the batch.
    pub(crate) fn write_key(
        &self,
        batch: &mut Batch,
        user: &UserId,
        name: Option<&str>,
        now: Timestamp,
    ) -> Result<NewApiKey, Error> {
        let ids = self.inner.ids.as_ref();
        let id = KeyId::new(ids)?;
        // Two random ids have the 256 bits, in the alphabet that all ids have.
        let secret = format!("{}{}", CommitId::new(ids)?, CommitId::new(ids)?);
        let key = ApiKey {
            id,
            name: name.map(str::to_owned),
            created_at: now,
            last_used_at: None,
        };
        let record = ApiKeyRecord {
            id,
            user: user.clone(),
            name: key.name.clone(),
            hash: digest(&secret),
            created_at: now,
            last_used_at: None,
            commit: batch.id,
        };
        batch.guards.push(Guard::Absent(Key::ApiKey(id)));
        batch.puts.push(Record::new(1, Body::ApiKey(record)));
        Ok(NewApiKey {
            key,
            secret: format!("{PREFIX}{id}_{secret}"),
        })
    }
}

fn split(key: &str) -> Option<(KeyId, &str)> {
    let (id, secret) = key.strip_prefix(PREFIX)?.split_once('_')?;
    Some((id.parse().ok()?, secret))
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}
