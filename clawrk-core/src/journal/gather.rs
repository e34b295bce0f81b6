//! The entries of a store in the order of time, a bounded number of them at once.

use std::collections::BTreeMap;

use crate::id::CommitId;
use crate::journal::JournalError;
use crate::journal::opening::Opening;
use crate::journal::options::Span;
use crate::record::{Body, EntryRecord, Kind};
use crate::store::{BATCH_RECORDS_MAX, Counts, Index, Page, PageLimit, Store};
use crate::time::Timestamp;
use crate::watch::{Progress, Stage, Watch};

/// How many entries are held at once, at some 400 bytes each. A ledger with more in the span is
/// read once for each so many.
pub(super) const HELD_MAX: usize = 1 << 18;

/// Where a transaction stands in a journal.
pub(super) type Moment = (Timestamp, CommitId);

/// Reads a ledger again and again, and gives the next of its transactions each time.
pub(super) struct Gatherer<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) counts: Counts,
    pub(super) span: Span,
    pub(super) held_max: usize,
    pub(super) watch: &'a mut Watch<'a>,
    /// How many entries were read so far, by all rounds.
    pub(super) read: u64,
}

/// The kinds of entries.
const KINDS: [Kind; 2] = [Kind::Entry, Kind::LooseEntry];

impl Gatherer<'_> {
    /// How many entries there are.
    fn entries(&self) -> u64 {
        KINDS.iter().map(|kind| self.counts.records(*kind)).sum()
    }

    /// How many entries will have been read in the end, unless most are out of the span.
    fn to_read(&self) -> u64 {
        // Each round gives so many at least.
        let each = self.held_max.saturating_sub(BATCH_RECORDS_MAX).max(1);
        let rounds = self.entries().div_ceil(each as u64).max(1);
        self.entries().saturating_mul(rounds).max(self.read)
    }

    /// The first transactions behind `after`, in order, and whether more follow. Sums up in
    /// `opening` what came before the span.
    pub(super) async fn round(
        &mut self,
        after: Option<Moment>,
        mut opening: Option<&mut Opening>,
    ) -> Result<(BTreeMap<Moment, Vec<EntryRecord>>, bool), JournalError> {
        let mut round = Round::new(after, self.held_max);
        for kind in KINDS {
            let found = self.kind(kind, &mut round, &mut opening).await?;
            let counted = self.counts.records(kind);
            let now = self.store.counts().await.map_err(JournalError::Store)?;
            if now != self.counts {
                return Err(JournalError::Changed);
            }
            if counted != found {
                return Err(JournalError::Lost {
                    kind,
                    counted,
                    found,
                });
            }
        }
        Ok((round.held, round.edge.is_some()))
    }

    /// Reads all entries of a kind.
    async fn kind(
        &mut self,
        kind: Kind,
        round: &mut Round,
        opening: &mut Option<&mut Opening>,
    ) -> Result<u64, JournalError> {
        let (index, mut after, mut found) = (Index::All(kind), None, 0);
        let limit = PageLimit::rows(PageLimit::ROWS_MAX);
        let total = self.to_read();
        loop {
            let page = self.store.scan(&index, after.as_ref(), limit).await;
            // A journal without an entry that is there would be a lie.
            let page = page.and_then(Page::whole).map_err(JournalError::Store)?;
            for record in page.rows {
                found += 1;
                self.read += 1;
                if let Body::Entry(entry) = record.body {
                    match (self.span.is_before(entry.at), opening.as_deref_mut()) {
                        (true, Some(opening)) => opening.add(&entry),
                        (false, _) if self.span.holds(entry.at) => round.take(entry),
                        _ => {}
                    }
                }
            }
            (self.watch)(Progress {
                stage: Stage::Journal,
                done: self.read,
                total,
            });
            after = page.next;
            if after.is_none() {
                return Ok(found);
            }
        }
    }

    /// Says that it is done.
    pub(super) fn end(&mut self) {
        (self.watch)(Progress {
            stage: Stage::Journal,
            done: self.read,
            total: self.read,
        });
    }
}

/// What one reading of the ledger gives.
struct Round {
    /// The transaction that was given last.
    after: Option<Moment>,
    held: BTreeMap<Moment, Vec<EntryRecord>>,
    /// How many entries are held, and may be.
    count: usize,
    max: usize,
    /// The first transaction that is left to the next round.
    edge: Option<Moment>,
}

impl Round {
    fn new(after: Option<Moment>, max: usize) -> Round {
        Round {
            after,
            held: BTreeMap::new(),
            count: 0,
            max,
            edge: None,
        }
    }

    /// Holds an entry, and gives the last transactions up where they are too many.
    fn take(&mut self, entry: EntryRecord) {
        let moment = (entry.at, entry.commit);
        let is_given = self.after.is_some_and(|after| moment <= after);
        if is_given || self.edge.is_some_and(|edge| edge <= moment) {
            return;
        }
        self.held.entry(moment).or_default().push(entry);
        self.count += 1;
        // A transaction is never torn apart; none is larger than a batch.
        while self.count > self.max && self.held.len() > 1 {
            if let Some((last, entries)) = self.held.pop_last() {
                self.count -= entries.len();
                self.edge = Some(last);
            }
        }
    }
}
