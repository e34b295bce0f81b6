//! How beancount wants it.

use std::fmt::Write;

use crate::journal::Day;
use crate::journal::amount::Money;
use crate::journal::booking::{Booking, Tag};
use crate::journal::chart::Place;
use crate::ledger::Commodity;

/// The beginning of a journal.
pub(super) fn head(text: &mut String, money: &Money) {
    let name = &money.name;
    text.push_str("option \"title\" \"The ledger of a clawrk exchange\"\n");
    put(
        text,
        format_args!("option \"operating_currency\" \"{name}\"\n"),
    );
    for commodity in ["CREDIT", name] {
        put(text, format_args!("1970-01-01 commodity {commodity}\n"));
    }
}

/// An account that is used from that day on.
pub(super) fn account(text: &mut String, place: &Place, day: Day, money: &Money) {
    let commodity = match place.commodity {
        Commodity::Credit => "CREDIT",
        Commodity::Usd => &money.name,
    };
    put(
        text,
        format_args!("\n{day} open {} {commodity}\n", place.name),
    );
    if let Some((name, id)) = place.id.as_ref().map(|id| id.tag()) {
        tags(text, "  ", &[(name, id.to_owned())]);
    }
}

/// A transaction.
pub(super) fn booking(text: &mut String, booking: &Booking, money: &Money) {
    put(text, format_args!("\n{} * ", booking.day));
    string(text, &booking.text);
    text.push('\n');
    tags(text, "  ", &booking.tags);
    for line in &booking.lines {
        let amount = money.amount(line.units, line.place.commodity);
        put(text, format_args!("  {}  {amount}\n", line.place.name));
        tags(text, "    ", &line.tags);
    }
}

/// What an account must come to at the end of that day.
pub(super) fn balance(text: &mut String, place: &Place, units: i128, day: Day, money: &Money) {
    // Such an assertion is about the beginning of its day.
    let day = day.after();
    let amount = money.amount(units, place.commodity);
    put(
        text,
        format_args!("\n{day} balance {}  {amount}\n", place.name),
    );
}

fn tags(text: &mut String, indent: &str, tags: &[Tag]) {
    for (name, value) in tags {
        put(text, format_args!("{indent}{name}: "));
        string(text, value);
        text.push('\n');
    }
}

/// A string, which may hold anything but U+0000: that becomes the sign for it.
fn string(text: &mut String, value: &str) {
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\0' => text.push('\u{2400}'),
            c => text.push(c),
        }
    }
    text.push('"');
}

fn put(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = text.write_fmt(what);
}
