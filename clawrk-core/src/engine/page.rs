//! Pages of lists, and the cursors between them.

use crate::error::Rejection;
use crate::store::{Cursor, PageLimit};

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

/// A cursor as text. The index itself is left out, so a cursor leads nowhere else.
pub(crate) fn cursor_text(prefix: &[u8], cursor: &Cursor) -> String {
    let rest = cursor.0.strip_prefix(prefix).unwrap_or_default();
    rest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The cursor of a text.
pub(crate) fn cursor(prefix: &[u8], text: &str) -> Result<Cursor, Rejection> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let bytes = text.as_bytes().chunks(2).map(|pair| match *pair {
        [high, low] => u8::try_from(digit(high)? << 4 | digit(low)?).ok(),
        _ => None,
    });
    let rest: Option<Vec<u8>> = bytes.collect();
    let rest = rest.filter(|rest| !rest.is_empty()).ok_or_else(|| {
        Rejection::invalid(
            "cursor",
            "is none that was given out; begin again without one",
        )
    })?;
    Ok(Cursor([prefix, &rest].concat()))
}
