//! Login codes: how a command line gets a key of its user's without the user copying one.

use std::fmt;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::engine::commit::CommitFailure;
use crate::engine::keys::{KEY_DECISIONS_MAX, NewApiKey};
use crate::engine::{Engine, hex};
use crate::error::{Error, Rejection};
use crate::id::UserId;
use crate::record::{Body, OnceRecord, OnceState, OpenCode, Record, Scope, UserRecord};
use crate::store::{Guard, Key};
use crate::time::Timestamp;

/// How many random bytes a code has.
const CODE_BYTES: usize = 20;

/// How long a code is good.
const CODE_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// The most codes of a user that are good at once.
const OPEN_CODES_MAX: usize = 5;

/// The name of a key that a code was given for.
const KEY_NAME: &str = "cli login";

/// A login code that was just made.
#[derive(Clone, PartialEq, Eq)]
pub struct LoginCode {
    /// The code: 40 characters. It cannot be had again.
    pub code: String,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

impl fmt::Debug for LoginCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginCode")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Makes a code that can be exchanged for an API key of the user's, once, within 10 minutes.
    /// The user's row is made if there was none. Of a user's codes 5 are good at once: one more
    /// ends the oldest.
    ///
    /// # Errors
    /// Only failures of the store.
    pub async fn create_login_code(&self, user: &UserId) -> Result<LoginCode, Error> {
        const OP: &str = "create login code";
        for _ in 0..KEY_DECISIONS_MAX {
            let Some((version, mut owner)) = self.user_record(OP, user).await? else {
                self.user(user).await?;
                continue;
            };
            let now = self.inner.clock.now();
            let code = self.random_code()?;
            let made = OpenCode {
                key: key_of(&code),
                expires_at: now.after(CODE_LIFETIME),
            };
            let mut batch = self.batch()?;
            owner.login_codes.retain(|open| open.expires_at > now);
            while owner.login_codes.len() >= OPEN_CODES_MAX {
                let oldest = owner.login_codes.remove(0);
                batch.deletes.push(Key::Once(Scope::Login, oldest.key));
            }
            owner.login_codes.push(made.clone());
            let record = OnceRecord {
                scope: Scope::Login,
                key: made.key.clone(),
                request: [0; 32],
                command: String::new(),
                state: OnceState::Login(user.clone()),
                expires_at: made.expires_at,
                commit: batch.id,
            };
            let guard = Guard::At(Key::User(user.clone()), version);
            batch.guards.push(guard);
            batch.puts.push(Record::new(version + 1, Body::User(owner)));
            let guard = Guard::Absent(Key::Once(Scope::Login, made.key));
            batch.guards.push(guard);
            batch.puts.push(Record::new(1, Body::Once(record)));
            match self.commit(OP, batch).await {
                Ok(()) => {
                    let expires_at = made.expires_at;
                    return Ok(LoginCode { code, expires_at });
                }
                Err(CommitFailure::Conflict) => {}
                Err(failure) => return Err(failure.into_error(OP)),
            }
        }
        Err(Error::Busy { op: OP })
    }

    /// Exchanges a login code for a new API key, named `cli login`, of the user whom it was made
    /// for. However many do so at once, one gets a key.
    ///
    /// # Errors
    /// [`Rejection::LoginCodeInvalid`] for a code that is unknown, used, ended by later ones or
    /// over its time, or whose user is disabled; [`Rejection::TooManyKeys`], and then the code
    /// stays good.
    pub async fn consume_login_code(&self, code: &str) -> Result<NewApiKey, Error> {
        const OP: &str = "consume login code";
        let hash = key_of(code);
        for _ in 0..KEY_DECISIONS_MAX {
            let (version, owner) = self.open_code(OP, &hash).await?;
            let found = self.user_record(OP, &owner).await?;
            let owner = found.filter(|(_, owner)| !owner.disabled);
            let (owner_version, owner) = owner.ok_or(Rejection::LoginCodeInvalid)?;
            let owner = without(owner, &hash);
            let mut batch = self.batch()?;
            let code = Key::Once(Scope::Login, hash.clone());
            batch.guards.push(Guard::At(code.clone(), version));
            batch.deletes.push(code);
            let owner = (owner_version, owner);
            let key = self
                .write_next_key(&mut batch, owner, Some(KEY_NAME))
                .await?;
            match self.commit(OP, batch).await {
                Ok(()) => return Ok(key),
                Err(CommitFailure::Conflict) => {}
                Err(failure) => return Err(failure.into_error(OP)),
            }
        }
        Err(Error::Busy { op: OP })
    }

    /// The version of a code that is still good, and whose it is.
    async fn open_code(&self, op: &'static str, hash: &str) -> Result<(u64, UserId), Error> {
        let key = Key::Once(Scope::Login, hash.to_owned());
        let found = self.read_one(op, key).await?;
        let now = self.inner.clock.now();
        match found.map(|record| (record.version, record.body)) {
            Some((
                version,
                Body::Once(OnceRecord {
                    state: OnceState::Login(user),
                    expires_at,
                    ..
                }),
            )) if expires_at > now => Ok((version, user)),
            _ => Err(Rejection::LoginCodeInvalid.into()),
        }
    }

    fn random_code(&self) -> Result<String, Error> {
        let mut bytes = [0; CODE_BYTES];
        self.inner.ids.fill(&mut bytes)?;
        Ok(hex(&bytes))
    }
}

/// What a code is stored under: its hash. Who reads the store learns no code that is good.
fn key_of(code: &str) -> String {
    hex(&Sha256::digest(code.as_bytes()))
}

fn without(mut owner: UserRecord, hash: &str) -> UserRecord {
    owner.login_codes.retain(|open| open.key != hash);
    owner
}
