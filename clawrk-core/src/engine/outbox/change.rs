//! A change of a payout: the payout, its step, its attempt and what moves, in one commit.

use crate::engine::Engine;
use crate::engine::commit::CommitFailure;
use crate::engine::transition::corrupt;
use crate::error::{Error, Rejection};
use crate::id::PayoutId;
use crate::job::Actor;
use crate::payout::decide::{Command, Decision, decide};
use crate::record::{AttemptRecord, Body, PayoutRecord, Record, StepRecord};
use crate::store::{Batch, Guard, Key, StoreError};

/// A payout as it was read, with its latest attempt.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) version: u64,
    pub(crate) payout: PayoutRecord,
    pub(crate) attempt: Option<(u64, AttemptRecord)>,
}

impl Stored {
    pub(crate) fn attempt(&self) -> Option<&AttemptRecord> {
        self.attempt.as_ref().map(|(_, attempt)| attempt)
    }

    /// The latest attempt, while it may still be sent or carried out.
    pub(crate) fn open(&self) -> Option<&AttemptRecord> {
        self.attempt().filter(|attempt| attempt.end.is_none())
    }

    /// Puts a decision into a batch, and gives the payout as it then is.
    pub(crate) fn write(
        &self,
        batch: &mut Batch,
        decision: Decision,
        actor: &Actor,
        note: Option<&str>,
    ) -> Stored {
        let mut payout = decision.payout;
        if let Some(note) = note {
            payout.note = Some(note.to_owned());
        }
        let (id, seq) = (payout.id, self.version + 1);
        let step = StepRecord {
            payout: id,
            seq,
            kind: decision.step,
            actor: actor.clone(),
            note: note.map(str::to_owned),
            at: payout.changed_at.unwrap_or(payout.created_at),
            commit: batch.id,
        };
        batch.guards.push(Guard::At(Key::Payout(id), self.version));
        batch.guards.push(Guard::Absent(Key::Step(id, seq)));
        batch.puts.push(Record::new(1, Body::Step(step)));
        let put = Record::new(seq, Body::Payout(payout.clone()));
        batch.puts.push(put);
        batch.postings.extend(decision.postings);
        let attempt = match decision.attempt {
            Some(attempt) => Some(self.write_attempt(batch, attempt)),
            None => self.attempt.clone(),
        };
        Stored {
            version: seq,
            payout,
            attempt,
        }
    }

    fn write_attempt(&self, batch: &mut Batch, attempt: AttemptRecord) -> (u64, AttemptRecord) {
        let key = Key::Attempt(attempt.payout, attempt.number);
        let known = self.attempt.as_ref();
        let known = known.filter(|(_, known)| known.number == attempt.number);
        let (guard, version) = match known {
            Some((version, _)) => (Guard::At(key, *version), version + 1),
            None => (Guard::Absent(key), 1),
        };
        batch.guards.push(guard);
        let put = Record::new(version, Body::Attempt(attempt.clone()));
        batch.puts.push(put);
        (version, attempt)
    }
}

impl Engine {
    /// A payout with its latest attempt; none where there is no such payout.
    pub(crate) async fn stored_payout(
        &self,
        op: &'static str,
        id: PayoutId,
    ) -> Result<Option<Stored>, Error> {
        let Some(record) = self.read_one(op, Key::Payout(id)).await? else {
            return Ok(None);
        };
        let Body::Payout(payout) = record.body else {
            return Err(corrupt(op, format!("payout {id} is something else")));
        };
        let attempt = match payout.attempt {
            0 => None,
            number => Some(self.stored_attempt(op, id, number).await?),
        };
        Ok(Some(Stored {
            version: record.version,
            payout,
            attempt,
        }))
    }

    async fn stored_attempt(
        &self,
        op: &'static str,
        id: PayoutId,
        number: u32,
    ) -> Result<(u64, AttemptRecord), Error> {
        match self.read_one(op, Key::Attempt(id, number)).await? {
            Some(Record {
                version,
                body: Body::Attempt(attempt),
                ..
            }) => Ok((version, attempt)),
            _ => Err(corrupt(op, format!("attempt {number} of {id} is missing"))),
        }
    }

    /// Decides a command of the exchange's own and commits it. None where somebody else was
    /// quicker; the refusal where what was read forbids it.
    pub(crate) async fn change_payout(
        &self,
        op: &'static str,
        stored: &Stored,
        command: Command,
    ) -> Result<Option<Stored>, Error> {
        let batch = self.batch()?;
        match self.change_with(op, stored, command, batch).await {
            Ok(changed) => Ok(Some(changed)),
            Err(CommitFailure::Conflict) => Ok(None),
            Err(failure) => Err(failure.into_error(op)),
        }
    }

    /// The same, together with what is in the batch.
    pub(crate) async fn change_with(
        &self,
        op: &'static str,
        stored: &Stored,
        command: Command,
        mut batch: Batch,
    ) -> Result<Stored, CommitFailure> {
        let kind = command.kind();
        let now = self.inner.clock.now();
        let (payout, attempt) = (&stored.payout, stored.attempt());
        let decided = decide(payout, attempt, command, &Actor::System, now);
        let decision = decided.map_err(|refusal| CommitFailure::Failed(refusal.into()))?;
        let changed = stored.write(&mut batch, decision, &Actor::System, None);
        self.commit(op, batch).await?;
        let (from, to) = (payout.status, changed.payout.status);
        let (id, job) = (payout.id, payout.id.job());
        let attempt = changed.payout.attempt;
        tracing::info!(
            payout = %id, %job, attempt, command = %kind, %from, %to,
            "a payout went on"
        );
        Ok(changed)
    }

    /// Whether an error is of one payout alone: a record of it is damaged, or what it moves does
    /// not fit the ledger. It must not keep all the others waiting.
    pub(crate) fn is_of_one(error: &Error) -> bool {
        matches!(
            error,
            Error::Internal(_)
                | Error::Store {
                    source: StoreError::Corrupt { .. },
                    ..
                }
        )
    }

    /// What came of looking at one payout of many: none where it alone is damaged, which is logged.
    pub(super) fn spared<T>(id: PayoutId, looked: Result<T, Error>) -> Result<Option<T>, Error> {
        match looked {
            Err(error) if Self::is_of_one(&error) => {
                tracing::error!(payout = %id, %error, "a payout is damaged");
                Ok(None)
            }
            looked => looked.map(Some),
        }
    }

    /// Whether an error says that a payout was not where the command needs it: somebody else was
    /// quicker, and nothing is lost.
    pub(crate) fn was_overtaken(error: &Error) -> bool {
        matches!(
            error.rejection(),
            Some(Rejection::WrongPayoutStatus { .. } | Rejection::PayoutNotFound)
        )
    }
}
