//! Invoices and their lines.
//!
//! An event has the shape of the version that its endpoint was made with, so each field is looked
//! for where it is now and then where it was before; the first that is there counts.

use clawrk_core::money::Cents;
use clawrk_core::payments::{Invoice, InvoiceLine, Owner};
use clawrk_core::time::Timestamp;
use serde_json::Value;

use crate::shape::{
    Noted, Shape, at, cents, flag, need_cents, need_currency, need_text, need_time, part,
    reference, text,
};

/// An invoice that an event says is paid.
pub(crate) fn invoice(object: &Value, told_at: Timestamp) -> Shape<Invoice> {
    if let Some(status) = text(object, "status").filter(|status| status != "paid") {
        return Err(format!("its status is not `paid` but `{}`", short(&status)));
    }
    let (lines, more_lines) = lines(object)?;
    let rebate = has_full_rebate(object);
    let items = lines.iter().map(|it| line_under(it, rebate));
    Ok(Invoice {
        id: need_text(object, "id")?,
        owner: owner(object, lines),
        subscription: subscription(object, lines),
        currency: need_currency(object)?,
        paid: need_cents(object, "amount_paid")?,
        created_at: created_at(object, told_at),
        lines: items.collect::<Shape<_>>()?,
        more_lines,
    })
}

/// A line of an invoice.
pub(crate) fn line(object: &Value) -> Shape<InvoiceLine> {
    line_under(object, false)
}

fn line_under(object: &Value, rebate: bool) -> Shape<InvoiceLine> {
    Ok(InvoiceLine {
        id: need_text(object, "id")?,
        price: price(object),
        quantity: quantity(object)?,
        proration: is_proration(object),
        net: net(object, rebate)?,
    })
}

/// The lines that came along. Where none did, they have to be asked for.
fn lines(invoice: &Value) -> Shape<(&[Value], bool)> {
    let Some(lines) = part(invoice, "lines") else {
        return Ok((&[], true));
    };
    let items = lines.get("data").and_then(Value::as_array);
    let items = items.ok_or("`lines` holds no list")?;
    Ok((items, flag(lines, "has_more").unwrap_or(false)))
}

fn owner(invoice: &Value, lines: &[Value]) -> Owner {
    let of_invoice = [
        at(invoice, &["parent", "subscription_details", "metadata"]),
        at(invoice, &["subscription_details", "metadata"]),
    ];
    let of_lines = lines.iter().map(|line| part(line, "metadata"));
    let noted = of_invoice
        .into_iter()
        .chain(of_lines)
        .flatten()
        .find(|it| Noted::is_in(it));
    Noted::owner(noted, reference(invoice, "customer"))
}

fn subscription(invoice: &Value, lines: &[Value]) -> Option<String> {
    let now = || {
        reference(
            at(invoice, &["parent", "subscription_details"])?,
            "subscription",
        )
    };
    let of_line = |line| {
        reference(
            at(line, &["parent", "subscription_item_details"])?,
            "subscription",
        )
    };
    now()
        .or_else(|| reference(invoice, "subscription"))
        .or_else(|| lines.iter().find_map(of_line))
        .or_else(|| {
            lines
                .iter()
                .find_map(|line| reference(line, "subscription"))
        })
}

fn price(line: &Value) -> Option<String> {
    at(line, &["pricing", "price_details"])
        .and_then(|details| reference(details, "price"))
        .or_else(|| reference(line, "price"))
        .or_else(|| reference(line, "plan"))
}

/// How many. One where nothing is said, as for prices that are not per unit.
fn quantity(line: &Value) -> Shape<u64> {
    let Some(value) = part(line, "quantity") else {
        return Ok(1);
    };
    value
        .as_u64()
        .ok_or_else(|| "a line's `quantity` is no count".to_owned())
}

fn is_proration(line: &Value) -> bool {
    let details = ["subscription_item_details", "invoice_item_details"];
    let now = details
        .iter()
        .find_map(|name| flag(at(line, &["parent", name])?, "proration"));
    now.or_else(|| flag(line, "proration")).unwrap_or(false)
}

fn net(line: &Value, rebate: bool) -> Shape<Cents> {
    let amount = need_cents(line, "amount")?;
    let Some(discounts) = part(line, "discount_amounts") else {
        return Ok(if rebate {
            amount.min(Cents::ZERO)
        } else {
            amount
        });
    };
    let discounts = discounts
        .as_array()
        .ok_or("`discount_amounts` is no list")?;
    discounts.iter().try_fold(amount, |rest, discount| {
        let off = need_cents(discount, "amount")?.units();
        let rest = rest
            .units()
            .checked_sub(off)
            .ok_or("the discounts overflow")?;
        Ok(Cents::new(rest))
    })
}

/// Whether a discount takes off everything. Lines of old invoices do not tell what a discount
/// takes off them; the invoice does, as a sum.
fn has_full_rebate(invoice: &Value) -> bool {
    let amount = |name| cents(invoice, name).ok().flatten().map(Cents::units);
    let discounted = part(invoice, "discount").is_some();
    let tax = amount("tax").unwrap_or(0);
    match (amount("subtotal"), amount("total")) {
        (Some(subtotal), Some(total)) => {
            discounted && subtotal > 0 && total.saturating_sub(tax) <= 0
        }
        _ => false,
    }
}

/// When it was made: `created`, once called `date`; else when the event was.
fn created_at(invoice: &Value, told_at: Timestamp) -> Timestamp {
    need_time(invoice, "created")
        .or_else(|_| need_time(invoice, "date"))
        .unwrap_or(told_at)
}

/// A text from outside, short enough for an error.
fn short(text: &str) -> String {
    text.chars().take(40).collect()
}
