//! API keys: shown once, stored hashed, compared in constant time.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::engine::Engine;
use crate::engine::users::check_name;
use crate::error::{Error, Rejection};
use crate::id::{CommitId, KeyId, UserId};
use crate::record::{ApiKeyRecord, Body, Record};
use crate::store::{Batch, Guard, Key};
use crate::time::Timestamp;

/// What every key begins with.
const PREFIX: &str = "clawrk_";

/// An API key as its user sees it later: without the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The public part.
    pub id: KeyId,
    /// A name for people.
    pub name: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
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
    /// Makes another API key for a user. The old ones stay good.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] or [`Rejection::TooLong`] for the name, [`Rejection::UserNotFound`].
    pub async fn create_key(&self, user: &UserId, name: Option<&str>) -> Result<NewApiKey, Error> {
        check_name(name)?;
        if self.user_record("create key", user).await?.is_none() {
            return Err(Rejection::UserNotFound(user.clone()).into());
        }
        let mut batch = self.batch()?;
        let key = self.write_key(&mut batch, user, name, self.inner.clock.now())?;
        match self.commit("create key", batch).await {
            Ok(()) => Ok(key),
            Err(failure) => Err(failure.into_error("create key")),
        }
    }

    /// Whose API key this is; none where it is malformed, unknown, wrong, or its user is disabled.
    ///
    /// # Errors
    /// Only failures of the store.
    pub async fn authenticate(&self, secret: &str) -> Result<Option<UserId>, Error> {
        let (id, secret) = split(secret).unwrap_or((KeyId::from_bits(0), secret));
        let found = self.read_one("authenticate", Key::ApiKey(id)).await?;
        let (hash, user) = match found {
            Some(Record {
                body: Body::ApiKey(key),
                ..
            }) => (key.hash, Some(key.user)),
            // An unknown key takes the same steps as a known one.
            _ => ([0; 32], None),
        };
        let matches: bool = digest(secret).ct_eq(&hash).into();
        let Some(user) = user.filter(|_| matches) else {
            return Ok(None);
        };
        let record = self.user_record("authenticate", &user).await?;
        Ok(record.filter(|(_, record)| !record.disabled).map(|_| user))
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
        };
        let record = ApiKeyRecord {
            id,
            user: user.clone(),
            name: key.name.clone(),
            hash: digest(&secret),
            created_at: now,
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
