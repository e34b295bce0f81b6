//! One commit, and what to make of a doubtful answer.

use crate::engine::Engine;
use crate::error::Error;
use crate::id::CommitId;
use crate::ledger::Account;
use crate::record::{Body, OnceRecord, OnceState, Record, Scope};
use crate::store::{Batch, CommitError, Guard, Key, StoreError};

/// How often a batch is submitted while its outcome is in doubt.
const SUBMISSIONS_MAX: usize = 3;

/// Why a batch was not committed. Nothing was written, unless the error in
/// [`CommitFailure::Failed`] says that this is unknown.
#[derive(Debug)]
pub(crate) enum CommitFailure {
    /// Something it relied on has changed.
    Conflict,
    /// An account has too little.
    Short(Account),
    /// An account would have too much.
    Overflow(Account),
    /// Anything else.
    Failed(Error),
}

impl CommitFailure {
    /// The failure where neither accounts nor guards can be at fault.
    pub(crate) fn into_error(self, op: &'static str) -> Error {
        match self {
            CommitFailure::Conflict => Error::Busy { op },
            CommitFailure::Short(account) => Error::Internal(format!("{op}: {account} is short")),
            CommitFailure::Overflow(account) => {
                Error::Internal(format!("{op}: {account} would overflow"))
            }
            CommitFailure::Failed(error) => error,
        }
    }
}

impl Engine {
    /// A batch with a new id.
    pub(crate) fn batch(&self) -> Result<Batch, Error> {
        Ok(Batch::new(CommitId::new(self.inner.ids.as_ref())?))
    }

    /// Commits the batch, and finds out what happened where the store cannot tell.
    ///
    /// Every batch proves itself by a record that carries its id, is written under an `Absent`
    /// guard and keeps the id for ever. A batch submitted again meets its own proof as a conflict.
    pub(crate) async fn commit(
        &self,
        op: &'static str,
        mut batch: Batch,
    ) -> Result<(), CommitFailure> {
        let proof = self.proof(&mut batch);
        let mut doubt: Option<StoreError> = None;
        for _ in 0..SUBMISSIONS_MAX {
            match (self.inner.store.commit(&batch).await, doubt.is_some()) {
                (Ok(()), _) => return Ok(()),
                (Err(CommitError::Conflict(_)), false) => return Err(CommitFailure::Conflict),
                (Err(CommitError::Conflict(_)), true) => {
                    match self.is_committed(op, &proof, batch.id).await {
                        Ok(true) => return Ok(()),
                        Ok(false) => return Err(CommitFailure::Conflict),
                        Err(source) => doubt = Some(source),
                    }
                }
                // Guards come before floors, so our own earlier success would be a conflict.
                (Err(CommitError::Short { account }), _) => {
                    return Err(CommitFailure::Short(account));
                }
                (Err(CommitError::Overflow { account }), _) => {
                    return Err(CommitFailure::Overflow(account));
                }
                (Err(CommitError::Ambiguous(source)), _) => doubt = Some(source),
                // It says nothing about the submission before.
                (Err(CommitError::Refused(source)), true) => doubt = Some(source),
                (Err(CommitError::Refused(source)), false) => {
                    return Err(CommitFailure::Failed(Error::Store { op, source }));
                }
                (Err(CommitError::Invalid(invalid)), _) => {
                    return Err(CommitFailure::Failed(Error::Internal(format!(
                        "{op}: {invalid}"
                    ))));
                }
            }
        }
        let source = doubt.unwrap_or(StoreError::Closed);
        tracing::error!(op, %source, "the outcome of a commit is unknown");
        Err(CommitFailure::Failed(Error::OutcomeUnknown { op, source }))
    }

    /// The key of the record that proves the batch; one is added where none does.
    fn proof(&self, batch: &mut Batch) -> Key {
        let proves = |record: &&Record| {
            let absent = Guard::Absent(record.key());
            commit_of(&record.body) == Some(batch.id) && batch.guards.contains(&absent)
        };
        if let Some(record) = batch.puts.iter().find(proves) {
            return record.key();
        }
        let proof = OnceRecord {
            scope: Scope::Commit,
            key: batch.id.to_string(),
            request: [0; 32],
            command: String::new(),
            state: OnceState::Proof,
            expires_at: self.inner.clock.now().after(self.inner.policy.retention()),
            commit: batch.id,
        };
        let record = Record::new(1, Body::Once(proof));
        let key = record.key();
        batch.guards.push(Guard::Absent(key.clone()));
        batch.puts.push(record);
        key
    }

    async fn is_committed(
        &self,
        op: &'static str,
        proof: &Key,
        id: CommitId,
    ) -> Result<bool, StoreError> {
        let records = self.inner.store.read(std::slice::from_ref(proof)).await?;
        let found = records.into_iter().next().flatten();
        let ours = found.is_some_and(|record| commit_of(&record.body) == Some(id));
        tracing::warn!(op, committed = ours, "settled a doubtful commit");
        Ok(ours)
    }
}

/// The commit that a record names as the one that made it.
fn commit_of(body: &Body) -> Option<CommitId> {
    match body {
        Body::Event(event) => Some(event.commit),
        Body::Once(once) => Some(once.commit),
        Body::User(user) => Some(user.commit),
        Body::ApiKey(key) => Some(key.commit),
        Body::Meta(meta) => Some(meta.commit),
        Body::Step(step) => Some(step.commit),
        Body::Attempt(attempt) => Some(attempt.commit),
        Body::Inbox(inbox) => Some(inbox.commit),
        Body::Invoice(invoice) => Some(invoice.commit),
        Body::Link(link) => Some(link.commit),
        Body::Job(_)
        | Body::Text(_)
        | Body::Account(_)
        | Body::Entry(_)
        | Body::Payout(_)
        | Body::Outbox(_) => None,
    }
}
