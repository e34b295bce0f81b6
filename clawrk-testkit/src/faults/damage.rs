//! Records that cannot be read.

use clawrk_core::record::Record;
use clawrk_core::store::{Cursor, Damaged, Index, Key, Page, StoreError, index_entries};

use super::FaultStore;

impl FaultStore {
    /// Damages a record from now on: whoever needs it is told that it cannot be read.
    pub fn damage(&self, key: Key) {
        self.state().damaged.insert(key);
    }

    /// An error if one of these records is damaged.
    pub(super) fn check<'a>(
        &self,
        mut keys: impl Iterator<Item = &'a Key>,
    ) -> Result<(), StoreError> {
        let state = self.state();
        match keys.find(|key| state.damaged.contains(*key)) {
            Some(key) => Err(StoreError::corrupt(garbled(key))),
            None => Ok(()),
        }
    }

    /// The page as it is where some of the records cannot be read.
    pub(super) fn damage_page(&self, index: &Index, page: Page) -> Page {
        let state = self.state();
        let is_damaged = |record: &Record| state.damaged.contains(&record.key());
        let (damaged, rows) = page.rows.into_iter().partition(is_damaged);
        let damaged = Vec::into_iter(damaged).map(|record: Record| Damaged {
            place: place(index, &record),
            detail: garbled(&record.key()),
            key: Some(record.key()),
        });
        Page {
            rows,
            damaged: page.damaged.into_iter().chain(damaged).collect(),
            next: page.next,
        }
    }
}

fn garbled(key: &Key) -> String {
    format!("{key}: damaged on purpose")
}

/// The place of a record in an index that shows it.
fn place(index: &Index, record: &Record) -> Cursor {
    let listed = index.entry_prefix().and_then(|prefix| {
        let mut entries = index_entries(record).into_iter();
        entries.find(|entry| entry.starts_with(&prefix))
    });
    Cursor(listed.unwrap_or_else(|| record.key().to_bytes()))
}
