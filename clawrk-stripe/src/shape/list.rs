//! Pages of lists.

use serde_json::Value;

use crate::shape::{Shape, flag, need_object};

/// A page. That more follows must be said: what is not there is money that was not sent.
#[derive(Debug)]
pub(crate) struct List<'a> {
    pub(crate) items: &'a [Value],
    pub(crate) more: bool,
}

pub(crate) fn list(page: &Value) -> Shape<List<'_>> {
    need_object(page, "list")?;
    let items = page.get("data").and_then(Value::as_array);
    let items = items.ok_or("`data` is missing or no list")?;
    let more = flag(page, "has_more").ok_or("`has_more` is missing")?;
    if more && items.is_empty() {
        return Err("more is said to follow an empty page".to_owned());
    }
    Ok(List { items, more })
}
