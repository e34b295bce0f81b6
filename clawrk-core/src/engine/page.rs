//! Pages of lists, and the cursors between them.

use crate::engine::Engine;
use crate::error::{Error, Rejection};
use crate::record::Record;
use crate::store::{Cursor, Index, PageLimit};

/// Which page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// The cursor that the page before ended with; none for the first page.
    pub after: Option<String>,
    /// The most rows.
    pub rows: usize,
    /// The most bytes of text; the first row may exceed it.
    pub bytes: usize,
}

impl PageRequest {
    /// The most rows of one page.
    pub const ROWS_MAX: usize = 10_000;

    /// The first page: up to 10,000 rows or 8 MiB.
    pub fn first() -> PageRequest {
        PageRequest {
            after: None,
            rows: Self::ROWS_MAX,
            bytes: PageLimit::BYTES_MAX,
        }
    }
}

impl Engine {
    /// A page of the records in an index, and the cursor of the next one.
    pub(crate) async fn records(
        &self,
        op: &'static str,
        index: &Index,
        page: &PageRequest,
    ) -> Result<(Vec<Record>, Option<String>), Error> {
        let after = self.place_before(op, index, page).await?;
        let limit = PageLimit {
            bytes: page.bytes,
            ..PageLimit::rows(page.rows)
        };
        let found = self.scan(op, index, after.as_ref(), limit).await?;
        let next = self.cursor_at(op, index, found.next).await?;
        Ok((found.rows, next))
    }

    /// The place in an index behind which a page begins.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] for a cursor that was not given out for this index.
    pub(crate) async fn place_before(
        &self,
        op: &'static str,
        index: &Index,
        page: &PageRequest,
    ) -> Result<Option<Cursor>, Error> {
        let Some(text) = &page.after else {
            return Ok(None);
        };
        let seal = self.known_seal(op).await?;
        let place = seal.and_then(|seal| seal.open(index, text));
        let place = place.ok_or_else(|| {
            let cause = "is none that was given out for this list; begin again without one";
            Rejection::invalid("cursor", cause)
        })?;
        Ok(Some(place))
    }

    /// The cursor of the page behind that place.
    pub(crate) async fn cursor_at(
        &self,
        op: &'static str,
        index: &Index,
        place: Option<Cursor>,
    ) -> Result<Option<String>, Error> {
        Ok(match place {
            Some(place) => Some(self.seal(op).await?.close(index, &place)),
            None => None,
        })
    }
}
