//! Bodies about money, by their names.

use clawrk_core::policy::Policy;
use clawrk_core::record::{Alarm, Wait};
use serde_json::{Value, json};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, OneOfBuilder, RefOr, Schema};

use super::components::Component;
use super::schema::{
    anything, boolean, count, integer, job_id, list_of, object, one_or_null, or_null, payout_id,
    payout_status, readable, request, text, time, user_id, word,
};

/// The longest note of an operator, in bytes.
const NOTE_BYTES_MAX: usize = 1_000;

/// The latest time of an event, in seconds since 1970: the end of this century.
const EVENT_SECONDS_MAX: usize = 4_102_444_800;

/// What requests and answers about money hold.
pub(super) fn components(policy: &Policy) -> Vec<Component> {
    vec![
        (
            "Checkout",
            request()
                .property("tier", tier(policy))
                .required("tier")
                .examples([json!({"tier": "starter"})])
                .into(),
        ),
        ("StripeEvent", stripe_event()),
        (
            "Note",
            request()
                .property("note", or_null(readable(NOTE_BYTES_MAX), Type::String))
                .examples([json!({"note": "their account was mended"}), json!({})])
                .into(),
        ),
        (
            "Explanation",
            request()
                .property("note", readable(NOTE_BYTES_MAX))
                .required("note")
                .examples([json!({"note": "one of the two was reversed"})])
                .into(),
        ),
        ("Resolution", resolution()),
        ("Link", object([("url", text().into())]).into()),
        ("Received", object([("received", boolean().into())]).into()),
        (
            "Connection",
            object([(
                "status",
                word(["not_connected", "pending", "active"]).into(),
            )])
            .into(),
        ),
        ("Payout", payout()),
        ("PayoutDetail", payout_detail()),
        ("Outbox", outbox()),
        ("Pause", pause()),
        ("Stop", stop()),
    ]
}

/// The name of a plan.
fn tier(policy: &Policy) -> ObjectBuilder {
    word(policy.plans.iter().map(|plan| plan.tier.as_str()))
}

/// An event, as Stripe sends it: what counts is that it is signed.
fn stripe_event() -> RefOr<Schema> {
    let created = integer().minimum(Some(0_usize));
    let created = created.maximum(Some(EVENT_SECONDS_MAX));
    ObjectBuilder::new()
        .property("id", text().pattern(Some("^[A-Za-z0-9_]{1,255}$")))
        .property("type", text().pattern(Some("^[a-z_.]{1,100}$")))
        .property("created", created)
        .property("livemode", boolean())
        .required("id")
        .required("type")
        .required("created")
        .required("livemode")
        .additional_properties(Some(anything()))
        .examples([json!({
            "id": "evt_1", "object": "event", "type": "invoice.paid", "created": 1_735_689_600,
            "livemode": false, "data": {"object": {"id": "in_1", "object": "invoice"}},
        })])
        .into()
}

/// What the operator says of a payout.
fn resolution() -> RefOr<Schema> {
    let of = |outcome, name, what: ObjectBuilder| {
        request()
            .property("outcome", word([outcome]))
            .property(name, what)
            .required("outcome")
            .required(name)
    };
    let note = || readable(NOTE_BYTES_MAX);
    OneOfBuilder::new()
        .item(of(
            "paid",
            "transfer",
            text().pattern(Some("^[A-Za-z0-9_]{1,255}$")),
        ))
        .item(of("absent", "note", note()))
        .item(of("written_off", "note", note()))
        .examples([
            json!({"outcome": "paid", "transfer": "tr_1"}),
            json!({"outcome": "written_off", "note": "paid by bank transfer"}),
        ])
        .into()
}

/// How far a user's account at Stripe is, as far as is known.
pub(super) fn account_status() -> RefOr<Schema> {
    let words = ["pending", "active"].map(Value::from);
    let known = or_null(text(), Type::String);
    known
        .enum_values(Some(words.into_iter().chain([Value::Null])))
        .into()
}

fn payout() -> RefOr<Schema> {
    object([
        ("id", payout_id().into()),
        ("job", job_id().into()),
        ("amount_cents", count().into()),
        ("currency", text().pattern(Some("^[a-z]{3}$")).into()),
        ("status", payout_status().into()),
        ("transfer", or_null(text(), Type::String).into()),
        ("created_at", time().into()),
    ])
    .into()
}

/// A payout as the operator sees it.
fn payout_detail() -> RefOr<Schema> {
    let maybe = |schema: ObjectBuilder, what: &str| {
        let maybe = or_null(schema, Type::String).description(Some(what));
        RefOr::from(maybe)
    };
    let waits = Wait::ALL.iter().map(|wait| wait.as_str());
    let waits = waits.map(Value::from).chain([Value::Null]);
    let wait = or_null(text(), Type::String).enum_values(Some(waits));
    let wait = wait.description(Some("Why it waits, where it does."));
    object([
        ("id", payout_id().into()),
        ("job", job_id().into()),
        ("receiver", user_id().into()),
        ("amount_cents", count().into()),
        ("currency", text().pattern(Some("^[a-z]{3}$")).into()),
        ("status", payout_status().into()),
        ("wait", wait.into()),
        (
            "due_at",
            maybe(time(), "When it is looked at next by itself."),
        ),
        ("attempts", count().into()),
        ("last_error", maybe(text(), "What went wrong last.")),
        ("transfer", maybe(text(), "The transfer that paid it.")),
        ("reversed_cents", count().into()),
        ("proof", or_nothing(proof())),
        ("note", maybe(text(), "What an operator said of it last.")),
        ("created_at", time().into()),
        ("changed_at", maybe(time(), "When it changed last.")),
    ])
    .into()
}

/// Why nothing that was sent before can have been carried out.
fn proof() -> ObjectBuilder {
    object([
        ("last_sent_at", time().into()),
        ("first_listing_at", time().into()),
        ("second_listing_at", time().into()),
        ("account", text().into()),
        ("mode", word(["test", "live"]).into()),
        ("by_operator", boolean().into()),
    ])
}

/// Whether payouts are sent.
fn outbox() -> RefOr<Schema> {
    let resumed = object([
        ("actor", text().into()),
        ("at", time().into()),
        ("note", or_null(text(), Type::String).into()),
    ]);
    let left = or_null(integer(), Type::Integer);
    let left = left.description(Some("Null where payouts have no budget."));
    object([
        ("running", boolean().into()),
        ("stop", one_or_null("Stop")),
        ("also", list_of("Stop")),
        ("pause", one_or_null("Pause")),
        ("circuit", one_or_null("Pause")),
        ("budget_left_cents", left.into()),
        ("watched_at", or_null(time(), Type::String).into()),
        ("resumed", or_nothing(resumed)),
    ])
    .into()
}

/// Why payouts are not sent.
fn stop() -> RefOr<Schema> {
    let alarms = word(Alarm::ALL.iter().map(|alarm| alarm.as_str()));
    object([
        ("alarm", alarms.into()),
        ("detail", text().into()),
        ("since", time().into()),
    ])
    .into()
}

fn pause() -> RefOr<Schema> {
    object([
        ("until", time().into()),
        ("tries", count().into()),
        ("cause", text().into()),
    ])
    .into()
}

/// That object, or null.
fn or_nothing(object: ObjectBuilder) -> RefOr<Schema> {
    let null = ObjectBuilder::new().schema_type(Type::Null);
    OneOfBuilder::new().item(object).item(null).into()
}
