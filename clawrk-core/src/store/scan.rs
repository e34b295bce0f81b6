//! Pages of an index.

use crate::record::Record;
use crate::store::{Key, StoreError};

/// A place in an index: behind which row a page begins. Only good for the index that it is from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor(pub Vec<u8>);

/// How much a page may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimit {
    /// Rows, at least 1.
    pub rows: usize,
    /// Bytes of encoded records; the first row may exceed it.
    pub bytes: usize,
}

impl PageLimit {
    /// The most rows that a page may hold.
    pub const ROWS_MAX: usize = 1_000;

    /// The most bytes that a page may hold.
    pub const BYTES_MAX: usize = 8 << 20;

    /// A limit in rows alone, moved between 1 and [`PageLimit::ROWS_MAX`].
    pub fn rows(rows: usize) -> PageLimit {
        PageLimit {
            rows: rows.clamp(1, Self::ROWS_MAX),
            bytes: Self::BYTES_MAX,
        }
    }
}

/// A page of an index.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The records, in the index's order.
    pub rows: Vec<Record>,
    /// What is there as well and cannot be read, in the index's order. It counts as rows do, so
    /// both together keep to the limit.
    pub damaged: Vec<Damaged>,
    /// Where the next page begins; none at the end.
    pub next: Option<Cursor>,
}

/// A row that is there and cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// Where in the index it is.
    pub place: Cursor,
    /// The record's key, where that much is known.
    pub key: Option<Key>,
    /// What is wrong, for a person; it names the record.
    pub detail: String,
}

impl Page {
    /// The page if all of it can be read. A list without a row that is there would be a lie, so
    /// this is what is shown to users.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] with what is wrong with the first row that cannot be read.
    pub fn whole(self) -> Result<Page, StoreError> {
        match self.damaged.into_iter().next() {
            Some(damaged) => Err(StoreError::corrupt(damaged.detail)),
            None => Ok(Page {
                damaged: Vec::new(),
                ..self
            }),
        }
    }
}
