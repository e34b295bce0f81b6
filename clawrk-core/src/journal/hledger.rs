//! How hledger wants it.

use std::fmt::Write;

use crate::journal::Day;
use crate::journal::amount::Money;
use crate::journal::booking::{Booking, Tag};
use crate::journal::chart::Place;

/// The beginning of a journal.
pub(super) fn head(text: &mut String, money: &Money) {
    text.push_str("; The ledger of a clawrk exchange\n");
    text.push_str("decimal-mark .\n");
    text.push_str("commodity 1000. CREDIT\n");
    let (zeros, name) = (money.zeros(), &money.name);
    put(text, format_args!("commodity 1000.{zeros} {name}\n"));
}

/// An account that is used from here on.
pub(super) fn account(text: &mut String, place: &Place) {
    let letter = place.sort().letter();
    put(
        text,
        format_args!("\naccount {}  ; type:{letter}\n", place.name),
    );
    if let Some((name, id)) = place.id.as_ref().map(|id| id.tag()) {
        tags(text, "    ", &[(name, id.to_owned())]);
    }
}

/// A transaction.
pub(super) fn booking(text: &mut String, booking: &Booking, money: &Money) {
    put(text, format_args!("\n{} * {}\n", booking.day, booking.text));
    tags(text, "    ", &booking.tags);
    for line in &booking.lines {
        let amount = money.amount(line.units, line.place.commodity);
        put(text, format_args!("    {}  {amount}\n", line.place.name));
        tags(text, "        ", &line.tags);
    }
}

/// What an account must come to at the end of that day.
pub(super) fn balance(text: &mut String, place: &Place, units: i128, day: Day, money: &Money) {
    put(text, format_args!("\n{day} * Balance in the store\n"));
    let nothing = money.amount(0, place.commodity);
    let amount = money.amount(units, place.commodity);
    put(
        text,
        format_args!("    {}  {nothing} = {amount}\n", place.name),
    );
}

fn tags(text: &mut String, indent: &str, tags: &[Tag]) {
    for (name, value) in tags {
        put(text, format_args!("{indent}; {name}:"));
        value_of(text, value);
        text.push('\n');
    }
}

/// The value of a tag. It ends with its line or a comma, is trimmed, and a date in brackets in it
/// would count; so these are written as `%` and the two hexadecimal digits of each byte.
fn value_of(text: &mut String, value: &str) {
    let middle = value.trim();
    let start = value.len() - value.trim_start().len();
    for (at, c) in value.char_indices() {
        let is_outside = at < start || at >= start + middle.len();
        if is_outside || c.is_control() || matches!(c, '%' | ',' | '[' | ']') {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                put(text, format_args!("%{byte:02x}"));
            }
        } else {
            text.push(c);
        }
    }
}

fn put(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = text.write_fmt(what);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_within_its_line() {
        for (value, written) in [
            ("admin:a gift", "admin:a gift"),
            (" a, b\n", "%20a%2c b%0a"),
            ("100 % [2020-01-01]", "100 %25 %5b2020-01-01%5d"),
            ("\u{a0}zoë\u{85}", "%c2%a0zoë%c2%85"),
            ("   ", "%20%20%20"),
        ] {
            let mut text = String::new();
            value_of(&mut text, value);
            assert_eq!(text, written);
        }
    }
}
