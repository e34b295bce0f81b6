//! How objects looked in older versions of Stripe's interface.
//!
//! Objects are made in the shapes of [`VERSION`]; for an older version they are changed, one
//! difference after the other. Only the differences are here that matter to whoever reads invoices,
//! subscriptions and accounts.

use serde_json::{Map, Value, json};

/// The version whose shapes the objects have.
pub const VERSION: &str = "2026-08-26.dahlia";

/// An older version: an invoice names its subscription, and a line has its price and its plan.
pub const OLD_VERSION: &str = "2020-08-27";

/// A much older version: a line has a plan alone, and an account has no capabilities.
pub const OLDEST_VERSION: &str = "2017-08-15";

/// The first version with `parent` and `pricing`.
const PARENTS: &str = "2025-03-31";
/// The first version with capabilities and prices.
const PRICES: &str = "2020-08-27";

/// What an object holds for older versions alone. No version shows it.
pub(super) const HIDDEN_PRICE: &str = "__price";

/// Whether the fake takes a `Stripe-Version`: a date, with or without a name.
pub(super) fn is_version(text: &str) -> bool {
    let date = text.split('.').next().unwrap_or_default().as_bytes();
    let digits = |at: usize| date.get(at).is_some_and(u8::is_ascii_digit);
    date.len() == 10
        && (0..10).all(|at| match at {
            4 | 7 => date[at] == b'-',
            _ => digits(at),
        })
}

/// The value in that version.
pub(super) fn render(value: &Value, version: &str) -> Value {
    match value {
        Value::Array(values) => values.iter().map(|value| render(value, version)).collect(),
        Value::Object(object) => {
            let mut shown: Map<String, Value> = object
                .iter()
                .filter(|(name, _)| *name != HIDDEN_PRICE)
                .map(|(name, value)| (name.clone(), render(value, version)))
                .collect();
            if version < PARENTS {
                match object.get("object").and_then(Value::as_str) {
                    Some("invoice") => old_invoice(&mut shown, object, version),
                    Some("line_item") => old_line(&mut shown, object, version),
                    Some("subscription") => old_subscription(&mut shown),
                    Some("account") if version < PRICES => old_account(&mut shown),
                    _ => {}
                }
            }
            Value::Object(shown)
        }
        _ => value.clone(),
    }
}

fn old_invoice(shown: &mut Map<String, Value>, new: &Map<String, Value>, version: &str) {
    let details = &new["parent"]["subscription_details"];
    for gone in [
        "parent",
        "total_taxes",
        "amount_overpaid",
        "amount_paid_off_stripe",
    ] {
        shown.remove(gone);
    }
    shown.insert("subscription".to_owned(), details["subscription"].clone());
    if version >= PRICES && !details.is_null() {
        let details = json!({ "metadata": details["metadata"] });
        shown.insert("subscription_details".to_owned(), details);
    }
    let paid = new["status"] == "paid";
    shown.insert("paid".to_owned(), paid.into());
    shown.insert("tax".to_owned(), Value::Null);
    shown.insert("discount".to_owned(), Value::Null);
}

fn old_line(shown: &mut Map<String, Value>, new: &Map<String, Value>, version: &str) {
    let of_item = &new["parent"]["subscription_item_details"];
    let loose = &new["parent"]["invoice_item_details"];
    let (kind, details) = match of_item.is_null() {
        true => ("invoiceitem", loose),
        false => ("subscription", of_item),
    };
    for gone in ["parent", "pricing", "taxes", "subtotal", "quantity_decimal"] {
        shown.remove(gone);
    }
    shown.insert("type".to_owned(), kind.into());
    shown.insert("subscription".to_owned(), details["subscription"].clone());
    shown.insert("proration".to_owned(), details["proration"].clone());
    match of_item.is_null() {
        true => shown.insert("invoice_item".to_owned(), loose["invoice_item"].clone()),
        false => {
            let item = of_item["subscription_item"].clone();
            shown.insert("subscription_item".to_owned(), item)
        }
    };
    let price = new.get(HIDDEN_PRICE).unwrap_or(&Value::Null);
    shown.insert("plan".to_owned(), plan(price));
    if version >= PRICES {
        shown.insert("price".to_owned(), price.clone());
    }
}

/// A price as the plan that it was called before there were prices.
fn plan(price: &Value) -> Value {
    if price.is_null() {
        return Value::Null;
    }
    json!({
        "id": price["id"],
        "object": "plan",
        "active": true,
        "amount": price["unit_amount"],
        "created": price["created"],
        "currency": price["currency"],
        "interval": price["recurring"]["interval"],
        "interval_count": price["recurring"]["interval_count"],
        "livemode": price["livemode"],
        "metadata": price["metadata"],
        "nickname": price["nickname"],
        "product": price["product"],
        "trial_period_days": null,
        "usage_type": "licensed",
    })
}

fn old_subscription(shown: &mut Map<String, Value>) {
    let first = shown["items"]["data"][0].clone();
    for name in ["current_period_end", "current_period_start"] {
        shown.insert(name.to_owned(), first[name].clone());
    }
    shown.insert("plan".to_owned(), plan(&first["price"]));
    shown.insert("quantity".to_owned(), first["quantity"].clone());
    shown.remove("billing_mode");
    shown.remove("billing_schedules");
}

fn old_account(shown: &mut Map<String, Value>) {
    for gone in [
        "capabilities",
        "controller",
        "requirements",
        "future_requirements",
    ] {
        shown.remove(gone);
    }
}
