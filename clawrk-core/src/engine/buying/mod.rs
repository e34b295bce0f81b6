//! What users buy and where they are paid: customers, invoices, connected accounts, and the news
//! of all of them.

mod account;
mod checkout;
mod connect;
mod invoices;
mod link;
mod parked;
mod token;
mod webhook;

use crate::engine::commit::CommitFailure;
use crate::engine::{DECISIONS_MAX, Engine};
use crate::error::Error;
use crate::id::UserId;
use crate::payments::PaymentsError;
use crate::record::{Body, LinkRecord, Linked, Record, UserRecord};
use crate::store::{Batch, Guard, Key};

pub use connect::ConnectStatus;
pub use webhook::Received;

/// The key under which the n-th customer or account of a user is made once.
fn key_of(what: &str, user: &UserId, number: u32) -> String {
    format!("{what}:{user}:{number}")
}

/// The provider gave no answer that can be used.
fn failed(op: &'static str, source: PaymentsError) -> Error {
    Error::Payments { op, source }
}

impl Engine {
    /// A user's record with its version; made where there was none.
    async fn known_user(
        &self,
        op: &'static str,
        user: &UserId,
    ) -> Result<(u64, UserRecord), Error> {
        for _ in 0..DECISIONS_MAX {
            if let Some(found) = self.user_record(op, user).await? {
                return Ok(found);
            }
            self.user(user).await?;
        }
        Err(Error::Busy { op })
    }

    /// Writes a user's record again. Says whether it passed; else it has changed.
    async fn rewrite_user(
        &self,
        op: &'static str,
        version: u64,
        record: UserRecord,
    ) -> Result<bool, Error> {
        let mut batch = self.batch()?;
        put_user(&mut batch, version, record);
        self.commit_or_conflict(op, batch).await
    }

    /// Commits what no account can stop. Says whether it passed; else what it relied on has
    /// changed.
    async fn commit_or_conflict(&self, op: &'static str, batch: Batch) -> Result<bool, Error> {
        match self.commit(op, batch).await {
            Ok(()) => Ok(true),
            Err(CommitFailure::Conflict) => Ok(false),
            Err(failure) => Err(failure.into_error(op)),
        }
    }

    /// Whose a provider's id is; none where it is nobody's here.
    async fn owner_of(
        &self,
        op: &'static str,
        what: Linked,
        id: &str,
    ) -> Result<Option<UserId>, Error> {
        let found = self.read_one(op, Key::Link(what, id.to_owned())).await?;
        Ok(found.and_then(|record| match record.body {
            Body::Link(link) => Some(link.user),
            _ => None,
        }))
    }

    /// Puts into the batch that a provider's id belongs to a user, for ever.
    fn put_link(&self, batch: &mut Batch, what: Linked, id: &str, user: &UserId) {
        let link = LinkRecord {
            what,
            id: id.to_owned(),
            user: user.clone(),
            created_at: self.inner.clock.now(),
            commit: batch.id,
        };
        let record = Record::new(1, Body::Link(link));
        batch.guards.push(Guard::Absent(record.key()));
        batch.puts.push(record);
    }
}

/// Puts into the batch what becomes of a user's record of that version.
fn put_user(batch: &mut Batch, version: u64, record: UserRecord) {
    let guard = Guard::At(Key::User(record.id.clone()), version);
    batch.guards.push(guard);
    batch
        .puts
        .push(Record::new(version + 1, Body::User(record)));
}
