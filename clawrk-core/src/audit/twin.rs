//! Double entry: the two legs of each flow.

use crate::audit::ViolationKind;
use crate::audit::accounts::entry;
use crate::audit::look::{Auditor, CHUNK_ROWS};
use crate::error::Error;
use crate::record::EntryRecord;
use crate::store::Key;

/// How many entries of one account are looked at where the twin should be: more than any commit
/// posts to one account.
const NEARBY_ROWS: usize = 4;

impl Auditor<'_> {
    /// Checks that the entry's twin exists and is its mirror image. Both were committed at once,
    /// so whoever saw one finds the other. `seq` is the number of that commit.
    pub(super) async fn twin(&mut self, seq: u64, entry: &EntryRecord) -> Result<(), Error> {
        let twin = if entry.other_account.has_balance() {
            self.numbered_twin(seq, entry).await?
        } else {
            self.loose_twin(entry).await?
        };
        match twin {
            None => {
                let detail = format!("{} has no other leg", describe(entry));
                self.audit
                    .add(ViolationKind::TwinMissing, entry.key(), detail);
            }
            // The other leg has the same to say: once is enough.
            Some(twin) if entry.place.is_multiple_of(2) && !mirrored(entry, &twin) => {
                let detail = format!("{} against {}", describe(entry), describe(&twin));
                self.audit
                    .add(ViolationKind::TwinUnequal, entry.key(), detail);
            }
            Some(_) => {}
        }
        Ok(())
    }

    async fn loose_twin(&mut self, of: &EntryRecord) -> Result<Option<EntryRecord>, Error> {
        let key = Key::LooseEntry(of.commit, of.place ^ 1);
        Ok(entry(self.read_one(key).await?))
    }

    /// The twin among the entries of an account that numbers them. They are searched by the number
    /// of their commit; where a store's numbers do not rise with the entries, one after the other.
    pub(super) async fn numbered_twin(
        &mut self,
        seq: u64,
        of: &EntryRecord,
    ) -> Result<Option<EntryRecord>, Error> {
        let account = Key::Account(of.other_account.clone());
        let Some(count) = self.read_one(account).await?.map(|record| record.version) else {
            return Ok(None);
        };
        let (first, found) = self.first_not_before(seq, count, of).await?;
        if let Some(twin) = found.filter(|found| is_twin(found, of)) {
            return Ok(Some(twin));
        }
        match self.twin_from(first, NEARBY_ROWS, of).await? {
            Some(twin) => Ok(Some(twin)),
            None => self.twin_in_all(count, of).await,
        }
    }

    async fn twin_in_all(
        &mut self,
        count: u64,
        of: &EntryRecord,
    ) -> Result<Option<EntryRecord>, Error> {
        for start in (1..=count).step_by(CHUNK_ROWS) {
            let twin = self.twin_from(start, CHUNK_ROWS, of).await?;
            if twin.is_some() {
                return Ok(twin);
            }
        }
        Ok(None)
    }

    /// The number of the first entry whose commit is not before `seq`, and the entry where the
    /// search came by it.
    async fn first_not_before(
        &mut self,
        seq: u64,
        count: u64,
        of: &EntryRecord,
    ) -> Result<(u64, Option<EntryRecord>), Error> {
        let (mut low, mut high) = (1, count);
        let mut at_high = None;
        while low < high {
            let middle = low + (high - low) / 2;
            let key = Key::Entry(of.other_account.clone(), middle);
            match self.read_one(key).await? {
                Some(record) if record.seq >= seq => {
                    high = middle;
                    at_high = entry(Some(record));
                }
                _ => low = middle + 1,
            }
        }
        Ok((low, at_high))
    }

    /// The twin among the entries from `start` on.
    async fn twin_from(
        &mut self,
        start: u64,
        rows: usize,
        of: &EntryRecord,
    ) -> Result<Option<EntryRecord>, Error> {
        let key = |number| Key::Entry(of.other_account.clone(), number);
        let keys: Vec<Key> = (start..).take(rows).map(key).collect();
        let mut found = self.read(&keys).await?.into_iter().filter_map(entry);
        Ok(found.find(|found| is_twin(found, of)))
    }
}

fn is_twin(found: &EntryRecord, of: &EntryRecord) -> bool {
    found.commit == of.commit && found.place == of.place ^ 1
}

fn mirrored(a: &EntryRecord, b: &EntryRecord) -> bool {
    a.account == b.other_account
        && b.account == a.other_account
        && a.account.commodity() == b.account.commodity()
        && i128::from(a.delta) + i128::from(b.delta) == 0
        && a.reason == b.reason
        && a.job == b.job
}

pub(super) fn describe(entry: &EntryRecord) -> String {
    let EntryRecord {
        account,
        delta,
        other_account,
        reason,
        ..
    } = entry;
    format!("{delta} to {account} from {other_account} for {reason}")
}
