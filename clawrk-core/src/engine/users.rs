//! People and agents.

use serde::{Deserialize, Serialize};

use crate::engine::commit::CommitFailure;
use crate::engine::keys::NewApiKey;
use crate::engine::once::Recalled;
use crate::engine::{Call, DECISIONS_MAX, Engine, PageRequest, hex};
use crate::error::{Error, Rejection};
use crate::id::UserId;
use crate::money::Credits;
use crate::record::{Answer, Body, Kind, Record, UserRecord};
use crate::store::{Batch, Guard, Index, Key};
use crate::time::Timestamp;

/// The longest id that may be chosen for a new user, in characters.
const CHOSEN_ID_CHARS_MAX: usize = 64;

/// The longest name of a user or a key, in bytes.
pub(crate) const NAME_BYTES_MAX: usize = 200;

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The user's id.
    pub id: UserId,
    /// A name for people.
    pub name: Option<String>,
    /// What the user can spend.
    pub credits: Credits,
    /// Whether the user's tokens are refused.
    pub disabled: bool,
    /// When the row was made.
    pub created_at: Timestamp,
    /// Who the user is to the payment provider as one who buys; none before the first checkout.
    pub customer_id: Option<String>,
    /// The account that the user is paid on; none while not connected.
    pub account_id: Option<String>,
    /// `pending` or `active`, as far as is known here; none while not connected.
    pub account_status: Option<String>,
    /// Why the account could not pay on to its bank, where that is the last that became known.
    pub bank_problem: Option<String>,
}

/// A user who was just made, with a first key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// The user.
    pub user: User,
    /// The key, whose secret is shown this once.
    pub api_key: NewApiKey,
}

/// A page of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Users {
    /// The users.
    pub items: Vec<User>,
    /// The cursor of the next page; none at the end.
    pub next: Option<String>,
}

impl Engine {
    /// A user, made here and now with no credits if there was no such row.
    ///
    /// # Errors
    /// Only failures of the store.
    pub async fn user(&self, id: &UserId) -> Result<User, Error> {
        for _ in 0..DECISIONS_MAX {
            if let Some((_, record)) = self.user_record("user", id).await? {
                return self.with_credits(record).await;
            }
            let mut batch = self.batch()?;
            write_user(&mut batch, id, None, self.inner.clock.now());
            match self.commit("user", batch).await {
                Ok(()) | Err(CommitFailure::Conflict) => {}
                Err(failure) => return Err(failure.into_error("user")),
            }
        }
        Err(Error::Busy { op: "user" })
    }

    /// Makes a user with a first API key. For the operator.
    ///
    /// Without an id, one is made. A chosen id is 1 to 64 of `[A-Za-z0-9._@-]`.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] for the id or the name, [`Rejection::TooLong`] for the name,
    /// [`Rejection::UserExists`].
    pub async fn create_user(
        &self,
        id: Option<&str>,
        name: Option<&str>,
    ) -> Result<NewUser, Error> {
        let id = match id {
            Some(id) => chosen_id(id)?,
            None => self.made_id()?,
        };
        check_name(name)?;
        let now = self.inner.clock.now();
        let mut batch = self.batch()?;
        let record = write_user(&mut batch, &id, name, now);
        let api_key = self.write_key(&mut batch, &id, None, now)?;
        match self.commit("create user", batch).await {
            Ok(()) => Ok(NewUser {
                user: user(record, Credits::ZERO),
                api_key,
            }),
            Err(CommitFailure::Conflict) => Err(Rejection::UserExists(id).into()),
            Err(failure) => Err(failure.into_error("create user")),
        }
    }

    /// A page of all users, by id. For the operator.
    ///
    /// # Errors
    /// [`Rejection::AdminOnly`], [`Rejection::Invalid`] for a cursor that is none.
    pub async fn users(
        &self,
        call: impl Into<Call<'_>>,
        page: &PageRequest,
    ) -> Result<Users, Error> {
        call.into().admin()?;
        let index = Index::All(Kind::User);
        let (rows, next) = self.records("users", &index, page).await?;
        let mut items = Vec::with_capacity(rows.len());
        for record in rows {
            if let Body::User(record) = record.body {
                items.push(self.with_credits(record).await?);
            }
        }
        Ok(Users { items, next })
    }

