//! Every body by its name.

use clawrk_core::Engine;
use clawrk_core::error::CODES;
use clawrk_core::policy::Policy;
use serde_json::json;
use utoipa::openapi::schema::{AnyOfBuilder, ArrayBuilder, Type};
use utoipa::openapi::{ObjectBuilder, OneOfBuilder, Ref, RefOr, Schema};

use super::money;
use super::schema::{
    always, anything, boolean, count, integer, job_id, key_id, object, one, one_or_null, or_null,
    readable, request, status, text, time, user_id, without_nul, word,
};

/// The longest name or reason, in bytes.
const NAME_BYTES_MAX: usize = 200;

/// The most credits that are given or taken at once.
const GRANT_MAX: isize = 1_000_000_000;

/// The most violations that an audit names.
const VIOLATIONS_MAX: usize = clawrk_core::audit::VIOLATIONS_MAX;

pub(super) type Component = (&'static str, RefOr<Schema>);

/// What requests and answers hold at that exchange.
pub(super) fn all(engine: &Engine) -> Vec<Component> {
    let mut all = requests(engine.policy(), engine.output_bytes_max());
    let skills = engine.skills();
    let names = skills.iter().map(|skill| skill.name.as_str());
    all.push(("SkillName", word(names).into()));
    all.extend(of_users());
    all.extend(money::components(engine.policy()));
    all.extend(of_the_operator());
    all
}

fn requests(policy: &Policy, output_bytes_max: usize) -> Vec<Component> {
    let chosen_id = text().pattern(Some("^[A-Za-z0-9._@-]{1,64}$"));
    let name = || or_null(readable(NAME_BYTES_MAX), Type::String);
    vec![
        ("Ignored", ignored()),
        ("Nothing", request().into()),
        (
            "NewJob",
            request()
                .property("prompt", readable(policy.prompt_bytes_max))
                .required("prompt")
                .examples([json!({"prompt": "Compare three embedded key-value stores"})])
                .into(),
        ),
        (
            "Submission",
            request()
                .property("output", output(output_bytes_max))
                .examples([
                    json!({"output": "sled, redb and LMDB differ in …"}),
                    json!({}),
                ])
                .into(),
        ),
        (
            "LoginCode",
            request()
                .property("code", without_nul())
                .required("code")
                .into(),
        ),
        (
            "NewUser",
            request()
                .property("id", or_null(chosen_id, Type::String))
                .property("name", name())
                .examples([json!({"id": "ann", "name": "Ann"}), json!({})])
                .into(),
        ),
        (
            "NewKey",
            request()
                .property("name", name())
                .examples([json!({"name": "laptop"})])
                .into(),
        ),
        (
            "Grant",
            request()
                .property("delta", delta())
                .property("reason", readable(NAME_BYTES_MAX))
                .required("delta")
                .required("reason")
                .examples([json!({"delta": 5, "reason": "a welcome"})])
                .into(),
        ),
    ]
}

/// Any value that a body may hold where nobody looks at it.
fn ignored() -> RefOr<Schema> {
    let plain = [Type::Null, Type::Boolean, Type::Number].map(|kind| {
        let plain = ObjectBuilder::new().schema_type(kind);
        RefOr::T(Schema::from(plain))
    });
    let any = plain
        .into_iter()
        .fold(AnyOfBuilder::new(), AnyOfBuilder::item);
    any.item(without_nul())
        .item(ArrayBuilder::new().items(one("Ignored")))
        .item(request())
        .description(Some(
            "A value that is not looked at. No text in it may contain U+0000, and no object may \
             have a member twice.",
        ))
        .into()
}

/// Output of a job: none, or one that can be read.
fn output(bytes_max: usize) -> Schema {
    let none = or_null(text().max_length(Some(0)), Type::String);
    let none = none.description(Some("None: the job's skill runs on the server."));
    Schema::from(OneOfBuilder::new().item(readable(bytes_max)).item(none))
}

/// Credits to give or to take.
fn delta() -> Schema {
    let within = |least: isize, most| integer().minimum(Some(least)).maximum(Some(most));
    let (give, take) = (within(1, GRANT_MAX), within(-GRANT_MAX, -1));
    Schema::from(OneOfBuilder::new().item(give).item(take))
}

fn of_users() -> Vec<Component> {
    let id = |what: &str| {
        let id = or_null(text(), Type::String).description(Some(what));
        RefOr::from(id)
    };
    let balance = || count().description(Some("What the user can spend."));
    vec![
        ("Job", job()),
        ("Verification", verification()),
        ("CriterionVerdict", criterion_verdict()),
        (
            "Account",
            object([
                ("id", user_id().into()),
                ("credits", balance().into()),
                (
                    "stripe_customer_id",
                    id("Who you are to Stripe; null before your first checkout."),
                ),
                (
                    "stripe_account_id",
                    id("Where you are paid; null while not connected."),
                ),
                ("stripe_account_status", money::account_status()),
                ("created_at", time().into()),
            ])
            .into(),
        ),
        (
            "WhoAmI",
            object([(
                "user",
                object([("id", user_id().into()), ("credits", balance().into())]).into(),
            )])
            .into(),
        ),
        (
            "CreatedLoginCode",
            object([("code", text().into()), ("expires_at", time().into())]).into(),
        ),
        ("OneKey", object([("api_key", text().into())]).into()),
        ("ApiKey", api_key()),
        ("Event", event()),
        ("Entry", entry()),
        ("Skill", skill()),
        ("Alive", object([("status", always("ok").into())]).into()),
        ("Ready", object([("status", always("ready").into())]).into()),
        ("Error", error()),
    ]
}

fn job() -> RefOr<Schema> {
    let nullable_text = || RefOr::from(or_null(text(), Type::String));
    let receiver = or_null(user_id(), Type::String);
    let criteria = text().description(Some("What the output is judged by."));
    object([
        ("id", job_id().into()),
        ("status", status().into()),
        ("prompt", text().into()),
        ("title", text().into()),
        ("intent", text().into()),
        ("skill", text().into()),
        ("criteria", criteria.into()),
        ("sender", user_id().into()),
        ("receiver", receiver.into()),
        ("output", nullable_text()),
        ("verification", one_or_null("Verification")),
        ("created_at", time().into()),
        ("updated_at", time().into()),
    ])
    .into()
}

/// An API key as its user sees it later.
fn api_key() -> RefOr<Schema> {
    object([
        ("id", key_id().into()),
        ("name", or_null(text(), Type::String).into()),
        ("prefix", text().into()),
        ("created_at", time().into()),
        ("last_used_at", or_null(time(), Type::String).into()),
    ])
    .into()
}

/// A step in a job's history.
fn event() -> RefOr<Schema> {
    let actor = text().pattern(Some("^(user:.+|admin|system)$"));
    let attempt = count().description(Some("How often the job had been accepted by then."));
    object([
        ("seq", integer().minimum(Some(1_usize)).into()),
        ("type", text().pattern(Some("^[a-z]+(_[a-z]+)*$")).into()),
        ("actor", actor.into()),
        ("at", time().into()),
        ("attempt", attempt.into()),
    ])
    .into()
}

fn entry() -> RefOr<Schema> {
    let reason = "`job:<id>`, `refund:<id>`, `subscription:<tier>` or `admin:<text>`.";
    let reason = text().description(Some(reason));
    object([
        ("id", integer().minimum(Some(1_usize)).into()),
        ("delta", integer().into()),
        ("balance", count().into()),
        ("reason", reason.into()),
        ("created_at", time().into()),
    ])
    .into()
}

fn skill() -> RefOr<Schema> {
    object([
        ("name", text().into()),
        ("description", text().into()),
        ("credit_cost", count().into()),
    ])
    .into()
}

fn verification() -> RefOr<Schema> {
    let scores = ObjectBuilder::new()
        .additional_properties(Some(anything()))
        .description(Some("Figures behind the verdict, by name."));
    let model = text().description(Some(
        "What judged: `mock`; `gates`, where no model had to be asked; or the model.",
    ));
    let judged = "Only where a language model judged.";
    let criteria = ArrayBuilder::new()
        .items(one("CriterionVerdict"))
        .description(Some(judged));
    let usage = object([
        ("input_tokens", count().into()),
        ("output_tokens", count().into()),
    ]);
    object([
        ("passed", boolean().into()),
        ("reasoning", text().into()),
        ("scores", scores.into()),
        ("model", model.into()),
    ])
    .property("criteria", criteria)
    .property("prompt_hash", text().description(Some(judged)))
    .property("usage", usage.description(Some(judged)))
    .into()
}

fn criterion_verdict() -> RefOr<Schema> {
    let quote = text().description(Some(
        "The passage of the output that shows it; what is met has one.",
    ));
    object([
        ("criterion", text().into()),
        ("passed", boolean().into()),
        ("reason", text().into()),
    ])
    .property("quote", quote)
    .into()
}

fn error() -> RefOr<Schema> {
    let sentence = text().description(Some("For a person; it may change."));
    let code = word(CODES.iter().map(|code| code.as_str()));
    let code = code.description(Some("For a program; it never changes."));
    object([("error", sentence.into()), ("code", code.into())]).into()
}

fn user_members() -> [(&'static str, RefOr<Schema>); 4] {
    [
        ("id", user_id().into()),
        ("name", or_null(text(), Type::String).into()),
        ("credits", count().into()),
        ("created_at", time().into()),
    ]
}

fn of_the_operator() -> Vec<Component> {
    let [id, name, credits, created_at] = user_members();
    vec![
        (
            "ListedUser",
            object([
                id,
                name,
                credits,
                created_at,
                ("disabled", boolean().into()),
            ])
            .into(),
        ),
        (
            "CreatedUser",
            object([
                ("user", object(user_members()).into()),
                ("api_key", text().into()),
            ])
            .into(),
        ),
        (
            "CreatedKey",
            object([
                ("id", key_id().into()),
                ("name", or_null(text(), Type::String).into()),
                ("api_key", text().into()),
                ("created_at", time().into()),
            ])
            .into(),
        ),
        ("Balance", object([("credits", count().into())]).into()),
        (
            "Switched",
            object([("id", user_id().into()), ("disabled", boolean().into())]).into(),
        ),
        ("Audit", audit()),
        ("Violation", violation()),
    ]
}

fn audit() -> RefOr<Schema> {
    let violations = ArrayBuilder::new()
        .items(Ref::from_schema_name("Violation"))
        .max_items(Some(VIOLATIONS_MAX));
    let found = count().description(Some("How many there are, named or not."));
    object([
        ("ok", boolean().into()),
        ("violations", violations.into()),
        ("found", found.into()),
        ("counted", boolean().into()),
        ("jobs", count().into()),
        ("events", count().into()),
        ("entries", count().into()),
        ("accounts", count().into()),
        ("payouts", count().into()),
        ("users", count().into()),
    ])
    .into()
}

fn violation() -> RefOr<Schema> {
    object([
        ("kind", text().pattern(Some("^[a-z]+(_[a-z]+)*$")).into()),
        ("where", text().into()),
        ("detail", text().into()),
    ])
    .into()
}
