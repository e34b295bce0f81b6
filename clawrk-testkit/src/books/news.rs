//! What the fake's objects say in clawrk's words, whatever version they are written in.

use clawrk_core::money::Cents;
use clawrk_core::payments::{
    ConnectedAccount, Invoice, InvoiceLine, Mode, News, Owner, Transfer, WebhookError, WebhookEvent,
};
use clawrk_core::time::Timestamp;
use serde_json::Value;

/// The text of a field.
pub(super) fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// An id, or the id of an object that stands in its place.
fn id(value: &Value) -> Option<String> {
    text(value).or_else(|| text(&value["id"]))
}

fn whole(value: &Value) -> Option<i64> {
    value.as_i64()
}

fn seconds(value: &Value) -> Option<Timestamp> {
    let millis = whole(value)?.checked_mul(1000)?;
    Some(Timestamp::from_millis(millis))
}

pub(super) fn mode(livemode: bool) -> Mode {
    match livemode {
        true => Mode::Live,
        false => Mode::Test,
    }
}

/// What was noted of whom something is.
pub(super) fn owner(metadata: &Value, customer: Option<String>) -> Owner {
    Owner {
        user: text(&metadata["clawrk_user"]),
        tier: text(&metadata["clawrk_tier"]),
        store: text(&metadata["clawrk_store"]),
        customer,
    }
}

/// A customer or a subscription: whose it is.
pub(super) fn owner_of(object: &Value) -> Owner {
    let customer = match object["object"] == "customer" {
        true => id(object),
        false => id(&object["customer"]),
    };
    owner(&object["metadata"], customer)
}

/// A transfer; none where something is missing.
pub(super) fn transfer(object: &Value) -> Option<Transfer> {
    if object["object"] != "transfer" {
        return None;
    }
    Some(Transfer {
        id: text(&object["id"])?,
        amount: Cents::new(whole(&object["amount"])?),
        currency: text(&object["currency"])?,
        destination: id(&object["destination"])?,
        mode: mode(object["livemode"].as_bool()?),
        group: text(&object["transfer_group"]),
        payout: text(&object["metadata"]["clawrk_payout"]),
        store: text(&object["metadata"]["clawrk_store"]),
        reversed: Cents::new(whole(&object["amount_reversed"])?),
        created_at: seconds(&object["created"])?,
    })
}

/// A connected account; none where something is missing.
pub(super) fn account(object: &Value) -> Option<ConnectedAccount> {
    let can_receive = match object["capabilities"].as_object() {
        Some(all) => all.get("transfers").is_some_and(|state| state == "active"),
        None => object["charges_enabled"].as_bool()?,
    };
    Some(ConnectedAccount {
        id: text(&object["id"])?,
        can_receive,
        can_pay_out: object["payouts_enabled"].as_bool()?,
        gone: false,
    })
}

/// The first of these that is there.
fn first<const N: usize>(values: [&Value; N]) -> &Value {
    let mut there = values.into_iter().filter(|value| !value.is_null());
    there.next().unwrap_or(&Value::Null)
}

/// A line of an invoice; none where something is missing.
pub(super) fn line(object: &Value) -> Option<InvoiceLine> {
    let parent = &object["parent"];
    let price = first([
        &object["pricing"]["price_details"]["price"],
        &object["price"],
        &object["plan"],
    ]);
    let proration = first([
        &parent["subscription_item_details"]["proration"],
        &parent["invoice_item_details"]["proration"],
        &object["proration"],
    ]);
    let off = object["discount_amounts"].as_array().map(Vec::as_slice);
    let off: i64 = off
        .unwrap_or_default()
        .iter()
        .filter_map(|off| whole(&off["amount"]))
        .sum();
    Some(InvoiceLine {
        id: text(&object["id"])?,
        price: id(price),
        quantity: object["quantity"].as_u64().unwrap_or(0),
        proration: proration.as_bool().unwrap_or(false),
        net: Cents::new(whole(&object["amount"])?.checked_sub(off)?),
    })
}

/// An invoice; none where something is missing.
pub(super) fn invoice(object: &Value) -> Option<Invoice> {
    let details = &object["parent"]["subscription_details"];
    let lines = object["lines"]["data"].as_array()?;
    let of_lines = |read: fn(&Value) -> &Value| {
        let mut all = lines.iter().map(read);
        all.find(|value| !value.is_null()).unwrap_or(&Value::Null)
    };
    let subscription = first([
        &details["subscription"],
        &object["subscription"],
        of_lines(|line| &line["parent"]["subscription_item_details"]["subscription"]),
        of_lines(|line| &line["subscription"]),
    ]);
    let metadata = first([
        &details["metadata"],
        &object["subscription_details"]["metadata"],
        of_lines(|line| match &line["metadata"] {
            Value::Object(all) if all.is_empty() => &Value::Null,
            metadata => metadata,
        }),
    ]);
    Some(Invoice {
        id: text(&object["id"])?,
        owner: owner(metadata, id(&object["customer"])),
        subscription: id(subscription),
        currency: text(&object["currency"])?,
        paid: Cents::new(whole(&object["amount_paid"])?),
        created_at: seconds(&object["created"])?,
        lines: lines.iter().map(line).collect::<Option<_>>()?,
        more_lines: object["lines"]["has_more"].as_bool().unwrap_or(false),
    })
}

/// A webhook whose signature is right.
pub(super) fn event(body: &[u8]) -> Result<WebhookEvent, WebhookError> {
    let parsed: Result<Value, _> = serde_json::from_slice(body);
    let event = parsed.map_err(|error| WebhookError::Body(error.to_string()))?;
    let lacking = |name: &str| WebhookError::Body(format!("it has no {name}"));
    let kind = text(&event["type"]).ok_or_else(|| lacking("type"))?;
    let account = text(&event["account"]);
    let livemode = event["livemode"].as_bool();
    Ok(WebhookEvent {
        id: text(&event["id"]).ok_or_else(|| lacking("id"))?,
        mode: mode(livemode.ok_or_else(|| lacking("livemode"))?),
        created_at: seconds(&event["created"]).ok_or_else(|| lacking("created"))?,
        news: news(&kind, &event["data"]["object"], account.as_deref()),
        kind,
        account,
    })
}

fn news(kind: &str, object: &Value, account: Option<&str>) -> News {
    let unusable = || News::Unusable(format!("{kind} without what it is about"));
    match kind {
        "checkout.session.completed" => {
            let mut owner = owner(&object["metadata"], id(&object["customer"]));
            owner.user = owner.user.or_else(|| text(&object["client_reference_id"]));
            News::CheckoutCompleted(owner)
        }
        "invoice.paid" | "invoice.payment_succeeded" => {
            invoice(object).map_or_else(unusable, News::InvoicePaid)
        }
        "customer.subscription.deleted" => News::SubscriptionEnded(owner_of(object)),
        "account.updated" => self::account(object).map_or_else(unusable, News::Account),
        "account.application.deauthorized" => match account {
            Some(account) => News::AccountGone(account.to_owned()),
            None => unusable(),
        },
        "payout.failed" => News::BankFailed(bank_failure(object)),
        "payout.paid" => News::BankPaid,
        "transfer.created" | "transfer.updated" | "transfer.reversed" => {
            transfer(object).map_or_else(unusable, News::Transfer)
        }
        _ => News::Other,
    }
}

fn bank_failure(object: &Value) -> String {
    let why = first([&object["failure_message"], &object["failure_code"]]);
    text(why).unwrap_or_else(|| "the bank did not say why".to_owned())
}
