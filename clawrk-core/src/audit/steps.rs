//! Payouts: their histories, attempts and transfers, and the flows that their steps demand.

use crate::audit::ViolationKind;
use crate::audit::look::{Auditor, CHUNK_ROWS};
use crate::audit::paying::Paying;
use crate::error::Error;
use crate::id::{CommitId, JobId, PayoutId};
use crate::ledger::Posting;
use crate::record::{
    AttemptEnd, AttemptRecord, Body, EntryRecord, PayoutRecord, Record, StepRecord,
};
use crate::store::Key;

/// A step, with the number of the commit that wrote it.
type Step = (u64, StepRecord);

impl Auditor<'_> {
    /// Checks how a payout came to stand where it does.
    pub(super) async fn paying(
        &mut self,
        version: u64,
        payout: &PayoutRecord,
    ) -> Result<(), Error> {
        let mut paying = Paying::new(payout);
        for start in (2..=version).step_by(CHUNK_ROWS) {
            let end = version.min(start.saturating_add(CHUNK_ROWS as u64 - 1));
            for (key, found) in self.steps(payout.id, start, end).await? {
                let Some((seq, step)) = found else {
                    let detail = format!("the payout is at version {version}");
                    self.audit.add(ViolationKind::StepMissing, key, detail);
                    continue;
                };
                match paying.step(&step) {
                    Ok(postings) => {
                        self.numbered_legs(seq, &step, &postings).await?;
                        self.legs(payout.id.job(), step.commit, postings).await?;
                    }
                    Err(detail) => self.audit.add(ViolationKind::PayoutHistory, key, detail),
                }
            }
        }
        if let Err(detail) = paying.leads_to() {
            let key = Key::Payout(payout.id);
            self.audit.add(ViolationKind::PayoutHistory, key, detail);
        }
        let open = paying.is_open();
        self.no_step_beyond(version, payout.id).await?;
        self.attempts(payout, open).await?;
        self.transfer_of(payout);
        Ok(())
    }

    async fn steps(
        &mut self,
        payout: PayoutId,
        start: u64,
        end: u64,
    ) -> Result<Vec<(Key, Option<Step>)>, Error> {
        let keys: Vec<Key> = (start..=end).map(|seq| Key::Step(payout, seq)).collect();
        let found = self.read(&keys).await?.into_iter().map(step);
        Ok(keys.into_iter().zip(found).collect())
    }

    /// A step that was seen has moved the payout on.
    async fn no_step_beyond(&mut self, version: u64, payout: PayoutId) -> Result<(), Error> {
        let seq = version.saturating_add(1);
        if self.read_one(Key::Step(payout, seq)).await?.is_none() {
            return Ok(());
        }
        let now = self.read_one(Key::Payout(payout)).await?;
        let now = now.map_or(0, |record| record.version);
        if now < seq {
            let detail = format!("the payout is at version {now}");
            let key = Key::Step(payout, seq);
            self.audit.add(ViolationKind::StepBeyondPayout, key, detail);
        }
        Ok(())
    }

    /// Flows between two accounts that number their entries are found by the number of the commit.
    async fn numbered_legs(
        &mut self,
        seq: u64,
        step: &StepRecord,
        postings: &[Posting],
    ) -> Result<(), Error> {
        for (place, posting) in (0_u16..).zip(postings) {
            if !posting.account.has_balance() || !posting.other_account.has_balance() {
                continue;
            }
            let other = EntryRecord {
                account: posting.other_account.clone(),
                number: None,
                delta: posting.delta.saturating_neg(),
                balance: None,
                other_account: posting.account.clone(),
                reason: posting.reason.clone(),
                job: posting.job,
                at: posting.at,
                commit: step.commit,
                place: place ^ 1,
            };
            if self.numbered_twin(seq, &other).await?.is_none() {
                let (delta, account) = (posting.delta, &posting.account);
                let detail = format!("demands {delta} to {account}");
                let key = Key::Step(step.payout, step.seq);
                self.audit.add(ViolationKind::LegMissing, key, detail);
            }
        }
        Ok(())
    }

    /// Every attempt is there, and none but the last is open. What is written of an attempt is read
    /// after its payout, so it may be ahead of it, and only where the payout is as it was does that
    /// count.
    async fn attempts(&mut self, payout: &PayoutRecord, open: bool) -> Result<(), Error> {
        for number in 1..=payout.attempt {
            let key = Key::Attempt(payout.id, number);
            let Some(attempt) = attempt(self.read_one(key.clone()).await?) else {
                let count = payout.attempt;
                let detail = format!("the payout has {count} attempts");
                self.audit.add(ViolationKind::AttemptMissing, key, detail);
                continue;
            };
            let latest = number == payout.attempt;
            let settled = match &attempt.end {
                Some(AttemptEnd::Declined { .. } | AttemptEnd::Absent(_)) => !latest || !open,
                Some(AttemptEnd::Paid { transfer }) => {
                    latest && !open && payout.transfer.as_ref() == Some(transfer)
                }
                Some(AttemptEnd::Withdrawn) => latest && !open,
                None => latest && open,
            };
            if !settled && !self.has_moved_on(payout).await? {
                let detail = format!("ended as {:?}, open: {open}", attempt.end);
                self.audit.add(ViolationKind::AttemptUnsettled, key, detail);
            }
        }
        let next = Key::Attempt(payout.id, payout.attempt.saturating_add(1));
        if self.read_one(next.clone()).await?.is_some() && !self.has_moved_on(payout).await? {
            let detail = format!("the payout has {} attempts", payout.attempt);
            self.audit.add(ViolationKind::AttemptMissing, next, detail);
        }
        Ok(())
    }

    async fn has_moved_on(&mut self, payout: &PayoutRecord) -> Result<bool, Error> {
        let now = self.read_one(Key::Payout(payout.id)).await?;
        Ok(!matches!(now, Some(Record { body: Body::Payout(now), .. }) if now == *payout))
    }

    fn transfer_of(&mut self, payout: &PayoutRecord) {
        let Some(transfer) = &payout.transfer else {
            return;
        };
        if let Some(other) = self.transfers.insert(transfer.clone(), payout.id)
            && other != payout.id
        {
            let key = Key::Payout(payout.id);
            let detail = format!("{transfer} pays {other} as well");
            self.audit.add(ViolationKind::TransferTwice, key, detail);
        }
    }

    /// What the step of a job's payout demands of the ledger that this commit wrote; none where it
    /// wrote none. The commit was seen before, so the payout has the step by now.
    pub(super) async fn step_of(
        &mut self,
        job: JobId,
        commit: CommitId,
    ) -> Result<Option<Vec<Posting>>, Error> {
        let id = PayoutId::of(job);
        let Some(Record {
            version,
            body: Body::Payout(payout),
            ..
        }) = self.read_one(Key::Payout(id)).await?
        else {
            return Ok(None);
        };
        let mut paying = Paying::new(&payout);
        for start in (2..=version).step_by(CHUNK_ROWS) {
            let end = version.min(start.saturating_add(CHUNK_ROWS as u64 - 1));
            for (_, found) in self.steps(id, start, end).await? {
                let Some((_, step)) = found else { continue };
                let postings = paying.step(&step);
                if step.commit == commit {
                    return Ok(postings.ok());
                }
            }
        }
        Ok(None)
    }
}

fn step(record: Option<Record>) -> Option<Step> {
    let record = record?;
    match record.body {
        Body::Step(step) => Some((record.seq, step)),
        _ => None,
    }
}

fn attempt(record: Option<Record>) -> Option<AttemptRecord> {
    match record?.body {
        Body::Attempt(attempt) => Some(attempt),
        _ => None,
    }
}
