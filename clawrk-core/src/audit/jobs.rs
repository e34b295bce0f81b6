//! Jobs: history, texts, and the flows that their lives demand.

use crate::audit::history::History;
use crate::audit::look::{Auditor, CHUNK_ROWS, Pages};
use crate::audit::{ViolationKind, expected};
use crate::error::Error;
use crate::id::{CommitId, JobId};
use crate::job::{Event, JobRecord};
use crate::ledger::Posting;
use crate::money::{Cents, Credits};
use crate::record::{Body, Kind, Record};
use crate::store::{Index, Key, Part};

impl Auditor<'_> {
    /// Checks every job.
    pub(super) async fn jobs(&mut self) -> Result<(), Error> {
        let mut pages = Pages::of(Index::All(Kind::Job));
        while let Some(rows) = self.next(&mut pages).await? {
            for record in rows {
                if let Body::Job(job) = &record.body {
                    self.audit.jobs += 1;
                    self.everybody.insert(job.sender.clone());
                    self.everybody.extend(job.state.receiver().cloned());
                    self.job(record.version, job).await?;
                    self.listed(record).await?;
                }
            }
        }
        Ok(())
    }

    async fn job(&mut self, version: u64, job: &JobRecord) -> Result<(), Error> {
        self.terms(job);
        let history = self.history(version, job).await?;
        self.no_event_beyond(version, job.id).await?;
        if let Some(commit) = history.opened_by {
            self.legs(job.id, commit, expected::opening(job)).await?;
        }
        if let Some(commit) = history.last_by {
            self.legs(job.id, commit, expected::closing(job)).await?;
        }
        self.payout_of(job).await
    }

    fn terms(&mut self, job: &JobRecord) {
        let terms = &job.terms;
        let held = terms.held == Credits::ZERO || terms.held == terms.cost;
        let paid = terms.payout == Cents::ZERO || terms.held > Credits::ZERO;
        if !held || !paid || terms.cost < Credits::ZERO || terms.payout < Cents::ZERO {
            let detail = format!(
                "cost {}, held {}, payout {}",
                terms.cost, terms.held, terms.payout
            );
            self.audit
                .add(ViolationKind::Terms, Key::Job(job.id), detail);
        }
    }

    /// Follows the events 1 to `version`, which do not change any more, and checks that they lead
    /// to the job, and that the texts are there that they speak of.
    async fn history(&mut self, version: u64, job: &JobRecord) -> Result<History, Error> {
        let mut history = History::default();
        for start in (1..=version).step_by(CHUNK_ROWS) {
            let end = version.min(start.saturating_add(CHUNK_ROWS as u64 - 1));
            let keys: Vec<Key> = (start..=end).map(|seq| Key::Event(job.id, seq)).collect();
            let found = self.read(&keys).await?;
            for (key, record) in keys.into_iter().zip(found) {
                self.step(&mut history, version, key, record);
            }
            self.texts(job.id, history.take_texts()).await?;
        }
        if let Err(detail) = history.leads_to(job) {
            let key = Key::Job(job.id);
            self.audit.add(ViolationKind::History, key, detail);
        }
        Ok(history)
    }

    fn step(&mut self, history: &mut History, version: u64, key: Key, record: Option<Record>) {
        match event(record) {
            None => {
                let detail = format!("the job is at version {version}");
                self.audit.add(ViolationKind::EventMissing, key, detail);
            }
            Some(event) => {
                self.audit.events += 1;
                if let Err(detail) = history.step(&event) {
                    self.audit.add(ViolationKind::History, key, detail);
                }
            }
        }
    }

    /// An event that was seen has moved the job on.
    async fn no_event_beyond(&mut self, version: u64, job: JobId) -> Result<(), Error> {
        let seq = version.saturating_add(1);
        if self.read_one(Key::Event(job, seq)).await?.is_none() {
            return Ok(());
        }
        let now = self.read_one(Key::Job(job)).await?;
        let now = now.map_or(0, |record| record.version);
        if now < seq {
            let detail = format!("the job is at version {now}");
            let key = Key::Event(job, seq);
            self.audit.add(ViolationKind::EventBeyondJob, key, detail);
        }
        Ok(())
    }

    /// Texts may be long, so they are read one at a time.
    async fn texts(&mut self, job: JobId, parts: Vec<Part>) -> Result<(), Error> {
        for part in parts {
            let key = Key::Text(job, part);
            if self.read_one(key.clone()).await?.is_none() {
                let detail = "the job's history speaks of it";
                self.audit.add(ViolationKind::TextMissing, key, detail);
            }
        }
        Ok(())
    }

    /// Checks that these legs of a commit are there. Only those without a number have a key that
    /// is known; the others are their twins.
    pub(super) async fn legs(
        &mut self,
        job: JobId,
        commit: CommitId,
        postings: Vec<Posting>,
    ) -> Result<(), Error> {
        for (place, posting) in (0_u16..).zip(postings) {
            if posting.account.has_balance() {
                continue;
            }
            let key = Key::LooseEntry(commit, place);
            if self.read_one(key.clone()).await?.is_none() {
                let (delta, account) = (posting.delta, posting.account);
                let detail = format!("job {job} demands {delta} to {account}");
                self.audit.add(ViolationKind::LegMissing, key, detail);
            }
        }
        Ok(())
    }
}

fn event(record: Option<Record>) -> Option<Event> {
    match record?.body {
        Body::Event(event) => Some(event),
        _ => None,
    }
}
