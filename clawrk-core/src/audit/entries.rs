//! Entries: each has its other leg, and each is there for a reason.

use crate::audit::accounts::entry;
use crate::audit::look::{Auditor, Pages};
use crate::audit::twin::describe;
use crate::audit::{ViolationKind, expected};
use crate::error::Error;
use crate::id::{CommitId, JobId};
use crate::job::JobRecord;
use crate::ledger::{Account, Posting};
use crate::record::{Body, EntryRecord, Kind, Record};
use crate::store::{Index, Key};

/// Which end of a job's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Opening,
    Closing,
}

/// A commit that was one end of a job's life. What it demands of the ledger never changes: terms
/// do not, and a job that has ended stays as it is.
#[derive(Debug)]
pub(super) struct Cause {
    commit: CommitId,
    job: JobId,
    postings: Vec<Posting>,
}

impl Auditor<'_> {
    /// Checks every entry of this kind.
    pub(super) async fn entries(&mut self, kind: Kind) -> Result<(), Error> {
        let mut pages = Pages::of(Index::All(kind));
        while let Some(rows) = self.next(&mut pages).await? {
            for record in rows {
                let seq = record.seq;
                if let Some(entry) = entry(Some(record)) {
                    self.audit.entries += 1;
                    self.numbered(&entry).await?;
                    self.twin(seq, &entry).await?;
                    self.cause(&entry).await?;
                }
            }
        }
        Ok(())
    }

    /// An entry is numbered where its account has a balance, and the account has reached it.
    async fn numbered(&mut self, entry: &EntryRecord) -> Result<(), Error> {
        if entry.number.is_some() != entry.account.has_balance() {
            let detail = format!("has the number {:?} in {}", entry.number, entry.account);
            self.audit
                .add(ViolationKind::Misplaced, entry.key(), detail);
        }
        let Some(number) = entry.number else {
            return Ok(());
        };
        let count = self.count_to(&entry.account, number).await?;
        if number > count {
            let detail = format!("the account counts {count} entries");
            self.audit
                .add(ViolationKind::EntryBeyondAccount, entry.key(), detail);
        }
        Ok(())
    }

    /// How many entries an account has, or had a moment ago where that was enough: entries come one
    /// account after the other, and counts only grow.
    async fn count_to(&mut self, account: &Account, enough: u64) -> Result<u64, Error> {
        if let Some((known, count)) = &self.counted
            && known == account
            && *count >= enough
        {
            return Ok(*count);
        }
        let found = self.read_one(Key::Account(account.clone())).await?;
        let count = found.map_or(0, |record| record.version);
        self.counted = Some((account.clone(), count));
        Ok(count)
    }

    /// An entry comes from the life of a job or of its payout, or from credits that were given or
    /// taken.
    async fn cause(&mut self, entry: &EntryRecord) -> Result<(), Error> {
        let Some(id) = entry.job else {
            return self.of_no_job(entry).await;
        };
        // Entries without a number come one commit after the other.
        let known = self.cause.take();
        let known = known.filter(|cause| cause.commit == entry.commit && cause.job == id);
        let cause = match known {
            Some(cause) => Some(cause),
            None => self.find_cause(id, entry.commit).await?,
        };
        let Some(cause) = cause else {
            let detail = format!("{} is not of this job's commits", describe(entry));
            self.audit
                .add(ViolationKind::EntryStray, entry.key(), detail);
            return Ok(());
        };
        match cause.postings.get(usize::from(entry.place)) {
            Some(posting) if is_of(entry, posting) => {}
            Some(posting) => {
                let (delta, account) = (posting.delta, &posting.account);
                let detail = format!("{} instead of {delta} to {account}", describe(entry));
                self.audit
                    .add(ViolationKind::LegUnequal, entry.key(), detail);
            }
            None => {
                let detail = format!("{}, where nothing is due", describe(entry));
                self.audit
                    .add(ViolationKind::EntryStray, entry.key(), detail);
            }
        }
        self.cause = Some(cause);
        Ok(())
    }

    async fn find_cause(&mut self, id: JobId, commit: CommitId) -> Result<Option<Cause>, Error> {
        let postings = match self.end(id, commit).await? {
            Some((End::Opening, job)) => Some(expected::opening(&job)),
            Some((End::Closing, job)) => Some(expected::closing(&job)),
            None => self.step_of(id, commit).await?,
        };
        Ok(postings.map(|postings| Cause {
            commit,
            job: id,
            postings,
        }))
    }

    /// The job, and which end of its life this commit was; none where it was neither. The commit
    /// was seen before, so the job has it by now.
    async fn end(
        &mut self,
        id: JobId,
        commit: CommitId,
    ) -> Result<Option<(End, JobRecord)>, Error> {
        let Some(Record {
            version,
            body: Body::Job(job),
            ..
        }) = self.read_one(Key::Job(id)).await?
        else {
            return Ok(None);
        };
        let ends = [(End::Opening, 1), (End::Closing, version)];
        let keys = ends.map(|(_, seq)| Key::Event(id, seq));
        let found = self.read(&keys).await?;
        for ((end, _), record) in ends.into_iter().zip(found) {
            let made_here = record.is_some_and(|record| match record.body {
                Body::Event(event) => event.commit == commit,
                _ => false,
            });
            if made_here && (end == End::Opening || job.state.status().is_final()) {
                return Ok(Some((end, job)));
            }
        }
        Ok(None)
    }
}

pub(super) fn is_of(entry: &EntryRecord, posting: &Posting) -> bool {
    entry.account == posting.account
        && entry.delta == posting.delta
        && entry.other_account == posting.other_account
        && entry.reason == posting.reason
        && entry.job == posting.job
}
