//! What a text must be to be taken.

use crate::error::Rejection;

/// A text that a person must be able to read: not blank, within its limit, without U+0000.
pub(crate) fn text(field: &'static str, text: &str, limit: usize) -> Result<(), Rejection> {
    if text.len() > limit {
        return Err(Rejection::TooLong {
            field,
            bytes: text.len(),
            limit,
        });
    }
    if text.contains('\0') {
        return Err(Rejection::invalid(
            field,
            "contains U+0000, which no text may; remove it",
        ));
    }
    if text.trim().is_empty() {
        return Err(Rejection::invalid(field, "is blank; give it some text"));
    }
    Ok(())
}
