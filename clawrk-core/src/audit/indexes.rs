//! Indexes: they list what belongs there, and nothing else.
//!
//! Index entries come and go with their records, so what looks wrong is looked at again: only a
//! record that did not change between two looks counts.

use crate::audit::ViolationKind;
use crate::audit::look::{Auditor, CHUNK_ROWS, Pages};
use crate::error::Error;
use crate::job::Status;
use crate::record::{Body, InvoiceOutcome, Kind, PayoutStatus, Record};
use crate::store::{Cursor, Index, PageLimit, index_entries};
use crate::watch::Stage;

/// How often something is looked at that changes meanwhile. What changes at every look is left to
/// the next audit.
const LOOKS_MAX: usize = 8;

impl Auditor<'_> {
    /// Checks that API keys are listed.
    pub(super) async fn keys(&mut self) -> Result<(), Error> {
        let mut pages = Pages::of(Index::All(Kind::ApiKey));
        while let Some(rows) = self.next(&mut pages).await? {
            for record in rows {
                if let Body::ApiKey(key) = &record.body {
                    self.everybody.insert(key.user.clone());
                }
                self.listed(record).await?;
            }
        }
        Ok(())
    }

    /// Checks that the record is in every index where it belongs.
    pub(super) async fn listed(&mut self, mut record: Record) -> Result<(), Error> {
        for _ in 0..LOOKS_MAX {
            let mut missing = Vec::new();
            for index in indexes_of(&record) {
                if !self.lists(&index, &record).await? {
                    missing.push(index);
                }
            }
            if missing.is_empty() {
                return Ok(());
            }
            match self.read_one(record.key()).await? {
                None => return Ok(()),
                Some(now) if now.version != record.version => record = now,
                Some(_) => {
                    for index in missing {
                        let detail = format!("is not in {index:?}");
                        let kind = ViolationKind::IndexMissing;
                        self.audit.add(kind, record.key(), detail);
                    }
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Whether the index has the record in its place.
    async fn lists(&mut self, index: &Index, record: &Record) -> Result<bool, Error> {
        let Some(before) = place(index, record).map(before) else {
            return Ok(false);
        };
        let page = self.scan(index, Some(&before), PageLimit::rows(1)).await?;
        Ok(page.rows.first().map(Record::key) == Some(record.key()))
    }

    /// Checks that the indexes list nothing else, in their order.
    pub(super) async fn indexes(&mut self) -> Result<(), Error> {
        let payouts = Index::Payouts(PayoutStatus::Owed);
        let by_time = [Index::Due, Index::DueOutside, Index::Expiring];
        for index in by_time.into_iter().chain([Index::Board, payouts]) {
            self.index(index).await?;
        }
        let everybody = std::mem::take(&mut self.everybody);
        let users = everybody.len() as u64;
        for (done, user) in (1..).zip(everybody) {
            self.index(Index::JobsBySender(user.clone())).await?;
            self.index(Index::JobsByReceiver(user.clone())).await?;
            self.index(Index::PayoutsOf(user.clone())).await?;
            self.index(Index::KeysOf(user)).await?;
            self.tell(Stage::Indexes, done, users);
        }
        Ok(())
    }

    async fn index(&mut self, index: Index) -> Result<(), Error> {
        let mut after: Option<Cursor> = None;
        loop {
            let limit = PageLimit::rows(CHUNK_ROWS);
            let page = self.scan(&index, after.as_ref(), limit).await?;
            let mut last = after.clone();
            for row in &page.rows {
                match place(&index, row) {
                    None => self.stray(&index, after.as_ref(), row).await?,
                    Some(place) if moves(&index) || last.as_ref() < Some(&place) => {
                        last = Some(place);
                    }
                    Some(_) => {
                        let detail = format!("comes too late or twice in {index:?}");
                        self.audit.add(ViolationKind::IndexOrder, row.key(), detail);
                    }
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Reports the row if it is still in the index although it has not changed.
    async fn stray(
        &mut self,
        index: &Index,
        after: Option<&Cursor>,
        row: &Record,
    ) -> Result<(), Error> {
        let page = self.scan(index, after, PageLimit::rows(CHUNK_ROWS)).await?;
        if page.rows.contains(row) {
            let detail = format!("does not belong in {index:?}");
            self.audit.add(ViolationKind::IndexStray, row.key(), detail);
        }
        Ok(())
    }
}

/// The indexes in which a record belongs, of those that are checked.
fn indexes_of(record: &Record) -> Vec<Index> {
    match &record.body {
        Body::Job(job) => {
            let mut indexes = vec![Index::JobsBySender(job.sender.clone())];
            indexes.extend(job.state.receiver().cloned().map(Index::JobsByReceiver));
            indexes.extend((job.state.status() == Status::Queued).then_some(Index::Board));
            indexes.extend(job.state.due_at().map(|_| Index::Due));
            indexes
        }
        Body::Payout(payout) => {
            let mut indexes = vec![
                Index::PayoutsOf(payout.receiver.clone()),
                Index::Payouts(payout.status),
            ];
            indexes.extend(payout.due_at.map(|_| Index::DueOutside));
            indexes
        }
        Body::Invoice(record) => {
            let parked = matches!(record.outcome, InvoiceOutcome::Parked { .. });
            let customer = record.invoice.owner.customer.clone();
            let mut indexes: Vec<_> = customer
                .filter(|_| parked)
                .map(Index::ParkedOf)
                .into_iter()
                .collect();
            indexes.extend(record.due_at.map(|_| Index::DueOutside));
            indexes
        }
        Body::User(user) => {
            let look = user.account.as_ref().and_then(|account| account.look);
            look.map(|_| Index::DueOutside).into_iter().collect()
        }
        Body::Inbox(_) => vec![Index::Expiring],
        Body::ApiKey(key) => vec![Index::KeysOf(key.user.clone())],
        _ => Vec::new(),
    }
}

/// Whether a record can move within the index: then a page may show it twice, or out of order.
fn moves(index: &Index) -> bool {
    matches!(index, Index::Due | Index::DueOutside | Index::Expiring)
}

/// The place of a record in an index; none where it does not belong there.
fn place(index: &Index, record: &Record) -> Option<Cursor> {
    let prefix = index.entry_prefix()?;
    let mut entries = index_entries(record).into_iter();
    entries.find(|entry| entry.starts_with(&prefix)).map(Cursor)
}

/// The cursor right in front of a place: as a number, the one before. Where a place ends with an id
/// of fixed length, nothing is in between; nor where it ends with a text, since a text ends with
/// two bytes of 0, and nowhere in it are two of 255.
fn before(place: Cursor) -> Cursor {
    let Cursor(mut bytes) = place;
    for byte in bytes.iter_mut().rev() {
        let (less, borrow) = byte.overflowing_sub(1);
        *byte = less;
        if !borrow {
            break;
        }
    }
    Cursor(bytes)
}