    /// Refuses a user's tokens from now on, or takes them again. For the operator.
    ///
    /// Repeated under its idempotency key, it leaves the user as it is now, and answers what the
    /// first call made of it.
    ///
    /// # Errors
    /// [`Rejection::AdminOnly`], [`Rejection::UserNotFound`].
    pub async fn set_user_disabled(
        &self,
        call: impl Into<Call<'_>>,
        id: &UserId,
        disabled: bool,
    ) -> Result<User, Error> {
        let op = if disabled { "disable" } else { "enable" };
        let call = call.into().to(op, id);
        call.admin()?;
        for _ in 0..DECISIONS_MAX {
            let recalled = self.recall(&call).await?;
            let found = self.user_record("disable user", id).await?;
            let (version, record) = found.ok_or_else(|| Rejection::UserNotFound(id.clone()))?;
            let record = UserRecord { disabled, ..record };
            let slot = match recalled {
                Recalled::Done(answer) => {
                    check_replay(&call, &answer)?;
                    return self.with_credits(record).await;
                }
                Recalled::New(slot) => Some(slot),
                Recalled::Unkeyed => None,
            };
            let user = self.with_credits(record.clone()).await?;
            let mut batch = self.batch()?;
            batch.guards.push(Guard::At(Key::User(id.clone()), version));
            batch
                .puts
                .push(Record::new(version + 1, Body::User(record)));
            if let Some(slot) = slot {
                slot.remember(&mut batch, Answer::Disabled(disabled));
            }
            match self.commit("disable user", batch).await {
                Ok(()) => return Ok(user),
                Err(CommitFailure::Conflict) => {}
                Err(failure) => return Err(failure.into_error("disable user")),
            }
        }
        Err(Error::Busy { op: "disable user" })
    }

    /// Whether the operator disabled a user. One who is not known is not. For a host that lets its
    /// own people in, who must look; [`authenticate`](Engine::authenticate) has looked.
    ///
    /// # Errors
    /// Only failures of the store.
    pub async fn is_disabled(&self, user: &UserId) -> Result<bool, Error> {
        let found = self.user_record("authenticate", user).await?;
        Ok(found.is_some_and(|(_, record)| record.disabled))
    }

    pub(crate) async fn user_record(
        &self,
        op: &'static str,
        id: &UserId,
    ) -> Result<Option<(u64, UserRecord)>, Error> {
        match self.read_one(op, Key::User(id.clone())).await? {
            None => Ok(None),
            Some(Record {
                version,
                body: Body::User(user),
                ..
            }) => Ok(Some((version, user))),
            Some(_) => Err(super::transition::corrupt(op, format!("user {id}"))),
        }
    }

    async fn with_credits(&self, record: UserRecord) -> Result<User, Error> {
        let (_, credits) = self.balance("user", &record.id).await?;
        Ok(user(record, credits))
    }

    /// A random id in the form of a version 4 UUID.
    fn made_id(&self) -> Result<UserId, Error> {
        let mut bytes = [0; 16];
        self.inner.ids.fill(&mut bytes)?;
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let hex = hex(&bytes);
        let parts = [
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..],
        ];
        UserId::new(parts.join("-")).map_err(|error| Error::Internal(error.to_string()))
    }
}

fn check_replay(call: &Call<'_>, answer: &Answer) -> Result<(), Error> {
    if let Some(once) = call.once {
        once.mark_replayed();
    }
    match answer {
        Answer::Disabled(_) => Ok(()),
        _ => Err(Rejection::IdempotencyKeyReused.into()),
    }
}

fn user(record: UserRecord, credits: Credits) -> User {
    let status = record.account.as_ref().map(|account| account.status);
    User {
        id: record.id,
        name: record.name,
        credits,
        disabled: record.disabled,
        created_at: record.created_at,
        customer_id: record.customer,
        account_id: record.account.map(|account| account.id),
        account_status: status.map(|status| status.as_str().to_owned()),
        bank_problem: record.bank.and_then(|bank| bank.problem),
    }
}

fn write_user(batch: &mut Batch, id: &UserId, name: Option<&str>, now: Timestamp) -> UserRecord {
    let record = UserRecord::new(id.clone(), name.map(str::to_owned), now, batch.id);
    batch.guards.push(Guard::Absent(Key::User(id.clone())));
    batch.puts.push(Record::new(1, Body::User(record.clone())));
    record
}

fn chosen_id(id: &str) -> Result<UserId, Rejection> {
    let fits = (1..=CHOSEN_ID_CHARS_MAX).contains(&id.len());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._@-".contains(&byte);
    let refuse = || Rejection::invalid("id", "must be 1 to 64 of A-Z a-z 0-9 . _ @ -");
    if fits && id.bytes().all(plain) {
        UserId::new(id).map_err(|_| refuse())
    } else {
        Err(refuse())
    }
}

pub(crate) fn check_name(name: Option<&str>) -> Result<(), Rejection> {
    match name {
        Some(name) => super::limits::text("name", name, NAME_BYTES_MAX),
        None => Ok(()),
    }
}
