//! Stripe's objects, read leniently: only what is used, in every shape that it comes in.
//!
//! What is missing or of another kind than expected is named in the error.

mod account;
mod invoice;
mod list;
mod owner;
mod transfer;

use clawrk_core::money::Cents;
use clawrk_core::payments::Mode;
use clawrk_core::time::Timestamp;
use serde_json::Value;

pub(crate) use account::account;
pub(crate) use invoice::{invoice, line};
pub(crate) use list::list;
pub(crate) use owner::{Noted, owner, owner_of_checkout};
pub(crate) use transfer::transfer;

/// Why an object cannot be used.
pub(crate) type Shape<T> = Result<T, String>;

/// A text that is there and not empty.
pub(crate) fn text(object: &Value, name: &str) -> Option<String> {
    let text = object.get(name)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// An id: a text, or the `id` of the object that stands there in full.
pub(crate) fn reference(object: &Value, name: &str) -> Option<String> {
    text(object, name).or_else(|| text(object.get(name)?, "id"))
}

/// What a name leads to, unless it is null.
pub(crate) fn part<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|it| !it.is_null())
}

/// What a path of names leads to, unless it is null.
pub(crate) fn at<'a>(object: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter()
        .try_fold(object, |object, name| part(object, name))
}

pub(crate) fn flag(object: &Value, name: &str) -> Option<bool> {
    object.get(name)?.as_bool()
}

pub(crate) fn need_text(object: &Value, name: &str) -> Shape<String> {
    text(object, name).ok_or_else(|| format!("`{name}` is missing or no text"))
}

pub(crate) fn need_cents(object: &Value, name: &str) -> Shape<Cents> {
    cents(object, name)?.ok_or_else(|| format!("`{name}` is missing"))
}

/// An amount, where there is one.
pub(crate) fn cents(object: &Value, name: &str) -> Shape<Option<Cents>> {
    let Some(value) = part(object, name) else {
        return Ok(None);
    };
    let units = value
        .as_i64()
        .ok_or_else(|| format!("`{name}` is no whole number"))?;
    Ok(Some(Cents::new(units)))
}

/// A currency, as a lower-case code.
pub(crate) fn need_currency(object: &Value) -> Shape<String> {
    Ok(need_text(object, "currency")?.to_ascii_lowercase())
}

/// A time that is given in seconds.
pub(crate) fn need_time(object: &Value, name: &str) -> Shape<Timestamp> {
    let seconds = object.get(name).and_then(Value::as_i64);
    let seconds = seconds.ok_or_else(|| format!("`{name}` is missing or no whole number"))?;
    Ok(Timestamp::from_millis(seconds.saturating_mul(1_000)))
}

pub(crate) fn need_mode(object: &Value) -> Shape<Mode> {
    match flag(object, "livemode") {
        Some(true) => Ok(Mode::Live),
        Some(false) => Ok(Mode::Test),
        None => Err("`livemode` is missing or neither true nor false".to_owned()),
    }
}

/// Refuses an object of another type than the one that is expected.
pub(crate) fn need_object(object: &Value, kind: &str) -> Shape<()> {
    match object.get("object").and_then(Value::as_str) {
        Some(found) if found == kind => Ok(()),
        Some(_) => Err(format!("it is no `{kind}` but another object")),
        None => Err("`object` is missing".to_owned()),
    }
}
